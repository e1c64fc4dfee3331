import { ActionIcon } from "@mantine/core";
import { CalendarIcon, Cross2Icon, ExclamationTriangleIcon } from "@radix-ui/react-icons";
import { useLocation } from "@remix-run/react";
import type { ReactNode } from "react";
import type { Soon } from "#server/billing/plans/rules.ts";
import { ButtonForm } from "../../components/form-parts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Moment } from "../../components/moment.tsx";
import type { PlanOfUser } from "../../components/plan-settings.tsx";
import { count, formatMoney } from "../../lib/format.ts";
import { Banner } from "./banner.tsx";

const BUY = "/billing/buy";
const WALLET = "/billing/wallet";

/** On every screen, what its user must know of the plan: that it ends, renews, was declined or has ended. */
export function PlanBanner({ plan }: { plan: PlanOfUser }) {
  const { pathname } = useLocation();
  const told = tell(plan);
  return (
    <div role="status">
      {told && pathname !== BUY && (
        <Banner
          color={told.color}
          icon={told.color === "blue" ? <CalendarIcon aria-hidden /> : <ExclamationTriangleIcon aria-hidden />}
          action={
            told.action &&
            told.action.to !== pathname && (
              <LinkButton to={told.action.to} size="xs" variant="default">
                {told.action.label}
              </LinkButton>
            )
          }
          close={told.closes && <CloseReminder />}
          testId="plan-banner"
        >
          {told.words}
        </Banner>
      )}
    </div>
  );
}

function CloseReminder() {
  const { pathname, search } = useLocation();
  return (
    <ButtonForm intent="closeReminders" fields={{ back: pathname + search }} action={WALLET}>
      <ActionIcon type="submit" variant="subtle" color="gray" aria-label="Close this reminder">
        <Cross2Icon aria-hidden />
      </ActionIcon>
    </ButtonForm>
  );
}

interface Told {
  color: "blue" | "yellow" | "red";
  words: ReactNode;
  action: { to: string; label: string } | null;
  closes?: boolean;
}

function tell({ notice, renewal, currency, sold, waiting }: PlanOfUser): Told | null {
  if (notice === null) return null;
  const buy = (label: string) => (sold ? { to: BUY, label } : null);
  const ask = sold ? "" : " Ask an administrator for one.";
  switch (notice.kind) {
    case "none":
      return {
        color: "yellow",
        words: `No plan is running yet, and without one nothing is sent.${ask}`,
        action: buy("Choose a plan"),
      };
    case "ended":
      return {
        color: "red",
        words: (
          <>
            Your plan ended on <Moment at={notice.at} />. Nothing is sent and nobody is answered automatically; your
            points stay.{ask} {waitWords(waiting)}{" "}
            {notice.stopped && `It was not renewed: ${notice.stopped.toLowerCase()}`}
            {notice.declined && (
              <>
                The card was declined and is charged again <When at={notice.declined} />.
              </>
            )}
            {notice.renews && "It is renewed as soon as the card can be charged."}
          </>
        ),
        action: buy("Renew the plan"),
      };
    case "declined":
      return {
        color: "yellow",
        words: (
          <>
            Your plan ends on <Moment at={notice.endsAt} /> and is not renewed yet: {notice.card ?? "the card"} was
            declined. It is charged again <When at={notice.again} />.
          </>
        ),
        action: buy("Pay another way"),
      };
    case "stopped":
      return {
        color: "yellow",
        words: (
          <>
            Your plan ends on <Moment at={notice.endsAt} /> and does not renew by itself. {notice.why}{" "}
            {waitWords(waiting)}
          </>
        ),
        action: buy("Renew the plan"),
      };
    case "ends":
      return {
        color: "yellow",
        words: (
          <>
            Your plan ends {daysWords(notice.days)}, on <Moment at={notice.endsAt} />. Then nothing is sent; your points
            stay.
            {ask} {waitWords(waiting)}
          </>
        ),
        action: buy("Renew the plan"),
        closes: true,
      };
    case "renews":
      return {
        color: "blue",
        words: (
          <>
            Your plan renews by itself: {renewal.label}
            {renewal.total !== null && ` for ${formatMoney(renewal.total, currency)}`}, charged to {renewal.card}{" "}
            <When at={notice.at} />.
          </>
        ),
        action: { to: WALLET, label: "Change that" },
        closes: true,
      };
  }
}

function When({ at }: { at: Soon }) {
  if (at === "now") return <>within a minute</>;
  return (
    <>
      on <Moment at={at} />
    </>
  );
}

const daysWords = (days: number) => (days === 1 ? "within a day" : `within ${days} days`);

/** What of the campaigns waits for a plan. */
function waitWords({ paused, scheduled }: PlanOfUser["waiting"]): string {
  const words = [
    paused > 0 && `${count(paused, "campaign is", "campaigns are")} paused and will go on then`,
    scheduled > 0 &&
      `${count(scheduled, "scheduled campaign starts", "scheduled campaigns start")} only if a plan runs at the time`,
  ].filter((each) => each !== false);
  return words.length > 0 ? `${words.join("; ")}.` : "";
}
