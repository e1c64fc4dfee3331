import { CardStackIcon } from "@radix-ui/react-icons";
import { useLocation } from "@remix-run/react";
import { LinkButton, TextLink } from "../../components/link-button.tsx";
import { count, formatNumber } from "../../lib/format.ts";
import type { Account } from "./account-state.tsx";
import { Banner } from "./banner.tsx";

const BUY = "/billing/buy";

/** On every screen while fewer points are available than their user set, but where they are bought. */
export function LowPoints({ wallet: { available, lowPoints } }: { wallet: Account["wallet"] }) {
  const { pathname } = useLocation();
  const low = available < lowPoints;
  return (
    <div role="status">
      {low && pathname !== BUY && (
        <Banner
          color="yellow"
          icon={<CardStackIcon aria-hidden />}
          action={
            <LinkButton to={BUY} size="xs" variant="default">
              Buy points
            </LinkButton>
          }
        >
          Points run low: {count(available, "point is", "points are")} available, fewer than{" "}
          <TextLink to="/billing/wallet#warning">the {formatNumber(lowPoints)} you set</TextLink>.
        </Banner>
      )}
    </div>
  );
}
