import { type FieldMetadata, getFormProps, getInputProps } from "@conform-to/react";
import { Checkbox, Group, Stack, Title } from "@mantine/core";
import { Form } from "@remix-run/react";
import { priceText } from "#server/admin/rules.ts";
import { newPackInput, packInput, planOfferInput } from "#server/admin/schema.ts";
import { minorDigits } from "#server/billing/money.ts";
import type { Api } from "#server/route-api.ts";
import { planName } from "#server/wallet/rules.ts";
import { TextField } from "../../components/field.tsx";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import { formatMoney, formatNumber } from "../../lib/format.ts";
import type { Answer } from "../../lib/submit.server.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";

type Offers = Awaited<ReturnType<Api["admin"]["offers"]>>;

interface Shown {
  currency: string;
  answer: Answer | undefined;
}

/** What a plan comes with and costs. */
export function PlanOfferForm({ offer, currency, answer }: Shown & { offer: Offers["plans"][number] }) {
  const { plan, points, price, onSale } = offer;
  const [made, fields] = useZodForm({
    schema: planOfferInput,
    intent: "plan",
    of: plan,
    answer,
    defaultValue: { id: plan, points: String(points), price: priceText(price, minorDigits(currency)), onSale },
  });
  return (
    <Form method="post" preventScrollReset {...getFormProps(made)} aria-label={`Plan of ${planName(plan)}`}>
      <Intent name="plan" />
      <input type="hidden" name="id" value={plan} />
      <Stack>
        <Title order={3}>Plan of {planName(plan)}</Title>
        <FormError errors={made.errors} />
        <OfferFields fields={fields} currency={currency} />
        <OnSale field={fields.onSale} />
        <Group>
          <SubmitButton intent="plan" id={plan} variant="default">
            Save
          </SubmitButton>
        </Group>
      </Stack>
    </Form>
  );
}

/** A pack of points and its price. */
export function PackForm({ pack, currency, answer }: Shown & { pack: Offers["packs"][number] }) {
  const { points, price, onSale } = pack;
  const name = `${formatNumber(points)} points`;
  const [made, fields] = useZodForm({
    schema: packInput,
    intent: "pack",
    of: String(points),
    answer,
    defaultValue: {
      id: String(points),
      points: String(points),
      price: priceText(price, minorDigits(currency)),
      onSale,
    },
  });
  return (
    <Form method="post" preventScrollReset {...getFormProps(made)} aria-label={name}>
      <Intent name="pack" />
      <input type="hidden" name="id" value={points} />
      <Stack>
        <Title order={3}>
          {name}, {formatMoney(price, currency)}
        </Title>
        <FormError errors={made.errors} />
        <OfferFields fields={fields} currency={currency} />
        <OnSale field={fields.onSale} />
        <Group>
          <SubmitButton intent="pack" id={String(points)} variant="default">
            Save
          </SubmitButton>
        </Group>
      </Stack>
    </Form>
  );
}

/** Puts another pack on sale. */
export function NewPackForm({ currency, answer }: Shown) {
  const [made, fields] = useZodForm({ schema: newPackInput, intent: "new-pack", answer });
  return (
    <Form method="post" preventScrollReset {...getFormProps(made)} aria-label="A new pack">
      <Intent name="new-pack" />
      <Stack>
        <Title order={3}>A new pack</Title>
        <FormError errors={made.errors} />
        <OfferFields fields={fields} currency={currency} />
        <Group>
          <SubmitButton intent="new-pack">Put it on sale</SubmitButton>
        </Group>
      </Stack>
    </Form>
  );
}

function OfferFields<P, M>({
  fields,
  currency,
}: {
  fields: { points: FieldMetadata<P>; price: FieldMetadata<M> };
  currency: string;
}) {
  return (
    <Group grow align="flex-start">
      <TextField meta={fields.points} label="Points" inputMode="numeric" />
      <TextField meta={fields.price} label={`Price in ${currency}`} inputMode="decimal" />
    </Group>
  );
}

function OnSale({ field }: { field: Parameters<typeof getInputProps>[0] }) {
  const { key: _key, ...props } = getInputProps(field, { type: "checkbox" });
  return <Checkbox key={field.key} {...props} label="On sale" />;
}
