import { Stack, Text } from "@mantine/core";
import { CheckCircledIcon, CircleBackslashIcon } from "@radix-ui/react-icons";
import type { Api } from "#server/route-api.ts";
import { ConfirmButton } from "../../components/confirm-button.tsx";
import type { Column } from "../../components/data-table.tsx";
import { Day } from "../../components/moment.tsx";
import { type Look, StatusBadge } from "../../components/status-badge.tsx";

type Contact = Awaited<ReturnType<Api["contacts"]["page"]>>["rows"][number];

const looks = {
  consented: { word: "Agreed", color: "green", icon: CheckCircledIcon },
  none: { word: "No consent", color: "yellow", icon: CircleBackslashIcon },
  optedOut: { word: "Opted out", color: "red", icon: CircleBackslashIcon },
} as const satisfies Record<string, Look>;

/** A contact's row: who, the list's own columns, how they agreed, and the way to leave them out for good. */
export function contactColumns(attributes: readonly string[]): Column<Contact>[] {
  return [
    { header: "Name", cell: (contact) => contact.name },
    { header: "Number", cell: (contact) => contact.phoneE164, tight: true },
    ...attributes.map((name) => ({ header: name, cell: (contact: Contact) => contact.attributes[name] ?? "" })),
    { header: "Consent", cell: (contact) => <Consent contact={contact} />, wide: true },
    { header: "Leave out", cell: (contact) => (contact.optedOut ? "Left out" : <LeaveOut contact={contact} />) },
  ];
}

function Consent({ contact }: { contact: Contact }) {
  return (
    <Stack gap={2} align="flex-start">
      <StatusBadge look={contact.optedOut ? looks.optedOut : contact.consent ? looks.consented : looks.none} />
      {contact.consentStatement && <Text size="sm">{contact.consentStatement}</Text>}
      <Text size="xs" c="dimmed">
        {contact.consentSource}
        {contact.consentAt && (
          <>
            {", "}
            <Day at={contact.consentAt} />
          </>
        )}
      </Text>
    </Stack>
  );
}

function LeaveOut({ contact }: { contact: Contact }) {
  return (
    <ConfirmButton
      intent="suppress"
      fields={{ phone: contact.phoneE164 }}
      label="Never message"
      size="xs"
      title={`Never message ${contact.name} again?`}
      confirm={`Never message ${contact.name}`}
    >
      {contact.phoneE164} is left out of every campaign from now on, on all lists. You cannot take this back: only this
      person can, by writing START to you.
    </ConfirmButton>
  );
}
