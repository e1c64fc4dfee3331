import { Alert, Button, Group, Loader, Stack, Text } from "@mantine/core";
import { CheckCircledIcon, ClockIcon, CrossCircledIcon, DownloadIcon, InfoCircledIcon } from "@radix-ui/react-icons";
import type { ReactNode } from "react";
import { offerIdOf } from "#server/billing/purchases/rules.ts";
import { ButtonForm, SubmitButton } from "../../components/form-parts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Day } from "../../components/moment.tsx";
import { count } from "../../lib/format.ts";
import type { loader } from "./route.tsx";

type Purchase = Awaited<ReturnType<typeof loader>>["purchase"];

interface Props {
  purchase: Purchase;
  waiting: boolean;
  /** Whether anything can be paid: not while payments are switched off. */
  payable: boolean;
  /** The campaign that the points are for. */
  back: string | null;
}

/** What became of it, and what can be done now. It changes by itself: whoever waits for it hears so. */
export function Outcome(props: Props) {
  return (
    <Stack>
      <div role="status">
        <Told {...props} />
      </div>
      <Actions {...props} />
    </Stack>
  );
}

function Told({ purchase, waiting, payable }: Props) {
  switch (purchase.status) {
    case "pending":
      if (!payable) return <SwitchedOff automatic={purchase.automatic} />;
      return waiting ? (
        <Alert color="blue" icon={<Loader size={16} aria-hidden />} title="Waiting for the payment provider">
          {purchase.automatic
            ? "The card is being charged."
            : "This page says so as soon as the payment is confirmed, mostly within seconds. You can leave it: nothing is lost."}
        </Alert>
      ) : (
        <Alert color="blue" icon={<ClockIcon aria-hidden />} title="Not paid yet">
          No payment was heard of yet. What is not paid within a day ends by itself.
        </Alert>
      );
    case "paid":
      return (
        <Alert color="green" icon={<CheckCircledIcon aria-hidden />} title="Paid">
          <Given purchase={purchase} />
        </Alert>
      );
    case "declined":
      return (
        <Alert color="red" icon={<CrossCircledIcon aria-hidden />} title="The card was declined">
          Nothing was charged, and nothing was booked. Try another card, or ask the bank that gave it to you.
        </Alert>
      );
    case "cancelled":
      return (
        <Unpaid title="Cancelled">
          {purchase.automatic
            ? "It was given up before the card was charged."
            : "You did not pay, so nothing was charged."}
        </Unpaid>
      );
    case "expired":
      return <Unpaid title="Never paid">It was not paid within a day. Nothing was charged.</Unpaid>;
  }
}

function SwitchedOff({ automatic }: { automatic: boolean }) {
  return (
    <Alert color="yellow" icon={<ClockIcon aria-hidden />} title="Payments are switched off at the moment">
      {automatic
        ? "The card may have been charged before that. What became of it is booked when payments are on again."
        : "It cannot be paid or cancelled until they are on again. If you have paid already, that is booked then: nothing is lost."}
    </Alert>
  );
}

function Unpaid({ title, children }: { title: string; children: string }) {
  return (
    <Alert color="gray" icon={<InfoCircledIcon aria-hidden />} title={title}>
      {children}
    </Alert>
  );
}

function Given({ purchase: { points, startsAt, endsAt } }: { purchase: Purchase }) {
  const added = `${count(points, "point is", "points are")} in your wallet.`;
  if (!startsAt || !endsAt) return <Text inherit>{added}</Text>;
  return (
    <Text inherit>
      The plan runs from <Day at={startsAt} /> to <Day at={endsAt} />. {added}
    </Text>
  );
}

function Actions({ purchase, waiting, payable, back }: Props) {
  const { id, status, invoiceId, automatic } = purchase;
  if (status === "pending" && !payable) return <Row>{back ? <ToCampaign to={back} /> : <ToWallet />}</Row>;
  // The card of a renewal may be charged this moment: there is nothing to be done about it here.
  if (status === "pending" && automatic) return null;
  if (status === "pending") {
    return (
      <Row>
        <ButtonForm intent="pay" fields={{ id, ...(back && { back }) }}>
          <SubmitButton intent="pay" variant={waiting ? "default" : "filled"}>
            {waiting ? "Back to the payment page" : "Pay now"}
          </SubmitButton>
        </ButtonForm>
        <ButtonForm intent="cancel" fields={{ id }}>
          <SubmitButton intent="cancel" variant="default">
            Cancel the purchase
          </SubmitButton>
        </ButtonForm>
      </Row>
    );
  }
  return (
    <Row>
      {status !== "paid" && payable && (
        <LinkButton to={`/billing/buy?${new URLSearchParams({ offer: offerIdOf(purchase), ...(back && { back }) })}`}>
          Try again
        </LinkButton>
      )}
      {back && <ToCampaign to={back} variant={status === "paid" || !payable ? "filled" : "default"} />}
      {(status === "paid" || !payable) && <ToWallet variant={back ? "default" : "filled"} />}
      {invoiceId && (
        <Button
          component="a"
          href={`/billing/receipts/${invoiceId}/receipt.pdf`}
          variant="default"
          leftSection={<DownloadIcon aria-hidden />}
        >
          Receipt {purchase.invoiceNumber}
        </Button>
      )}
    </Row>
  );
}

const ToCampaign = ({ to, variant }: { to: string; variant?: string }) => (
  <LinkButton to={to} variant={variant}>
    Back to the campaign
  </LinkButton>
);

const ToWallet = ({ variant }: { variant?: string }) => (
  <LinkButton to="/billing/wallet" variant={variant}>
    To the wallet
  </LinkButton>
);

const Row = ({ children }: { children: ReactNode }) => <Group gap="sm">{children}</Group>;
