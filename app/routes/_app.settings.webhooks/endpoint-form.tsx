import { getCollectionProps, getFormProps } from "@conform-to/react";
import { Checkbox, Fieldset, Group, Input, Stack } from "@mantine/core";
import { Form } from "@remix-run/react";
import { addEndpointInput, changeEndpointInput, webhookTopics } from "#server/webhooks/schema.ts";
import { TextField } from "../../components/field.tsx";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import type { Answer } from "../../lib/submit.server.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import { type Endpoint, topicWords } from "./looks.ts";

type Fields = ReturnType<typeof useZodForm<typeof addEndpointInput>>[1];

/** Adds an endpoint. Its secret is shown in the answer. */
export function AddForm({ answer }: { answer: Answer | undefined }) {
  const defaultValue = { events: [...webhookTopics] };
  const [form, fields] = useZodForm({ schema: addEndpointInput, intent: "add", answer, defaultValue });
  return (
    <Form method="post" {...getFormProps(form)}>
      <Intent name="add" />
      <Stack>
        <FormError errors={form.errors} />
        <EndpointFields fields={fields} />
        <Group>
          <SubmitButton intent="add">Add the webhook</SubmitButton>
        </Group>
      </Stack>
    </Form>
  );
}

/** Changes where an endpoint is and what it is told; its secret stays. */
export function ChangeForm({ endpoint, answer }: { endpoint: Endpoint; answer: Answer | undefined }) {
  const { id, url, description, events } = endpoint;
  const [form, fields] = useZodForm({
    schema: changeEndpointInput,
    intent: "change",
    of: id,
    answer,
    defaultValue: { id, url, description, events },
  });
  return (
    <Form method="post" {...getFormProps(form)}>
      <Intent name="change" />
      <input type="hidden" name="id" value={id} />
      <Stack>
        <FormError errors={form.errors} />
        <EndpointFields fields={fields} />
        <Group>
          <SubmitButton intent="change" id={id}>
            Save
          </SubmitButton>
          <LinkButton to="/settings/webhooks" variant="default" preventScrollReset>
            Leave it as it was
          </LinkButton>
        </Group>
      </Stack>
    </Form>
  );
}

function EndpointFields({ fields }: { fields: Pick<Fields, "url" | "description" | "events"> }) {
  const boxes = getCollectionProps(fields.events, { type: "checkbox", options: [...webhookTopics] });
  const error = fields.events.errors?.join(" ");
  return (
    <>
      <TextField
        meta={fields.url}
        label="Address"
        placeholder="https://example.org/whatsapp-events"
        description="Where your server listens. It begins with https:// and is reachable from the internet."
        inputMode="url"
      />
      <TextField meta={fields.description} label="What it is for" description="For you; it may stay empty." />
      <Fieldset legend="What it is told">
        <Stack gap="sm">
          {webhookTopics.map((topic) => {
            const { key: _key, ...box } = boxes.find(({ value }) => value === topic) ?? { key: topic };
            const { word, note } = topicWords[topic];
            return (
              <Checkbox
                key={topic}
                {...box}
                label={`${word} (${topic})`}
                description={note}
                aria-describedby={undefined}
              />
            );
          })}
          {error && <Input.Error role="alert">{error}</Input.Error>}
        </Stack>
      </Fieldset>
    </>
  );
}
