import { ActionIcon, Box, Group, Paper, Stack, Text, VisuallyHidden } from "@mantine/core";
import { ChevronDownIcon, ChevronUpIcon, DragHandleDots2Icon, FileIcon } from "@radix-ui/react-icons";
import { useFetcher, useSubmit } from "@remix-run/react";
import { type KeyboardEvent, useRef } from "react";
import { ButtonForm, Refused } from "../../components/form-parts.tsx";
import { TextLink } from "../../components/link-button.tsx";
import { Moment } from "../../components/moment.tsx";
import { Toggle } from "../../components/toggle.tsx";
import { INTENT_FIELD } from "../../lib/form-data.ts";
import { count } from "../../lib/format.ts";
import type { Answer } from "../../lib/submit.server.ts";
import { useHydrated } from "../../lib/use-hydrated.ts";
import type { PlacedRule, RulesPage } from "./load.ts";
import styles from "./rules.module.css";
import { useDragOrder } from "./use-drag-order.ts";
import { limitsOf, phoneName, triggerInWords } from "./words.ts";

/** The rules in their order, which is changed by dragging, with the arrow keys, or with buttons. */
export function RuleList({ page }: { page: RulesPage }) {
  const rows = useRef<HTMLOListElement>(null);
  const submit = useSubmit();
  const moved = useFetcher<Answer>({ key: "move" });
  const { rules, total } = page;
  const move = (id: string, to: number) => {
    submit(
      { [INTENT_FIELD]: "move", id, to },
      { method: "post", preventScrollReset: true, navigate: false, fetcherKey: "move" },
    );
  };
  const { held, place, handle, cancel } = useDragOrder(rows, (from, to) => {
    const [rule, other] = [rules[from], rules[to]];
    if (rule && other) move(rule.id, other.at);
  });
  const onKeyDown =
    ({ id, at }: PlacedRule) =>
    (event: KeyboardEvent) => {
      if (event.key === "Escape") cancel();
      const to = event.key === "ArrowUp" ? at - 1 : event.key === "ArrowDown" ? at + 1 : null;
      if (to === null) return;
      event.preventDefault();
      if (to >= 0 && to < total) move(id, to);
    };
  return (
    <>
      <Refused answer={moved.data} intents={["move"]} />
      <ol className={styles.list} ref={rows} start={page.from + 1} aria-label="Rules, the first that is judged first">
        {rules.map((rule, n) => (
          <Paper
            component="li"
            key={rule.id}
            data-row
            py="sm"
            className={styles.row}
            style={place(n)}
            data-held={held === n || undefined}
            data-off={!rule.enabled || undefined}
          >
            <Order rule={rule} total={total} handle={{ ...handle(n), onKeyDown: onKeyDown(rule) }} />
            <What rule={rule} page={page} />
            <Figures rule={rule} />
            <Toggle
              intent="enable"
              fields={{ id: rule.id }}
              on={rule.enabled}
              label={<VisuallyHidden>{rule.name} answers</VisuallyHidden>}
            />
          </Paper>
        ))}
      </ol>
    </>
  );
}

function Order({ rule, total, handle }: { rule: PlacedRule; total: number; handle: object }) {
  const alive = useHydrated();
  const { at, id, name } = rule;
  const step = (to: number, label: string, Sign: typeof ChevronUpIcon) => (
    <ButtonForm intent="move" fields={{ id, to: String(to) }} navigate={false} fetcherKey="move">
      <ActionIcon
        type="submit"
        variant="subtle"
        color="gray"
        size="md"
        aria-label={`${label}: ${name}`}
        disabled={to < 0 || to >= total}
      >
        <Sign aria-hidden />
      </ActionIcon>
    </ButtonForm>
  );
  return (
    <Group gap={4} wrap="nowrap">
      {alive && (
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          className={styles.handle}
          aria-label={`Move ${name}, number ${at + 1} of ${total}: drag it, or use the arrow keys`}
          {...handle}
        >
          <DragHandleDots2Icon aria-hidden />
        </ActionIcon>
      )}
      <Stack gap={0}>
        {step(at - 1, "Move up", ChevronUpIcon)}
        {step(at + 1, "Move down", ChevronDownIcon)}
      </Stack>
      <Text c="dimmed" size="sm" miw={24} ta="end" aria-hidden>
        {at + 1}.
      </Text>
    </Group>
  );
}

function What({ rule, page }: { rule: PlacedRule; page: RulesPage }) {
  const { responses, waSessionId } = rule;
  const [first, ...others] = responses;
  const phone = page.phones.find(({ id }) => id === waSessionId);
  return (
    <Box className={styles.what}>
      <Text fw={600} className={styles.name}>
        <TextLink to={`/automation/rules?edit=${rule.id}`}>{rule.name}</TextLink>
      </Text>
      <Text size="sm">The message {triggerInWords(rule)}</Text>
      <Group gap={6} wrap="nowrap" align="flex-start">
        {first?.mediaId && <FileIcon aria-label="With a file" style={{ flex: "none", marginTop: 4 }} />}
        <Text size="sm" lineClamp={2}>
          “{first?.text}”{others.length > 0 && ` and ${count(others.length, "other")} in turn`}
        </Text>
      </Group>
      <Text size="xs" c="dimmed">
        {[...limitsOf(rule), ...(phone ? [`for ${phoneName(phone)}`] : [])].join(" · ")}
      </Text>
    </Box>
  );
}

function Figures({ rule: { answersInWeek, lastAnswerAt } }: { rule: PlacedRule }) {
  return (
    <Box className={styles.figures}>
      <Text size="sm">{count(answersInWeek, "answer")} in 7 days</Text>
      <Text size="xs" c="dimmed">
        {lastAnswerAt ? (
          <>
            Last <Moment at={lastAnswerAt} />
          </>
        ) : (
          "Has not answered yet"
        )}
      </Text>
    </Box>
  );
}
