import { Text, VisuallyHidden } from "@mantine/core";
import { CardStackIcon, ClockIcon, MobileIcon } from "@radix-ui/react-icons";
import { Link } from "@remix-run/react";
import { type Look, StatusBadge, sessionLooks } from "../../components/status-badge.tsx";
import { formatNumber } from "../../lib/format.ts";
import type { loader } from "./route.tsx";
import styles from "./shell.module.css";

export type Account = Extract<Awaited<ReturnType<typeof loader>>, { user: object }>;

/** The points that can be spent and the state of the phone, on every screen. */
export function AccountState({ account }: { account: Account }) {
  const { available } = account.wallet;
  const look = phoneLook(account.sessions);
  return (
    <>
      <Link to="/link" className={styles.state} aria-label={`WhatsApp: ${look.word}`}>
        <StatusBadge look={look} variant="transparent" px={0} />
      </Link>
      <Link to="/billing/wallet" className={styles.state} data-testid="available-points">
        <CardStackIcon aria-hidden />
        <Text span fw={650} size="sm">
          {formatNumber(available)}
        </Text>
        <Text span size="sm" c="dimmed" visibleFrom="xs">
          points
        </Text>
        <VisuallyHidden>available</VisuallyHidden>
      </Link>
    </>
  );
}

const unlinkedSoon = { word: "Unlinked soon", color: "yellow", icon: ClockIcon } as const satisfies Look;

/** One phone's state for all of them: the worst of those that need something, else the best. */
function phoneLook(sessions: Account["sessions"]): Look {
  const order = [
    "restricted",
    "needs_attention",
    "logged_out",
    "reconnecting",
    "linked",
    "pairing",
    "waiting",
    "passkey_required",
    "expired",
    "new",
  ] as const;
  const worst = order.find((status) => sessions.some((session) => session.status === status));
  if (worst === undefined) return { word: "No phone", color: "gray", icon: MobileIcon };
  const idle = sessions.some((session) => session.idleUntil !== null);
  return worst === "linked" && idle ? unlinkedSoon : sessionLooks[worst];
}
