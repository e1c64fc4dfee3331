import {
  CheckCircledIcon,
  CheckIcon,
  CircleBackslashIcon,
  ClockIcon,
  LinkBreak2Icon,
  PaperPlaneIcon,
} from "@radix-ui/react-icons";
import { type Look, StatusBadge } from "./status-badge.tsx";

/** What decides whether somebody may be messaged. */
export interface Reach {
  consent: boolean;
  confirmedAt: Date | null;
  optedOut: boolean;
  onWhatsapp: boolean | null;
}

export const reachLooks = {
  sendable: { word: "Can be messaged", color: "green", icon: PaperPlaneIcon },
  unconfirmed: { word: "Waits for YES", color: "blue", icon: ClockIcon },
  not_on_whatsapp: { word: "Not on WhatsApp", color: "gray", icon: LinkBreak2Icon },
  no_consent: { word: "No consent", color: "yellow", icon: CircleBackslashIcon },
  opted_out: { word: "Opted out", color: "red", icon: CircleBackslashIcon },
} as const satisfies Record<string, Look>;

export const consentLooks = {
  agreed: { word: "Agreed", color: "teal", icon: CheckIcon },
  confirmed: { word: "Confirmed", color: "green", icon: CheckCircledIcon },
  none: { word: "Not given", color: "gray", icon: CircleBackslashIcon },
} as const satisfies Record<string, Look>;

/** The one state of a person, the strongest reason not to message them first. `doubleOptIn`: only a YES counts. */
export function reachOf(person: Reach, doubleOptIn = false): keyof typeof reachLooks {
  if (person.optedOut) return "opted_out";
  if (!person.consent) return "no_consent";
  if (person.onWhatsapp === false) return "not_on_whatsapp";
  return doubleOptIn && person.confirmedAt === null ? "unconfirmed" : "sendable";
}

export function consentLookOf({ consent, confirmedAt }: Pick<Reach, "consent" | "confirmedAt">): Look {
  if (!consent) return consentLooks.none;
  return confirmedAt === null ? consentLooks.agreed : consentLooks.confirmed;
}

export function ReachBadge({
  person,
  doubleOptIn,
  size = "md",
}: {
  person: Reach;
  doubleOptIn?: boolean;
  size?: "md" | "lg";
}) {
  return <StatusBadge look={reachLooks[reachOf(person, doubleOptIn)]} size={size} />;
}
