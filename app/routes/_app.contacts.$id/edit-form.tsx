import { getFormProps } from "@conform-to/react";
import { Group, Paper, Stack, Title } from "@mantine/core";
import { Form } from "@remix-run/react";
import { TextField } from "../../components/field.tsx";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import { AttributesField, TagsField } from "../../components/person-fields.tsx";
import { editFields } from "../../lib/person-fields.ts";
import type { Answer } from "../../lib/submit.server.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import type { Contact } from "./load.ts";

/** Who this person is, and whatever a message may say about them. */
export function EditForm({
  contact,
  tags,
  answer,
}: {
  contact: Contact;
  tags: readonly string[];
  answer: Answer | undefined;
}) {
  const [edit, fields] = useZodForm({
    schema: editFields,
    intent: "edit",
    answer,
    defaultValue: {
      name: contact.name,
      phone: contact.phoneE164,
      attributes: Object.entries(contact.attributes).map(([name, value]) => ({ name, value })),
    },
  });
  return (
    <Paper>
      <Form method="post" preventScrollReset {...getFormProps(edit)}>
        <Intent name="edit" />
        <input type="hidden" name={fields.id.name} value={contact.id} />
        <Stack>
          <Title order={2}>Details</Title>
          <FormError errors={edit.errors} />
          <TextField meta={fields.name} label="Name" autoComplete="off" />
          <TextField
            meta={fields.phone}
            type="tel"
            label="Phone number"
            autoComplete="off"
            {...(contact.optedOut
              ? { readOnly: true, description: "It stays as it is, so that they are never messaged." }
              : {})}
          />
          <TagsField name={fields.tags.name} error={fields.tags.errors} given={contact.tags} known={tags} />
          <AttributesField form={edit} meta={fields.attributes} />
          <Group>
            <SubmitButton intent="edit">Save</SubmitButton>
          </Group>
        </Stack>
      </Form>
    </Paper>
  );
}
