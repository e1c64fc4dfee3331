import { getFormProps } from "@conform-to/react";
import { Alert, Checkbox, Grid, Group, Paper, Radio, Stack, Text, Title } from "@mantine/core";
import { InfoCircledIcon } from "@radix-ui/react-icons";
import { Form } from "@remix-run/react";
import { type ReactNode, useState } from "react";
import { buyInput } from "#server/billing/purchases/schema.ts";
import { whatIsBought } from "#server/billing/rules.ts";
import { POINTS_PER_MESSAGE } from "#server/wallet/rules.ts";
import { FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import { TextLink } from "../../components/link-button.tsx";
import { PriceLines } from "../../components/price-lines.tsx";
import { count, formatMoney, formatNumber } from "../../lib/format.ts";
import type { Answer } from "../../lib/submit.server.ts";
import { useAccount } from "../../lib/use-account.ts";
import { useHydrated } from "../../lib/use-hydrated.ts";
import { useZodForm } from "../../lib/use-zod-form.ts";
import { MadeOutTo } from "./made-out-to.tsx";
import type { Shop } from "./route.tsx";

type Offer = Shop["offers"][number];

/** Plans and packs to choose from, and beside them what the chosen one costs. */
export function BuyForm({ shop, first, answer }: { shop: Shop; first: string; answer: Answer | undefined }) {
  const { offers, missing, back } = shop;
  const [chosenId, setChosen] = useState(first);
  const [buy, fields] = useZodForm({ schema: buyInput, intent: "buy", answer });
  const begins = useAccount()?.wallet?.plan.active
    ? "It follows the plan that runs, so that no day is lost."
    : "It begins at once.";
  const chosen = offers.find(({ id }) => id === chosenId) ?? offers[0];
  const [plans, packs] = (["plan", "topup"] as const).map((kind) => offers.filter((offer) => offer.kind === kind));
  return (
    <Form method="post" {...getFormProps(buy)}>
      <Intent name="buy" />
      {back && <input type="hidden" name="back" value={back} />}
      <Stack>
        <FormError errors={buy.errors ?? fields.offer.errors} />
        {missing !== null && (
          <Alert color="blue" icon={<InfoCircledIcon aria-hidden />}>
            {count(missing, "point is", "points are")} missing for what you want to send.{" "}
            {back && <TextLink to={back}>Back to the campaign</TextLink>}
          </Alert>
        )}
        <Grid gutter="lg">
          <Grid.Col span={{ base: 12, md: 7 }}>
            <Radio.Group name="offer" value={chosenId} onChange={setChosen} aria-label="What to buy">
              <Stack gap="lg">
                <Choices title="Plans" offers={plans} currency={shop.currency}>
                  {({ days, points }) => ({
                    name: `${days} days`,
                    what: `With ${formatNumber(points)} points. ${begins}`,
                  })}
                </Choices>
                <Choices title="Points" offers={packs} currency={shop.currency}>
                  {({ points }) => ({
                    name: `${formatNumber(points)} points`,
                    what: `Enough for ${formatNumber(Math.floor(points / POINTS_PER_MESSAGE))} messages.`,
                  })}
                </Choices>
              </Stack>
            </Radio.Group>
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 5 }}>
            {chosen && (
              <Summary shop={shop} chosen={chosen}>
                <SubmitButton intent="buy" fullWidth>
                  Go to payment
                </SubmitButton>
              </Summary>
            )}
          </Grid.Col>
        </Grid>
      </Stack>
    </Form>
  );
}

function Choices({
  title,
  offers = [],
  currency,
  children,
}: {
  title: string;
  offers: readonly Offer[] | undefined;
  currency: string;
  children: (offer: Offer) => { name: string; what: string };
}) {
  if (offers.length === 0) return null;
  return (
    <Stack gap="xs" component="section">
      <Title order={2}>{title}</Title>
      {offers.map((offer) => {
        const { name, what } = children(offer);
        return (
          <Paper key={offer.id} p="md">
            <Radio
              value={offer.id}
              label={
                <Group component="span" justify="space-between" gap="xs">
                  <Text span fw={650}>
                    {name}
                  </Text>
                  <Text span>{formatMoney(offer.total, currency)}</Text>
                </Group>
              }
              description={what}
              styles={{ labelWrapper: { flex: 1 } }}
            />
          </Paper>
        );
      })}
    </Stack>
  );
}

function Summary({ shop, chosen, children }: { shop: Shop; chosen: Offer; children: ReactNode }) {
  const hydrated = useHydrated();
  const { currency, tax, provider, method } = shop;
  return (
    <Paper component="section" aria-labelledby="sum">
      <Stack>
        <Title order={2} id="sum">
          To pay
        </Title>
        <div aria-live="polite">
          <PriceLines
            {...chosen}
            what={whatIsBought(chosen)}
            currency={currency}
            taxName={tax.name}
            taxRate={tax.rate}
          />
        </div>
        {/* Without a script the choice changes and this would not: the price is then not compared. */}
        {hydrated && <input type="hidden" name="total" value={chosen.total} />}
        {chosen.kind === "plan" && (
          <Checkbox
            name="keepMethod"
            label="Renew the plan by itself"
            description={
              method
                ? `The card you pay with takes the place of ${method.label}, and is charged an hour before the plan ends. Switch it off on the wallet page.`
                : "The card you pay with is kept, and is charged an hour before the plan ends. Switch it off on the wallet page."
            }
          />
        )}
        <MadeOutTo {...shop.madeOutTo} />
        {children}
        {provider === "demo" && (
          <Text size="sm" c="dimmed">
            Payments are a demonstration here: the next page takes test cards, and no money.
          </Text>
        )}
      </Stack>
    </Paper>
  );
}
