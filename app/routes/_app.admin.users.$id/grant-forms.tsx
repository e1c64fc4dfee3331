import { getFormProps } from "@conform-to/react";
import { Group, Paper, SimpleGrid, Stack, Title } from "@mantine/core";
import { Form, useLocation } from "@remix-run/react";
import { useState } from "react";
import type { Id } from "#db/ids.ts";
import { grantPlanInput, grantPointsInput } from "#server/admin/schema.ts";
import { planName, planTypes } from "#server/wallet/rules.ts";
import { SelectField, TextField } from "../../components/field.tsx";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import type { Answer } from "../../lib/submit.server.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";

const WHY =
  "Kept for ever beside it. The user sees this in their history. A few words, such as “Paid by bank transfer on 22 November”.";

interface Give {
  userId: Id<"user">;
  /** What will be given, by its name: the same is given once. */
  id: Id<"grant">;
  answer: Answer | undefined;
}

/** Gives points, or a period of a plan. */
export function GrantForms({
  userId,
  ids,
  answer,
}: Omit<Give, "id"> & { ids: { points: Id<"grant">; plan: Id<"grant"> } }) {
  // New ones are read whenever something reloads the page's data; those of a form hold until it was answered.
  const { key } = useLocation();
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Paper component="section" aria-labelledby="give-points">
        <Title order={2} id="give-points" mb="md">
          Give points
        </Title>
        <PointsForm key={key} userId={userId} id={ids.points} answer={answer} />
      </Paper>
      <Paper component="section" aria-labelledby="give-plan">
        <Title order={2} id="give-plan" mb="md">
          Give a plan
        </Title>
        <PlanForm key={key} userId={userId} id={ids.plan} answer={answer} />
      </Paper>
    </SimpleGrid>
  );
}

function PointsForm({ userId, id: fresh, answer }: Give) {
  const [id] = useState(fresh);
  const [made, fields] = useZodForm({ schema: grantPointsInput, intent: "points", answer });
  return (
    <Form method="post" preventScrollReset {...getFormProps(made)}>
      <Intent name="points" />
      <input type="hidden" name="id" value={id} />
      <input type="hidden" name="userId" value={userId} />
      <Stack>
        <FormError errors={made.errors} />
        <TextField meta={fields.points} label="Points" inputMode="numeric" maw={200} />
        <TextField meta={fields.reason} label="Why" description={WHY} />
        <Group>
          <SubmitButton intent="points">Give the points</SubmitButton>
        </Group>
      </Stack>
    </Form>
  );
}

function PlanForm({ userId, id: fresh, answer }: Give) {
  const [id] = useState(fresh);
  const [made, fields] = useZodForm({ schema: grantPlanInput, intent: "plan", answer });
  return (
    <Form method="post" preventScrollReset {...getFormProps(made)}>
      <Intent name="plan" />
      <input type="hidden" name="id" value={id} />
      <input type="hidden" name="userId" value={userId} />
      <Stack>
        <FormError errors={made.errors} />
        <SelectField
          meta={fields.plan}
          label="Plan"
          description="It follows the one that runs, and brings its points at once."
          data={planTypes.map((plan) => ({ value: plan, label: planName(plan) }))}
        />
        <TextField meta={fields.reason} label="Why" description={WHY} />
        <Group>
          <SubmitButton intent="plan">Give the plan</SubmitButton>
        </Group>
      </Stack>
    </Form>
  );
}
