import { getFormProps } from "@conform-to/react";
import { Group, Paper, Stack, Text, Title } from "@mantine/core";
import { Form, useActionData } from "@remix-run/react";
import { commitInput } from "#server/contacts/schema.ts";
import { ConfirmButton } from "../../components/confirm-button.tsx";
import { TextareaField } from "../../components/field.tsx";
import { FormError, Intent, Refused, SubmitButton } from "../../components/form-parts.tsx";
import { count } from "../../lib/format.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import type { ImportPreview } from "./preview.tsx";
import type { action } from "./route.tsx";

/** The decision: keep the good rows, with the user's own words on how these people agreed; or discard the file. */
export function CommitForm({ preview }: { preview: ImportPreview }) {
  const answer = useActionData<typeof action>();
  const [commit, fields] = useZodForm({ schema: commitInput, intent: "commit", answer });
  const ready = preview.counts.valid;
  return (
    <Paper>
      <Stack>
        <Refused answer={answer} intents={["discard"]} />
        {ready > 0 && (
          <Form method="post" {...getFormProps(commit)}>
            <Intent name="commit" />
            <input type="hidden" name={fields.importId.name} value={preview.id} />
            <Stack>
              <Title order={2}>How did these people agree?</Title>
              <FormError errors={commit.errors} />
              <TextareaField
                meta={fields.consentStatement}
                label="Your statement"
                description="Kept with every contact as evidence. For example: signed up at the open day on 3 May and ticked “news by WhatsApp”."
                autosize
                minRows={2}
              />
              <Group>
                <SubmitButton intent="commit">
                  Import {count(ready, "contact")} into {preview.listName}
                </SubmitButton>
              </Group>
            </Stack>
          </Form>
        )}
        <Group gap="sm">
          <ConfirmButton
            intent="discard"
            fields={{ importId: preview.id }}
            label="Discard the file"
            title={`Discard ${preview.fileName}?`}
            confirm="Discard it"
          >
            Nothing of this file is kept. You can upload it again.
          </ConfirmButton>
          {ready === 0 && (
            <Text size="sm" c="dimmed">
              Mend the rows (the list of rows left out says what is wrong with each) and upload the file again.
            </Text>
          )}
        </Group>
      </Stack>
    </Paper>
  );
}
