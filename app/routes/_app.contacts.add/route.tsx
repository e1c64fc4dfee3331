import { getFormProps } from "@conform-to/react";
import { Checkbox, Fieldset, Group, Paper, Stack, Title } from "@mantine/core";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Form, useLoaderData, useSearchParams } from "@remix-run/react";
import { TextareaField, TextField } from "../../components/field.tsx";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Page } from "../../components/page.tsx";
import { AttributesField, TagsField } from "../../components/person-fields.tsx";
import { addFields, toAttributes } from "../../lib/person-fields.ts";
import { form, submit } from "../../lib/submit.server.ts";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "Add one person · MassSender" }];

export async function loader({ context }: LoaderFunctionArgs) {
  const { contacts } = context.api;
  const [lists, tags] = await Promise.all([contacts.lists(), contacts.tags()]);
  return { lists: lists.map(({ id, name, columns }) => ({ id, name, columns })), tags: tags.map(({ tag }) => tag) };
}

export function action({ context, request }: ActionFunctionArgs) {
  const { contacts } = context.api;
  return submit(request, {
    add: form(
      addFields,
      ({ attributes, ...person }) => contacts.add({ ...person, attributes: toAttributes(attributes) }),
      {
        done: { to: ({ id }) => `/contacts/${id}`, toast: "Added, with the evidence of their consent." },
      },
    ),
  });
}

/** One person by hand: who they are, and how they agreed. */
export default function AddOne() {
  const { lists, tags } = useLoaderData<typeof loader>();
  const answer = useLastAnswer<typeof action>();
  const [search] = useSearchParams();
  const here = lists.find(({ id }) => id === search.get("list"));
  const [add, fields] = useZodForm({
    schema: addFields,
    intent: "add",
    answer,
    defaultValue: {
      phone: search.get("phone") ?? undefined,
      attributes: here?.columns.map((name) => ({ name, value: "" })) ?? [],
    },
  });
  return (
    <Page title="Add one person" lead="Only somebody who agreed to get your messages can be added.">
      <Paper maw={640}>
        <Form method="post" {...getFormProps(add)}>
          <Intent name="add" />
          <Stack gap="lg">
            <FormError errors={add.errors} />
            <Stack>
              <TextField meta={fields.name} label="Name" description="How you address them." autoComplete="off" />
              <TextField
                meta={fields.phone}
                type="tel"
                label="Phone number"
                description="With + and country code."
                placeholder="+62 812 0000 0001"
                autoComplete="off"
              />
            </Stack>
            <Stack gap="xs">
              <Title order={2}>How did they agree?</Title>
              <TextareaField
                meta={fields.consentStatement}
                label="Your statement"
                description="Kept as evidence. For example: asked for news at the counter on 3 May."
                autosize
                minRows={2}
              />
            </Stack>
            {lists.length > 0 && (
              <Fieldset legend="Lists" variant="unstyled" p={0}>
                <Stack gap="xs" mah={220} style={{ overflowY: "auto" }}>
                  {lists.map(({ id, name }) => (
                    <Checkbox
                      key={id}
                      name={fields.listIds.name}
                      value={id}
                      label={name}
                      defaultChecked={id === here?.id}
                    />
                  ))}
                </Stack>
              </Fieldset>
            )}
            <TagsField name={fields.tags.name} error={fields.tags.errors} given={[]} known={tags} />
            <AttributesField form={add} meta={fields.attributes} />
            <Group>
              <SubmitButton intent="add">Add this person</SubmitButton>
              <LinkButton to={here ? `/contacts?list=${here.id}` : "/contacts"} variant="default">
                Not now
              </LinkButton>
            </Group>
          </Stack>
        </Form>
      </Paper>
    </Page>
  );
}
