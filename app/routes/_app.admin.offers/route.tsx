import { Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { newPackInput, packInput, planOfferInput } from "#server/admin/schema.ts";
import { percent } from "#server/billing/rules.ts";
import { Page } from "../../components/page.tsx";
import { form, submit } from "../../lib/submit.server.ts";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { NewPackForm, PackForm, PlanOfferForm } from "./offer-forms.tsx";

export const meta: MetaFunction = () => [{ title: "Offers · MassSender" }];

export function loader({ context }: LoaderFunctionArgs) {
  return context.api.admin.offers();
}

export function action({ context, request }: ActionFunctionArgs) {
  const { admin } = context.api;
  const here = (toast: string) => ({ to: "/admin/offers", toast });
  return submit(request, {
    plan: form(planOfferInput, admin.changePlanOffer, { done: here("The plan is offered so from now on.") }),
    pack: form(packInput, admin.changePack, { done: here("The pack is offered so from now on.") }),
    "new-pack": form(newPackInput, admin.addPack, { done: here("The pack is on sale.") }),
  });
}

export default function Offers() {
  const { plans, packs, currency, tax } = useLoaderData<typeof loader>();
  const answer = useLastAnswer<typeof action>();
  const taxed = tax.rate > 0 ? ` ${tax.name} of ${percent(tax.rate)} is added.` : "";
  return (
    <Page
      title="Offers"
      lead={`What can be bought, at prices in ${currency} before tax.${taxed} What was bought before keeps its price.`}
    >
      <Stack gap="sm" component="section" aria-labelledby="plans">
        <Title order={2} id="plans">
          Plans
        </Title>
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
          {plans.map((offer) => (
            <Paper key={`${offer.plan} ${offer.points} ${offer.price} ${offer.onSale}`}>
              <PlanOfferForm offer={offer} currency={currency} answer={answer} />
            </Paper>
          ))}
        </SimpleGrid>
      </Stack>
      <Stack gap="sm" component="section" aria-labelledby="packs">
        <Title order={2} id="packs">
          Packs of points
        </Title>
        {packs.length === 0 && <Text c="dimmed">There is no pack yet.</Text>}
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
          {packs.map((pack) => (
            <Paper key={`${pack.points} ${pack.price} ${pack.onSale}`}>
              <PackForm pack={pack} currency={currency} answer={answer} />
            </Paper>
          ))}
          <Paper>
            <NewPackForm currency={currency} answer={answer} />
          </Paper>
        </SimpleGrid>
      </Stack>
    </Page>
  );
}
