import { Alert, List, Paper, Stack, Text, Title } from "@mantine/core";
import { ExclamationTriangleIcon, InfoCircledIcon } from "@radix-ui/react-icons";
import type { LeftOutReason } from "#server/campaigns/rules.ts";
import { TextLink } from "../../components/link-button.tsx";
import { count, formatNumber } from "../../lib/format.ts";
import type { WizardData } from "./load.ts";

const words: Record<LeftOutReason, (people: string, one: boolean) => string> = {
  opted_out: (people) => `${people} opted out. Only they can lift that, by writing START.`,
  no_consent: (people, one) => `${people} ${one ? "has" : "have"} no recorded consent.`,
  not_confirmed: (people, one) => `${people} ${one ? "has" : "have"} not confirmed with YES.`,
  already_confirmed: (people) => `${people} confirmed already.`,
  already_asked: (people, one) => `${people} ${one ? "was" : "were"} asked before; nobody is asked twice.`,
  not_on_whatsapp: (people, one) => `${people} ${one ? "has" : "have"} no WhatsApp.`,
};

/** What the choice of people comes to, counted anew with every change. */
export function ReachPanel({ data, forGroup }: { data: WizardData; forGroup: boolean }) {
  const { reach, values } = data;
  const { queued, ...left } = reach.people;
  const reasons = (Object.keys(words) as LeftOutReason[]).filter((reason) => left[reason] > 0);
  const out = reasons.reduce((sum, reason) => sum + left[reason], 0);
  const nobodyChosen = values.listIds.length + values.tags.length === 0;
  const list = values.listIds[0];
  return (
    <Paper component="section" aria-label="Who gets it" aria-live="polite">
      <Stack gap="sm">
        <Title order={2}>Who gets it</Title>
        {nobodyChosen ? (
          <Text c="dimmed">Nobody yet. Choose a list or a tag, and the people are counted here.</Text>
        ) : forGroup && reach.group ? (
          <Text>
            Everybody in the group “{reach.group.name}”: {membersInWords(reach.group)}. It is one message, in the
            group's own chat.
          </Text>
        ) : (
          <>
            <Text size="lg" fw={650} style={{ fontVariantNumeric: "tabular-nums" }}>
              {reachInWords(data)}
            </Text>
            {queued > reach.limit && <OverCap queued={queued} limit={reach.limit} />}
            {reach.onSeveralLists > 0 && (
              <Text size="sm">
                {formatNumber(reach.onSeveralLists)} {reach.onSeveralLists === 1 ? "is" : "are"} on more than one list
                and {reach.onSeveralLists === 1 ? "gets" : "get"} it once.
              </Text>
            )}
            {out > 0 && (
              <details>
                <Text component="summary" size="sm" style={{ cursor: "pointer" }}>
                  See why {formatNumber(out)} {out === 1 ? "does" : "do"} not
                </Text>
                <List size="sm" mt="xs" spacing={4}>
                  {reasons.map((reason) => (
                    <List.Item key={reason}>
                      {words[reason](count(left[reason], "person", "people"), left[reason] === 1)}{" "}
                      {reason === "not_confirmed" && reach.askable > 0 && list && (
                        <TextLink to={`/campaigns/new?list=${list}&purpose=confirmation`}>Ask them to confirm</TextLink>
                      )}
                    </List.Item>
                  ))}
                </List>
              </details>
            )}
            {queued === 0 && (
              <Alert color="yellow" icon={<InfoCircledIcon />}>
                Nobody of these people can get a message. Choose others, or bring people who agreed.
              </Alert>
            )}
          </>
        )}
      </Stack>
    </Paper>
  );
}

/** "183 people get it, 17 do not". */
function reachInWords({ reach, values }: WizardData): string {
  const { queued, ...left } = reach.people;
  const out = Object.values(left).reduce((sum, n) => sum + n);
  const get =
    values.purpose === "confirmation"
      ? count(queued, "person is asked", "people are asked")
      : count(queued, "person gets it", "people get it");
  return out > 0 ? `${get}, ${formatNumber(out)} ${out === 1 ? "does not" : "do not"}` : get;
}

/** The count alone, where the panel is below the form. */
export function ReachLine({ data }: { data: WizardData }) {
  const { reach, values } = data;
  if (values.listIds.length + values.tags.length === 0 || values.audience === "group_chat") return null;
  return (
    <Text
      size="sm"
      fw={650}
      hiddenFrom="md"
      aria-hidden
      c={reach.people.queued > reach.limit ? "var(--mantine-color-error)" : undefined}
    >
      {reachInWords(data)}
    </Text>
  );
}

function OverCap({ queued, limit }: { queued: number; limit: number }) {
  return (
    <Alert color="red" icon={<ExclamationTriangleIcon />} title={`At most ${formatNumber(limit)} people a campaign`}>
      {count(queued - limit, "person", "people")} too many: it cannot start like this. Choose fewer lists, narrow it by
      a tag, or leave people out; then send another campaign to the rest.
    </Alert>
  );
}

/** "12 members, 3 of them with a hidden number". */
export function membersInWords({ members, hidden }: { members: number; hidden: number }): string {
  const all = count(members, "member");
  return hidden > 0 ? `${all}, ${formatNumber(hidden)} of them with a hidden number` : all;
}
