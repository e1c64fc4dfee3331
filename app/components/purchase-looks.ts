import {
  CheckCircledIcon,
  CircleBackslashIcon,
  ClockIcon,
  CrossCircledIcon,
  LapTimerIcon,
} from "@radix-ui/react-icons";
import type { PurchaseStatus } from "#server/billing/purchases/rules.ts";
import type { Look } from "./status-badge.tsx";

export const purchaseLooks = {
  pending: { word: "Not paid yet", color: "blue", icon: ClockIcon },
  paid: { word: "Paid", color: "green", icon: CheckCircledIcon },
  declined: { word: "Declined", color: "red", icon: CrossCircledIcon },
  cancelled: { word: "Cancelled", color: "gray", icon: CircleBackslashIcon },
  expired: { word: "Never paid", color: "gray", icon: LapTimerIcon },
} as const satisfies Record<PurchaseStatus, Look>;

/** Of a purchase whose payment was made, or not, a moment ago: what became of it is on its way. */
export const waitingLook: Look = { word: "Waiting", color: "blue", icon: ClockIcon };
