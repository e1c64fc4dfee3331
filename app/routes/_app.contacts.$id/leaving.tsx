import { getFormProps } from "@conform-to/react";
import { Button, Group, List, Paper, Stack, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { eraseInput } from "#server/contacts/schema.ts";
import { ConfirmButton } from "../../components/confirm-button.tsx";
import { TextField } from "../../components/field.tsx";
import { FormDialog } from "../../components/form-dialog.tsx";
import type { Answer } from "../../lib/submit.server.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import type { Contact } from "./load.ts";

/** The three ways to part with somebody: never message them, delete the contact, or erase whatever is known of them. */
export function Leaving({ contact, answer }: { contact: Contact; answer: Answer | undefined }) {
  const { id, name, phoneE164, optedOut } = contact;
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <Paper component="section" aria-labelledby="leaving">
      <Stack gap="sm">
        <Title order={2} id="leaving">
          Parting
        </Title>
        <Group gap="sm">
          {!optedOut && (
            <ConfirmButton
              intent="suppress"
              fields={{ phone: phoneE164 }}
              label="Never message"
              title={`Never message ${name} again?`}
              confirm={`Never message ${name}`}
            >
              {phoneE164} is left out of every campaign from now on, on all lists. You cannot take this back: only this
              person can, by writing START to you.
            </ConfirmButton>
          )}
          <ConfirmButton
            intent="remove"
            fields={{ ids: id }}
            label="Delete"
            title={`Delete ${name}?`}
            confirm={`Delete ${name}`}
          >
            {name} goes from every list, with the evidence of their consent. Results of past campaigns keep their
            number. {optedOut ? "They stay opted out." : "You can add them again."}
          </ConfirmButton>
          <Button variant="default" onClick={open}>
            Erase everything
          </Button>
        </Group>
      </Stack>
      <EraseDialog contact={contact} answer={answer} opened={opened} onClose={close} />
    </Paper>
  );
}

function EraseDialog({
  contact,
  ...dialog
}: {
  contact: Contact;
  answer: Answer | undefined;
  opened: boolean;
  onClose: () => void;
}) {
  const [form, fields] = useZodForm({ schema: eraseInput, intent: "erase", answer: dialog.answer });
  return (
    <FormDialog
      title={`Erase everything about ${contact.name}?`}
      intent="erase"
      submit={`Erase ${contact.name}`}
      color="red"
      errors={form.errors}
      {...dialog}
      {...getFormProps(form)}
    >
      <input type="hidden" name={fields.id.name} value={contact.id} />
      <Text>For somebody who asks you to forget them. It cannot be undone.</Text>
      <List size="sm" spacing={4}>
        <List.Item>Their name, number, attributes and consent are erased, and what was written to and fro.</List.Item>
        <List.Item>Results of campaigns keep a line without a name or number, so that the figures stay true.</List.Item>
        <List.Item>
          We keep only a fingerprint so that they are never messaged again. Nobody can read the number out of it.
        </List.Item>
      </List>
      <TextField
        meta={fields.confirm}
        label={`To go on, type ${contact.name} or ${contact.phoneE164}`}
        autoComplete="off"
        data-autofocus
      />
    </FormDialog>
  );
}
