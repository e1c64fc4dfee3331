import { getFormProps } from "@conform-to/react";
import { Group, Paper, Stack, Title } from "@mantine/core";
import { Form } from "@remix-run/react";
import { lowPointsInput } from "#server/wallet/schema.ts";
import { TextField } from "../../components/field.tsx";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import type { Answer } from "../../lib/submit.server.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";

/** From when on its user is warned. */
export function LowPointsForm({ lowPoints, answer }: { lowPoints: number; answer: Answer | undefined }) {
  const [form, fields] = useZodForm({
    schema: lowPointsInput,
    intent: "lowPoints",
    answer,
    defaultValue: { points: lowPoints },
  });
  return (
    <Paper component="section" aria-labelledby="warning">
      <Form method="post" preventScrollReset {...getFormProps(form)}>
        <Intent name="lowPoints" />
        <Stack gap="sm">
          <Title order={2} id="warning">
            Warning
          </Title>
          <FormError errors={form.errors} />
          <TextField
            meta={fields.points}
            type="number"
            label="Warn me when fewer points are available than"
            description="Shown on every screen. 0: never."
            inputMode="numeric"
            maw={320}
          />
          <Group>
            <SubmitButton intent="lowPoints" variant="default" size="sm">
              Save
            </SubmitButton>
          </Group>
        </Stack>
      </Form>
    </Paper>
  );
}
