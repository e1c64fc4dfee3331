import { getFormProps } from "@conform-to/react";
import { Group, Stack } from "@mantine/core";
import { Form } from "@remix-run/react";
import { type BillingDetails, billingDetailsInput } from "#server/billing/receipts/schema.ts";
import { TextareaField, TextField } from "../../components/field.tsx";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import type { Answer } from "../../lib/submit.server.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";

/** Who receipts are made out to. */
export function DetailsForm({ details, answer }: { details: BillingDetails; answer: Answer | undefined }) {
  const [made, fields] = useZodForm({
    schema: billingDetailsInput,
    intent: "details",
    answer,
    defaultValue: details,
  });
  return (
    <Form method="post" preventScrollReset {...getFormProps(made)}>
      <Intent name="details" />
      <Stack>
        <FormError errors={made.errors} />
        <TextField meta={fields.name} label="Name" description="A person or a company." autoComplete="organization" />
        <TextareaField meta={fields.address} label="Address" autosize minRows={3} autoComplete="street-address" />
        <TextField meta={fields.taxId} label="Tax number" description="Such as an NPWP; it may stay empty." />
        <Group>
          <SubmitButton intent="details">Save</SubmitButton>
        </Group>
      </Stack>
    </Form>
  );
}
