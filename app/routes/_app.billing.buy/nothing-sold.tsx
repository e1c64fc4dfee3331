import { Anchor } from "@mantine/core";
import { CardStackIcon } from "@radix-ui/react-icons";
import { EmptyState } from "../../components/empty-state.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { count } from "../../lib/format.ts";
import type { Shop } from "./route.tsx";

/** Where payments are switched off, or nothing is on offer: who can be asked. */
export function NothingSold({ shop: { provider, contact, missing, back } }: { shop: Shop }) {
  return (
    <EmptyState
      icon={CardStackIcon}
      title="Nothing is sold here"
      action={
        <LinkButton to={back ?? "/billing/wallet"} variant="default">
          {back ? "Back to the campaign" : "To the wallet"}
        </LinkButton>
      }
    >
      {missing !== null && `${count(missing, "point is", "points are")} missing for what you want to send. `}
      {provider === null
        ? "Payments are switched off, and points and plans are given by hand."
        : "No plan and no pack of points is on offer at the moment."}{" "}
      Ask whoever runs this MassSender
      {contact && (
        <>
          {": "}
          <Anchor href={`mailto:${contact}`} underline="always" fz="inherit">
            {contact}
          </Anchor>
        </>
      )}
      . What you have stays yours.
    </EmptyState>
  );
}
