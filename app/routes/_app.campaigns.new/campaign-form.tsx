import { getFormProps } from "@conform-to/react";
import { Box, Group, Paper, SimpleGrid, Stack, Text } from "@mantine/core";
import { Form, useActionData, useSearchParams } from "@remix-run/react";
import { createCampaignInput, DEFAULT_THROTTLE } from "#server/campaigns/schema.ts";
import { confirmationText } from "#server/templates/rules.ts";
import { SelectField, TextField } from "../../components/field.tsx";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import { count, formatWait, seconds } from "../../lib/format.ts";
import { withSearch } from "../../lib/params.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import { AudienceField, DoubleOptInNote, membersInWords } from "./audience-field.tsx";
import type { Choices } from "./choices.ts";
import { Preview } from "./preview.tsx";
import type { action } from "./route.tsx";
import { TemplateField } from "./template-field.tsx";

/** The draft: who, from which phone, what, how slowly; beside it the message as three real people will see it. */
export function CampaignForm({ choices }: { choices: Choices }) {
  const { purpose, lists, sessions, chosen, samples } = choices;
  const answer = useActionData<typeof action>();
  const [search, setSearch] = useSearchParams();
  const [form, fields] = useZodForm({
    schema: createCampaignInput,
    intent: "draft",
    answer,
    defaultValue: firstValues(choices),
  });
  const group = fields.audience.value === "group_chat" ? (chosen?.reach.group ?? null) : null;
  const inGroup = sessions.filter((session) => session.id === group?.waSessionId);
  const senders = inGroup.length > 0 ? inGroup : sessions;
  const people = chosen?.reach.people.queued;
  return (
    <Group align="flex-start" gap="lg">
      <Paper flex="1 1 26rem">
        <Form method="post" {...getFormProps(form)}>
          <Intent name="draft" />
          <input type="hidden" name={fields.purpose.name} value={purpose} />
          <Stack>
            <FormError errors={form.errors} />
            <TextField meta={fields.name} label="Name" description="Only you see it." placeholder="Class reunion" />
            <Stack gap="xs">
              <SelectField
                meta={fields.listIds}
                label="To"
                data={lists.map((list) => ({
                  value: list.id,
                  label: `${list.name} (${count(list.total, "person", "people")})`,
                }))}
                // The contacts of the preview belong to the list: the address names it, the form keeps what was typed.
                onChange={(event) =>
                  setSearch(new URLSearchParams(withSearch(search, { list: event.currentTarget.value })), {
                    replace: true,
                    preventScrollReset: true,
                  })
                }
              />
              {chosen && <DoubleOptInNote chosen={chosen} purpose={purpose} />}
            </Stack>
            {chosen && <AudienceField key={chosen.id} meta={fields.audience} chosen={chosen} />}
            <SelectField
              meta={fields.waSessionId}
              label="From"
              data={senders.map((session) => ({
                value: session.id,
                label: `${session.phone ?? "New phone"} (${session.label.toLowerCase()})`,
              }))}
            />
            <TemplateField
              meta={fields.templateText}
              variables={["name", "phone", ...(chosen?.columns ?? [])]}
              purpose={purpose}
              forGroup={group !== null}
            />
            <Stack gap={4}>
              <SimpleGrid cols={2}>
                <TextField meta={fields.throttleMinSeconds} type="number" step="any" label="Shortest wait (seconds)" />
                <TextField meta={fields.throttleMaxSeconds} type="number" step="any" label="Longest wait (seconds)" />
              </SimpleGrid>
              <Text size="sm" c="dimmed">
                Between two messages, at random. {paceSentence(group ? 1 : (people ?? 0), fields)}
              </Text>
            </Stack>
            <Group>
              <SubmitButton intent="draft">Save the draft</SubmitButton>
            </Group>
          </Stack>
        </Form>
      </Paper>
      <Box flex="1 1 18rem" maw={{ base: "100%", md: 380 }} pos={{ base: "static", md: "sticky" }} top={76}>
        <Preview
          template={String(fields.templateText.value ?? "")}
          samples={samples}
          group={group && chosen ? { name: chosen.name, members: membersInWords(group) } : null}
        />
      </Box>
    </Group>
  );
}

/** What stands in the form at first: the draft's own, or what begins a new one. */
function firstValues({ purpose, sessions, draft, chosen }: Choices) {
  const linked = sessions.find((session) => session.status === "linked") ?? sessions[0];
  const asking = purpose === "confirmation";
  return {
    name: draft?.name ?? (asking && chosen ? `Confirmation: ${chosen.name}` : ""),
    listIds: chosen?.id,
    audience: draft?.audience ?? "list",
    waSessionId: draft?.session?.id ?? linked?.id,
    templateText: draft?.templateText ?? (asking ? confirmationText(chosen?.name ?? "") : "Hi {{name}}, "),
    throttleMinSeconds: seconds(draft?.throttleMinMs ?? DEFAULT_THROTTLE.minMs),
    throttleMaxSeconds: seconds(draft?.throttleMaxMs ?? DEFAULT_THROTTLE.maxMs),
  };
}

function paceSentence(
  people: number,
  fields: { throttleMinSeconds: { value?: unknown }; throttleMaxSeconds: { value?: unknown } },
): string {
  const mean = (Number(fields.throttleMinSeconds.value) + Number(fields.throttleMaxSeconds.value)) / 2;
  if (people < 2 || !Number.isFinite(mean)) return "";
  return `${count(people, "person", "people")} take about ${formatWait(mean * people * 1_000)}.`;
}
