import type { FieldMetadata } from "@conform-to/react";
import { Radio, Stack, Text } from "@mantine/core";
import type { Audience } from "#server/campaigns/rules.ts";
import { TextLink } from "../../components/link-button.tsx";
import { count, formatNumber } from "../../lib/format.ts";
import type { Choices } from "./choices.ts";

type Chosen = NonNullable<Choices["chosen"]>;

/** Whom the message goes to: each person of the list, or the chat of the group it was made from. */
export function AudienceField({ meta, chosen }: { meta: FieldMetadata<Audience | undefined>; chosen: Chosen }) {
  const { group, people } = chosen.reach;
  if (!group) return <input type="hidden" name={meta.name} value="list" />;
  return (
    <Radio.Group
      label="Who gets it"
      name={meta.name}
      defaultValue={meta.value ?? "list"}
      error={meta.errors?.join(" ")}
    >
      <Stack gap="xs" mt="xs">
        <Radio
          value="list"
          label={`To each person who agreed (${formatNumber(people.queued)})`}
          description="One message each, with their own name in it."
        />
        <Radio
          value="group_chat"
          label="One message to the group's own chat"
          description={`Everybody in the group reads it: ${membersInWords(group)}.`}
        />
      </Stack>
    </Radio.Group>
  );
}

/** "12 members, 3 of them with a hidden number". */
export function membersInWords({ members, hidden }: { members: number; hidden: number }): string {
  const all = count(members, "member");
  return hidden > 0 ? `${all}, ${formatNumber(hidden)} of them with a hidden number` : all;
}

/** What double opt-in makes of a campaign to this list. */
export function DoubleOptInNote({ chosen, purpose }: { chosen: Chosen; purpose: Choices["purpose"] }) {
  const { people, askable } = chosen.reach;
  if (purpose === "message" && people.not_confirmed === 0) return null;
  if (purpose === "confirmation") {
    return (
      <Text size="sm" c="dimmed">
        {count(people.queued, "person", "people")} who agreed and were never asked get this question, each once ever.
      </Text>
    );
  }
  return (
    <Text size="sm" c="dimmed">
      This list waits for a YES: {count(people.queued, "person gets", "people get")} messages,{" "}
      {formatNumber(people.not_confirmed)} have not confirmed.{" "}
      {askable > 0 && (
        <TextLink to={`/campaigns/new?list=${chosen.id}&purpose=confirmation`}>Ask them to confirm</TextLink>
      )}
    </Text>
  );
}
