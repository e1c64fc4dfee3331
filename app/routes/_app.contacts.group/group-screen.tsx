import { getFormProps } from "@conform-to/react";
import { Alert, Group, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { ArrowLeftIcon, EyeNoneIcon, PersonIcon } from "@radix-ui/react-icons";
import { Form } from "@remix-run/react";
import { LARGEST_GROUP } from "#server/groups/rules.ts";
import { importInput } from "#server/groups/schema.ts";
import { TextField } from "../../components/field.tsx";
import { Figure } from "../../components/figure.tsx";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { count, formatNumber } from "../../lib/format.ts";
import type { Answer } from "../../lib/submit.server.ts";
import { useReloadEvery } from "../../lib/use-live.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import { Asking, Failed, Frame } from "./frame.tsx";
import { type GroupView, groupsOf } from "./load.ts";
import { MemberTable } from "./member-table.tsx";

const RELOAD_MS = 3_000;

/** One group before it is imported: who is in it, and what would become of each. */
export function GroupScreen({ loaded, answer }: { loaded: GroupView; answer: Answer | undefined }) {
  const { session, group } = loaded;
  useReloadEvery(RELOAD_MS, group.state === "asking");
  const back = (
    <LinkButton to={groupsOf(session.id)} variant="default" leftSection={<ArrowLeftIcon aria-hidden />}>
      All groups
    </LinkButton>
  );
  return (
    <Frame actions={back}>
      {group.state === "asking" && <Asking again="">WhatsApp is being asked who is in the group.</Asking>}
      {group.state === "failed" && <Failed why={group.why} />}
      {group.state === "unasked" && (
        <Alert color="blue" icon={<PersonIcon aria-hidden />} title="This is not at hand any more">
          What WhatsApp says of a group is kept for an hour. Open the group again.
        </Alert>
      )}
      {group.state === "answered" && <Answered loaded={loaded} answer={answer} />}
    </Frame>
  );
}

function Answered({ loaded, answer }: { loaded: GroupView; answer: Answer | undefined }) {
  const { group } = loaded;
  const usable = group.members.filter(({ optedOut, problem }) => !optedOut && problem === null);
  const optedOut = group.members.filter((member) => member.optedOut).length + group.erased;
  return (
    <>
      <Stack gap="md">
        <Title order={2} style={{ overflowWrap: "anywhere" }}>
          {group.subject || "Group without a name"}
        </Title>
        {group.tooLarge ? (
          <Alert color="yellow" icon={<PersonIcon aria-hidden />} title="This group is too large">
            It has {formatNumber(group.total)} members. Groups of up to {LARGEST_GROUP} can be imported.
          </Alert>
        ) : (
          <SimpleGrid component="dl" cols={{ base: 2, sm: 4 }} m={0}>
            <Figure label="Members" note="your phone included">
              {formatNumber(group.total)}
            </Figure>
            <Figure label="Number is shown">{formatNumber(group.members.length)}</Figure>
            <Figure label="Number is hidden">{formatNumber(group.hidden)}</Figure>
            <Figure label="Opted out">{formatNumber(optedOut)}</Figure>
          </SimpleGrid>
        )}
      </Stack>
      {!group.tooLarge && (
        <>
          {group.hidden > 0 && <HiddenMembers hidden={group.hidden} />}
          <ImportForm loaded={loaded} answer={answer} people={usable.length} />
          <MemberTable group={group} />
        </>
      )}
    </>
  );
}

function HiddenMembers({ hidden }: { hidden: number }) {
  return (
    <Alert color="blue" icon={<EyeNoneIcon aria-hidden />}>
      {hidden === 1
        ? "1 member keeps their number hidden."
        : `${formatNumber(hidden)} members keep their number hidden.`}{" "}
      They can only be reached in the group's own chat.
    </Alert>
  );
}

function ImportForm({ loaded, answer, people }: { loaded: GroupView; answer: Answer | undefined; people: number }) {
  const { session, group, listName } = loaded;
  const [form, fields] = useZodForm({ schema: importInput, intent: "import", answer, defaultValue: { listName } });
  return (
    <Paper component="section" aria-labelledby="import-it">
      <Form method="post" {...getFormProps(form)}>
        <Intent name="import" />
        <input type="hidden" name={fields.sessionId.name} value={session.id} />
        <input type="hidden" name={fields.groupKey.name} value={group.key ?? ""} />
        <Stack>
          <Stack gap={4}>
            <Title order={2} id="import-it">
              {group.imported ? "Bring its list up to date" : "Make a list of it"}
            </Title>
            <Text c="dimmed">
              {group.imported
                ? "Newcomers join the list. Nobody leaves it, and who is a contact already keeps everything."
                : "New people come in without consent. Who is a contact already keeps everything, consent included."}
            </Text>
          </Stack>
          <FormError errors={form.errors} />
          <TextField meta={fields.listName} label="Name of the list" maw={420} />
          <Group>
            <SubmitButton intent="import">
              {people === 0 ? "Make a list of its chat" : `Import ${count(people, "person", "people")}`}
            </SubmitButton>
          </Group>
        </Stack>
      </Form>
    </Paper>
  );
}
