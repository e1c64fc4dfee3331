import { Group, NativeSelect, Stack, Switch, Text } from "@mantine/core";
import { Form } from "@remix-run/react";
import type { Api } from "#server/route-api.ts";
import { count, formatMoney } from "../lib/format.ts";
import type { Answer } from "../lib/submit.server.ts";
import { ButtonForm, Intent, Refused, SubmitButton } from "./form-parts.tsx";
import { LinkButton } from "./link-button.tsx";
import { Moment } from "./moment.tsx";
import { Toggle } from "./toggle.tsx";

export type PlanOfUser = Awaited<ReturnType<Api["billing"]["plan"]["get"]>>;

/** What follows this plan, and whether that comes by itself. Its page's action has the forms of `planForms`. */
export function PlanSettings({ plan, answer }: { plan: PlanOfUser; answer: Answer | undefined }) {
  const { renewal, following, sold, active, none } = plan;
  const choice = plan.offers.length > 1 && active;
  return (
    <Stack gap="md">
      {following.map(({ startsAt, endsAt, label }) => (
        <Text key={startsAt.toISOString()} size="sm">
          {label} are paid for already, from <Moment at={startsAt} /> to <Moment at={endsAt} />.
        </Text>
      ))}
      <Refused answer={answer} intents={["autoRenew", "nextPlan", "forgetCard"]} />
      {renewal.problem && !renewal.on ? (
        <Switch checked={false} disabled readOnly label="Renew by itself" description={renewal.problem} />
      ) : (
        <Toggle intent="autoRenew" fields={{}} on={renewal.on} label="Renew by itself">
          <Renewal plan={plan} />
        </Toggle>
      )}
      {renewal.stopped && (
        <Text size="sm">It was switched off: {lower(renewal.stopped)} Switch it on again, or buy the next plan.</Text>
      )}
      {sold && choice && <NextPlan key={renewal.plan} plan={plan} />}
      <Group gap="xs">
        {sold && (
          <LinkButton to="/billing/buy" size="xs" variant="default">
            {none ? "Choose a plan" : active ? "Buy the next one now" : "Renew the plan"}
          </LinkButton>
        )}
        {renewal.card && (
          <ButtonForm intent="forgetCard">
            <SubmitButton intent="forgetCard" size="xs" variant="subtle" color="gray">
              Forget the card
            </SubmitButton>
          </ButtonForm>
        )}
      </Group>
    </Stack>
  );
}

const lower = (sentence: string) => sentence.charAt(0).toLowerCase() + sentence.slice(1);

function Renewal({ plan: { renewal, currency, endsAt, sold } }: { plan: PlanOfUser }) {
  const { on, at, now, total, label, card, declined } = renewal;
  if (!sold) return <>On, but payments are switched off here: nothing is charged, and the plan ends.</>;
  if (total === null) return <>The plan of {label} is no longer sold. Choose another one, or it ends.</>;
  if (!on || at === null) {
    return (
      <>
        Off. {card} is charged an hour before the plan ends{now && ", which is at once"}, when you switch it on. Until
        then nothing is charged, and the plan ends on <Moment at={endsAt} />.
      </>
    );
  }
  if (card === null) return <>On, but no card is kept: nothing is charged, and the plan ends.</>;
  return (
    <>
      {declined > 0 && `The card was declined ${count(declined, "time")}. `}
      {formatMoney(total, currency)} for {label} {declined > 0 ? "is tried again with" : "is charged to"} {card}{" "}
      {now ? (
        "within a minute"
      ) : (
        <>
          on <Moment at={at} />
        </>
      )}
      .
    </>
  );
}

function NextPlan({ plan: { offers, renewal, currency } }: { plan: PlanOfUser }) {
  return (
    <Form method="post" preventScrollReset>
      <Intent name="nextPlan" />
      <Group align="flex-end" gap="xs">
        <NativeSelect
          name="plan"
          label="The plan after this one"
          defaultValue={renewal.plan}
          data={offers.map(({ plan, label, points, total }) => ({
            value: plan,
            label: `${label}, ${count(points, "point")}, ${formatMoney(total, currency)}`,
          }))}
          style={{ flex: "1 1 14rem" }}
        />
        <SubmitButton intent="nextPlan" variant="default" size="sm">
          Choose
        </SubmitButton>
      </Group>
    </Form>
  );
}
