import { getFormProps } from "@conform-to/react";
import { Box, Group, Paper, SimpleGrid, Stack, Text } from "@mantine/core";
import { Form, useActionData, useSearchParams } from "@remix-run/react";
import { createCampaignInput, DEFAULT_THROTTLE } from "#server/campaigns/schema.ts";
import { SelectField, TextField } from "../../components/field.tsx";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import { count, formatWait, seconds } from "../../lib/format.ts";
import { withSearch } from "../../lib/params.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import type { Choices } from "./choices.ts";
import { Preview } from "./preview.tsx";
import type { action } from "./route.tsx";
import { TemplateField } from "./template-field.tsx";

/** The draft: who, from which phone, what, how slowly; beside it the message as three real people will see it. */
export function CampaignForm({ choices }: { choices: Choices }) {
  const { lists, sessions, draft, chosen, samples } = choices;
  const answer = useActionData<typeof action>();
  const [search, setSearch] = useSearchParams();
  const linked = sessions.find((session) => session.status === "linked") ?? sessions[0];
  const [form, fields] = useZodForm({
    schema: createCampaignInput,
    intent: "draft",
    answer,
    defaultValue: {
      name: draft?.name ?? "",
      contactListId: chosen?.id,
      waSessionId: draft?.session?.id ?? linked?.id,
      templateText: draft?.templateText ?? "Hi {{name}}, ",
      throttleMinSeconds: seconds(draft?.throttleMinMs ?? DEFAULT_THROTTLE.minMs),
      throttleMaxSeconds: seconds(draft?.throttleMaxMs ?? DEFAULT_THROTTLE.maxMs),
    },
  });
  const variables = ["name", "phone", ...(chosen?.columns ?? [])];
  return (
    <Group align="flex-start" gap="lg">
      <Paper flex="1 1 26rem">
        <Form method="post" {...getFormProps(form)}>
          <Intent name="draft" />
          <Stack>
            <FormError errors={form.errors} />
            <TextField meta={fields.name} label="Name" description="Only you see it." placeholder="Class reunion" />
            <SelectField
              meta={fields.contactListId}
              label="To"
              data={lists.map((list) => ({
                value: list.id,
                label: `${list.name} (${count(list.sendable, "person", "people")})`,
              }))}
              // The contacts of the preview belong to the list: the address names it, the form keeps what was typed.
              onChange={(event) =>
                setSearch(new URLSearchParams(withSearch(search, { list: event.currentTarget.value })), {
                  replace: true,
                  preventScrollReset: true,
                })
              }
            />
            <SelectField
              meta={fields.waSessionId}
              label="From"
              data={sessions.map((session) => ({
                value: session.id,
                label: `${session.phone ?? "New phone"} (${session.label.toLowerCase()})`,
              }))}
            />
            <TemplateField meta={fields.templateText} variables={variables} />
            <Stack gap={4}>
              <SimpleGrid cols={2}>
                <TextField meta={fields.throttleMinSeconds} type="number" step="any" label="Shortest wait (seconds)" />
                <TextField meta={fields.throttleMaxSeconds} type="number" step="any" label="Longest wait (seconds)" />
              </SimpleGrid>
              <Text size="sm" c="dimmed">
                Between two messages, at random. {paceSentence(chosen?.sendable ?? 0, fields)}
              </Text>
            </Stack>
            <Group>
              <SubmitButton intent="draft">Save the draft</SubmitButton>
            </Group>
          </Stack>
        </Form>
      </Paper>
      <Box flex="1 1 18rem" maw={{ base: "100%", md: 380 }} pos={{ base: "static", md: "sticky" }} top={76}>
        <Preview template={String(fields.templateText.value ?? "")} samples={samples} />
      </Box>
    </Group>
  );
}

function paceSentence(
  people: number,
  fields: { throttleMinSeconds: { value?: unknown }; throttleMaxSeconds: { value?: unknown } },
): string {
  const mean = (Number(fields.throttleMinSeconds.value) + Number(fields.throttleMaxSeconds.value)) / 2;
  if (people < 2 || !Number.isFinite(mean)) return "";
  return `${count(people, "person", "people")} take about ${formatWait(mean * people * 1_000)}.`;
}
