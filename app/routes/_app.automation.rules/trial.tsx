import {
  Box,
  Button,
  Group,
  Loader,
  NativeSelect,
  Paper,
  SimpleGrid,
  Stack,
  Text,
  Textarea,
  TextInput,
  Title,
} from "@mantine/core";
import { CheckCircledIcon, ClockIcon, MinusCircledIcon } from "@radix-ui/react-icons";
import { useFetcher } from "@remix-run/react";
import type { RefObject } from "react";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { FormError, Intent } from "../../components/form-parts.tsx";
import { MessageText } from "../../components/message-text.tsx";
import { Moment } from "../../components/moment.tsx";
import { type Look, StatusBadge } from "../../components/status-badge.tsx";
import { INTENT_FIELD } from "../../lib/form-data.ts";
import { count } from "../../lib/format.ts";
import type { Answer } from "../../lib/submit.server.ts";
import { useHydrated } from "../../lib/use-hydrated.ts";
import type { Shown } from "./action.server.ts";
import { TRIAL_FIELD, TRIAL_PREFIX, UNNAMED } from "./forms.ts";
import type { RulesPage } from "./load.ts";
import { phoneName } from "./words.ts";

/** The id of the editor's form: that of its intent. */
const EDITOR_FORM = "save";

type Tried = NonNullable<Shown["tried"]>[number];
type Replayed = NonNullable<Shown["replayed"]>[number];
export type Trials = Answer<Shown>;

const answers = { word: "Answers", color: "green", icon: CheckCircledIcon } as const satisfies Look;
const later = { word: "Answers at the opening", color: "blue", icon: ClockIcon } as const satisfies Look;
const silent = { word: "Says nothing", color: "gray", icon: MinusCircledIcon } as const satisfies Look;

/** The fields of the editor's form under `draft`, so that the rule is tried as it stands there. */
function withDraft(fields: FormData, editor: HTMLFormElement | null): FormData {
  if (!editor) return fields;
  for (const [name, value] of new FormData(editor)) {
    if (name === INTENT_FIELD) continue;
    fields.append(`draft.${name}`, name === "name" && value === "" ? UNNAMED : value);
  }
  return fields;
}

/**
 * What the rules would do with a message, and would have done with the last ones that came in; nothing is sent. In the editor
 * with the rule as it is being written.
 */
export function Trial({
  page,
  answer,
  editor,
}: {
  page: RulesPage;
  answer: Trials | undefined;
  editor: RefObject<HTMLFormElement> | null;
}) {
  const trial = useFetcher<Trials>();
  const replay = useFetcher<Trials>();
  const kept = answer?.value?.kept;
  const tried = trial.data ?? (answer?.intent === "try" || kept?.of === "try" ? answer : undefined);
  const replayed = replay.data ?? (answer?.intent === "replay" || kept?.of === "replay" ? answer : undefined);
  const problemsOf = (shown: Trials | undefined) => shown?.value?.kept?.problems ?? shown?.result.error ?? {};
  const errors = problemsOf(tried);
  // Before the page is alive the trial is sent with the editor's form, for what is typed there is what is tried.
  const alive = useHydrated();
  const apart = alive || editor === null;
  const field = (name: string) => (apart ? { name } : { name: `${TRIAL_PREFIX}${name}`, form: EDITOR_FORM });
  const button = (value: "try" | "replay") => (apart ? {} : { name: TRIAL_FIELD, value, form: EDITOR_FORM });
  const ofDraft = Object.entries(errors).flatMap(([name, list]) =>
    name.startsWith("draft") || name === "patterns[0]" || name === "" ? (list ?? []) : [],
  );
  return (
    <Stack>
      <Paper component="section" aria-labelledby="try">
        <trial.Form
          method="post"
          action="/automation/rules"
          onSubmit={(event) => {
            event.preventDefault();
            trial.submit(withDraft(new FormData(event.currentTarget), editor?.current ?? null), {
              method: "post",
              action: "/automation/rules",
            });
          }}
        >
          <Intent name="try" />
          <Stack>
            <Stack gap={2}>
              <Title order={2} id="try">
                Try it
              </Title>
              <Text size="sm" c="dimmed">
                Which rule would answer? Nothing is sent{editor && ", and this rule need not be saved"}.
              </Text>
            </Stack>
            <FormError errors={[...new Set(ofDraft)]} />
            <Textarea
              {...field("text")}
              defaultValue={kept?.text}
              label="Somebody writes"
              rows={2}
              autosize
              minRows={2}
              maxRows={6}
              error={errors.text?.join(" ")}
            />
            <SimpleGrid cols={{ base: 1, sm: 2 }}>
              <TextInput
                {...field("who")}
                defaultValue={kept?.who}
                label="Who"
                placeholder="Somebody who is no contact"
                autoComplete="off"
                error={errors.who?.join(" ")}
              />
              <TextInput
                {...field("at")}
                defaultValue={kept?.at}
                type="datetime-local"
                label={`When (${page.tz})`}
                description=""
                error={errors.at?.join(" ")}
              />
              {page.phones.length > 1 && (
                <NativeSelect
                  {...field("waSessionId")}
                  label="To"
                  data={page.phones.map((phone) => ({ value: phone.id, label: phoneName(phone) }))}
                />
              )}
            </SimpleGrid>
            <Group>
              <Button type="submit" variant="default" loading={trial.state !== "idle"} {...button("try")}>
                Try it
              </Button>
            </Group>
          </Stack>
        </trial.Form>
        <div aria-live="polite">
          {tried?.value?.tried && <Outcome tried={tried.value.tried} as={tried.value.as ?? null} />}
        </div>
      </Paper>
      <Paper component="section" aria-labelledby="replay">
        <replay.Form
          method="post"
          action="/automation/rules"
          onSubmit={(event) => {
            event.preventDefault();
            replay.submit(withDraft(new FormData(event.currentTarget), editor?.current ?? null), {
              method: "post",
              action: "/automation/rules",
            });
          }}
        >
          <Intent name="replay" />
          <Group justify="space-between" align="flex-start">
            <Stack gap={2} flex="1 1 16rem">
              <Title order={2} id="replay">
                The last 100 messages
              </Title>
              <Text size="sm" c="dimmed">
                What these rules would have answered to them, one after the other.
              </Text>
            </Stack>
            <Button
              type="submit"
              variant="default"
              leftSection={replay.state !== "idle" && <Loader size="xs" />}
              {...button("replay")}
            >
              Go through them
            </Button>
          </Group>
        </replay.Form>
        <FormError errors={[...new Set(Object.values(problemsOf(replayed)).flatMap((list) => list ?? []))]} />
        <div aria-live="polite">{replayed?.value?.replayed && <Replay messages={replayed.value.replayed} />}</div>
      </Paper>
    </Stack>
  );
}

/** The rules that fit, and why each says what it does; of the others only how many they are. */
function Outcome({ tried, as }: { tried: readonly Tried[]; as: string | null }) {
  const away = tried.filter(({ silence }) => silence === "no_match");
  const shown = tried.filter(({ silence }) => silence !== "no_match");
  const nothing = !tried.some((rule) => rule.answers);
  return (
    <Stack gap="sm" mt="md">
      <Text fw={600}>
        {nothing ? "Nothing is answered" : "This is answered"}
        {as ? ` to ${as}` : ""}
        {tried.length === 0 && ": there is no rule yet"}.
      </Text>
      {shown.map((rule) => (
        <Stack key={rule.ruleId} gap={4}>
          <Group gap="xs">
            <StatusBadge look={rule.answers ? (rule.at ? later : answers) : silent} />
            <Text fw={600} style={{ overflowWrap: "anywhere" }}>
              {rule.name}
            </Text>
          </Group>
          {rule.text !== null && (
            <Paper withBorder p="sm" radius="md">
              {rule.mediaId && (
                <Text size="sm" c="dimmed">
                  With its file
                </Text>
              )}
              <MessageText text={rule.text} />
            </Paper>
          )}
          {(rule.why || rule.at) && (
            <Text size="sm" c="dimmed">
              {rule.why} {rule.by && `It is “${rule.by}”. `}
              {rule.at && (
                <>
                  {rule.answers ? "At" : "It could again at"} <Moment at={rule.at} />.
                </>
              )}
            </Text>
          )}
        </Stack>
      ))}
      {away.length > 0 && (
        <Text size="sm" c="dimmed">
          {away.length === 1
            ? `The words of “${away[0]?.name}” do not fit.`
            : `The words of ${away.length} ${shown.length > 0 ? "others" : "rules"} do not fit.`}
        </Text>
      )}
    </Stack>
  );
}

const columns: Column<Replayed>[] = [
  { header: "When", cell: ({ at }) => <Moment at={at} /> },
  {
    header: "Message",
    wide: true,
    cell: ({ from, text }) => (
      <>
        <Text span size="xs" c="dimmed" display="block">
          {from}
        </Text>
        <Text span size="sm" lineClamp={2} style={{ overflowWrap: "anywhere" }}>
          {text}
        </Text>
      </>
    ),
  },
  {
    header: "Answer",
    wide: true,
    cell: ({ answers, why }) =>
      answers.length === 0 ? (
        <Text span size="sm" c="dimmed">
          {why}
        </Text>
      ) : (
        answers.map(({ ruleId, name, text }) => (
          <Text span key={ruleId} size="sm" display="block" lineClamp={2} style={{ overflowWrap: "anywhere" }}>
            <b>{name}:</b> {text}
          </Text>
        ))
      ),
  },
];

/** The last messages that came in, the newest first, each with what it would have been answered. */
function Replay({ messages }: { messages: readonly Replayed[] }) {
  const answered = messages.filter(({ answers }) => answers.length > 0).length;
  return (
    <Box mt="md">
      {messages.length > 0 && (
        <Text fw={600} mb="xs">
          {count(answered, "message")} of {messages.length} would have been answered.
        </Text>
      )}
      <DataTable
        caption="The last messages and their answers"
        columns={columns}
        rows={messages}
        rowKey={({ inboundId }) => inboundId}
        empty="Nobody has written yet, or their messages are older than 14 days."
      />
    </Box>
  );
}
