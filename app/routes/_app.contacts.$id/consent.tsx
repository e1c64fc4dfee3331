import { getFormProps } from "@conform-to/react";
import { Blockquote, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { recordConsentInput, withdrawConsentInput } from "#server/contacts/schema.ts";
import { consentLookOf } from "../../components/contact-looks.tsx";
import { TextareaField } from "../../components/field.tsx";
import { FormDialog } from "../../components/form-dialog.tsx";
import { TextLink } from "../../components/link-button.tsx";
import { Moment } from "../../components/moment.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import type { Answer } from "../../lib/submit.server.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import type { Contact, Evidence } from "./load.ts";

const kinds = {
  given: "Agreed",
  withdrawn: "Consent withdrawn",
  asked: "Asked to confirm",
  confirmed: "Confirmed",
  opted_out: "Opted out",
  opted_in: "Opted in again",
} as const satisfies Record<Evidence["kind"], string>;

/** The evidence: how this person came to agree, or not to, with the wording and who brought it. */
export function Consent({ contact, answer }: { contact: Contact; answer: Answer | undefined }) {
  const [opened, setOpened] = useState<"record" | "withdraw" | null>(null);
  const close = () => setOpened(null);
  return (
    <Paper component="section" aria-labelledby="consent">
      <Stack gap="md">
        <Group justify="space-between">
          <Group gap="sm">
            <Title order={2} id="consent">
              Consent
            </Title>
            <StatusBadge look={consentLookOf(contact)} />
          </Group>
          <Group gap="xs">
            {!contact.optedOut && (
              <Button size="xs" variant={contact.consent ? "default" : "filled"} onClick={() => setOpened("record")}>
                Record consent
              </Button>
            )}
            {contact.consent && (
              <Button size="xs" variant="default" onClick={() => setOpened("withdraw")}>
                Withdraw
              </Button>
            )}
          </Group>
        </Group>
        {contact.evidence.length === 0 && <Text c="dimmed">Nothing is recorded: nobody said that they agreed.</Text>}
        <Stack component="ul" gap="md" m={0} p={0} style={{ listStyle: "none" }}>
          {contact.evidence.map((one) => (
            <Piece key={one.id} evidence={one} />
          ))}
        </Stack>
      </Stack>
      <RecordDialog contact={contact} answer={answer} opened={opened === "record"} onClose={close} />
      <WithdrawDialog contact={contact} answer={answer} opened={opened === "withdraw"} onClose={close} />
    </Paper>
  );
}

function Piece({ evidence }: { evidence: Evidence }) {
  const { kind, source, statement, importId, fileName, rowNo, at, by } = evidence;
  return (
    <Stack component="li" gap={2}>
      <Text>
        <b>{kinds[kind]}</b>, <Moment at={at} />
      </Text>
      <Text size="sm" c="dimmed">
        {source === "import" && (
          <>
            From the file{" "}
            {importId ? <TextLink to={`/contacts/upload?import=${importId}`}>{fileName}</TextLink> : fileName}
            {rowNo !== null && `, row ${rowNo}`}
            {by && `, imported by ${by}`}
          </>
        )}
        {source === "manual" && `Recorded by hand${by ? ` by ${by}` : ""}`}
        {source === "keyword" && `They wrote ${statement ?? "it"} to you`}
        {source === "message" && "By a message"}
      </Text>
      {statement && source !== "keyword" && (
        <Blockquote p="xs" mt={4} radius="sm" fz="sm" c="inherit">
          {statement}
        </Blockquote>
      )}
    </Stack>
  );
}

interface Dialog {
  contact: Contact;
  answer: Answer | undefined;
  opened: boolean;
  onClose: () => void;
}

function RecordDialog({ contact, ...dialog }: Dialog) {
  const [form, fields] = useZodForm({ schema: recordConsentInput, intent: "recordConsent", answer: dialog.answer });
  return (
    <FormDialog
      title={`Record that ${contact.name} agreed`}
      intent="recordConsent"
      submit="Record it"
      errors={form.errors}
      {...dialog}
      {...getFormProps(form)}
    >
      <input type="hidden" name={fields.ids.name} value={contact.id} />
      <TextareaField
        meta={fields.statement}
        label="How did they agree?"
        description="Your words are kept as evidence. For example: asked for news at the counter on 3 May."
        autosize
        minRows={2}
        data-autofocus
      />
    </FormDialog>
  );
}

function WithdrawDialog({ contact, ...dialog }: Dialog) {
  const [form, fields] = useZodForm({ schema: withdrawConsentInput, intent: "withdrawConsent", answer: dialog.answer });
  return (
    <FormDialog
      title={`Withdraw the consent of ${contact.name}?`}
      intent="withdrawConsent"
      submit="Withdraw it"
      color="red"
      errors={form.errors}
      {...dialog}
      {...getFormProps(form)}
    >
      <input type="hidden" name={fields.ids.name} value={contact.id} />
      <Text size="sm">No campaign reaches them until their consent is recorded again.</Text>
      <TextareaField meta={fields.statement} label="Why (optional)" autosize minRows={2} />
    </FormDialog>
  );
}
