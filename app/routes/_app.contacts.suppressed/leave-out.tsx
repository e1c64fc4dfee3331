import { getFormProps } from "@conform-to/react";
import { Group, Paper, Stack, Text, Title } from "@mantine/core";
import { CheckCircledIcon, CheckIcon, CrossCircledIcon } from "@radix-ui/react-icons";
import { Form } from "@remix-run/react";
import { suppressInput } from "#server/contacts/schema.ts";
import type { Api } from "#server/route-api.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { TextareaField } from "../../components/field.tsx";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import { type Look, StatusBadge } from "../../components/status-badge.tsx";
import { count } from "../../lib/format.ts";
import type { Answer } from "../../lib/submit.server.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";

type Outcome = Awaited<ReturnType<Api["contacts"]["suppress"]>>[number];

const looks = {
  suppressed: { word: "Left out from now on", color: "green", icon: CheckCircledIcon },
  already: { word: "Was left out already", color: "gray", icon: CheckIcon },
  invalid: { word: "Not a number", color: "red", icon: CrossCircledIcon },
} as const satisfies Record<Outcome["result"], Look>;

type Row = Outcome & { at: number };

const columns: Column<Row>[] = [
  { header: "Number", cell: (row) => (row.result === "invalid" ? row.phone : row.phoneE164), tight: true },
  { header: "What became of it", cell: ({ result }) => <StatusBadge look={looks[result]} /> },
  { header: "Why", cell: (row) => (row.result === "invalid" ? row.reason : null), wide: true },
];

/** Leaves many people out at once, by their numbers, and says for each what became of it. */
export function LeaveOut({ answer }: { answer: Answer<Outcome[]> | undefined }) {
  const [suppress, fields] = useZodForm({ schema: suppressInput, intent: "suppress", answer });
  const outcomes = answer?.intent === "suppress" ? answer.value : undefined;
  const wrong = outcomes?.filter(({ result }) => result === "invalid").length ?? 0;
  return (
    <Paper>
      <Stack>
        <Form method="post" preventScrollReset {...getFormProps(suppress)}>
          <Intent name="suppress" />
          <Stack gap="sm">
            <Title order={2}>Leave people out</Title>
            <FormError errors={suppress.errors} />
            <TextareaField
              meta={fields.phone}
              label="Phone numbers, one a line"
              description="With + and country code. You cannot take this back: only they can, by writing START to you."
              placeholder={"+62 812 0000 0001\n+62 812 0000 0002"}
              autosize
              minRows={2}
              maxRows={10}
              maw={520}
            />
            <Group>
              <SubmitButton intent="suppress" variant="default">
                Never message these numbers
              </SubmitButton>
            </Group>
          </Stack>
        </Form>
        {outcomes && (
          <Stack gap="sm">
            <Text role="status" fw={600}>
              {count(outcomes.length - wrong, "number")} left out
              {wrong > 0 && `, ${count(wrong, "line is", "lines are")} not a number: mend and enter them again`}.
            </Text>
            <DataTable
              caption="What became of each number"
              columns={columns}
              rows={outcomes.map((outcome, at) => ({ ...outcome, at }))}
              rowKey={({ at }) => at}
            />
          </Stack>
        )}
      </Stack>
    </Paper>
  );
}
