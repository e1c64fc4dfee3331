import {
  CardStackIcon,
  ChatBubbleIcon,
  ClockIcon,
  EnvelopeClosedIcon,
  GearIcon,
  HomeIcon,
  IdCardIcon,
  MobileIcon,
  PaperPlaneIcon,
  PersonIcon,
} from "@radix-ui/react-icons";
import type { Icon } from "../../components/icon.ts";

interface Place {
  to: string;
  label: string;
  icon: Icon;
  /** The exact address only. */
  end?: boolean;
}

/** A page of a place, named while one is in that place. */
interface Part {
  to: string;
  label: string;
}

/** What fits the bar at the bottom of a phone. */
export const mainPlaces: readonly Place[] = [
  { to: "/", label: "Home", icon: HomeIcon, end: true },
  { to: "/link", label: "Link", icon: MobileIcon },
  { to: "/contacts", label: "Contacts", icon: PersonIcon },
  { to: "/campaigns", label: "Campaigns", icon: PaperPlaneIcon },
  { to: "/inbox", label: "Inbox", icon: EnvelopeClosedIcon },
  { to: "/billing/wallet", label: "Wallet", icon: CardStackIcon },
];

/** The pages of a place; a phone's bar has no room for them, so the place's own page leads there too. */
export const parts: Readonly<Record<string, readonly Part[]>> = {
  "/contacts": [
    { to: "/contacts/upload", label: "Import a file" },
    { to: "/contacts/group", label: "Import a group" },
    { to: "/contacts/suppressed", label: "Opted out" },
  ],
  "/inbox": [{ to: "/automation/rules", label: "Automatic answers" }],
  "/billing/wallet": [
    { to: "/billing/buy", label: "Buy" },
    { to: "/billing/purchases", label: "Purchases" },
    { to: "/billing/receipts", label: "Receipts" },
  ],
  "/settings/account": [{ to: "/settings/webhooks", label: "Webhooks" }],
  "/admin": [
    { to: "/admin/offers", label: "Offers" },
    { to: "/admin/books", label: "Books" },
  ],
};

export const schedulePlace: Place = { to: "/settings/schedule", label: "Active hours", icon: ClockIcon };
export const accountPlace: Place = { to: "/settings/account", label: "Account", icon: GearIcon };
/** For administrators alone. */
export const adminPlace: Place = { to: "/admin", label: "Administration", icon: IdCardIcon };
export const devPlace: Place = { to: "/dev/phone", label: "Pretend phone", icon: ChatBubbleIcon };
