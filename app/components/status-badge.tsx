import { Badge, type BadgeProps } from "@mantine/core";
import {
  CheckCircledIcon,
  CheckIcon,
  CircleBackslashIcon,
  ClockIcon,
  CrossCircledIcon,
  ExclamationTriangleIcon,
  EyeOpenIcon,
  LinkBreak2Icon,
  LockClosedIcon,
  MobileIcon,
  PaperPlaneIcon,
  PauseIcon,
  Pencil1Icon,
  PlayIcon,
  QuestionMarkCircledIcon,
  ReloadIcon,
  UpdateIcon,
} from "@radix-ui/react-icons";
import type { CampaignStatus } from "#server/campaigns/rules.ts";
import type { MessageStatus } from "#server/messages/rules.ts";
import type { SessionStatus } from "#server/wa/rules.ts";
import type { Icon } from "./icon.ts";

export interface Look {
  word: string;
  color: "gray" | "blue" | "teal" | "green" | "yellow" | "red";
  icon: Icon;
}

export const campaignLooks = {
  draft: { word: "Draft", color: "gray", icon: Pencil1Icon },
  scheduled: { word: "Scheduled", color: "blue", icon: ClockIcon },
  running: { word: "Running", color: "blue", icon: PlayIcon },
  paused: { word: "Paused", color: "yellow", icon: PauseIcon },
  cancelling: { word: "Cancelling", color: "yellow", icon: UpdateIcon },
  cancelled: { word: "Cancelled", color: "gray", icon: CircleBackslashIcon },
  completed: { word: "Completed", color: "green", icon: CheckCircledIcon },
} as const satisfies Record<CampaignStatus, Look>;

export const messageLooks = {
  queued: { word: "Queued", color: "gray", icon: ClockIcon },
  sending: { word: "Sending", color: "blue", icon: PaperPlaneIcon },
  sent: { word: "Sent", color: "blue", icon: CheckIcon },
  delivered: { word: "Delivered", color: "teal", icon: CheckCircledIcon },
  read: { word: "Read", color: "green", icon: EyeOpenIcon },
  failed: { word: "Failed", color: "red", icon: CrossCircledIcon },
  unknown: { word: "Unknown", color: "yellow", icon: QuestionMarkCircledIcon },
  skipped: { word: "Skipped", color: "yellow", icon: CircleBackslashIcon },
  cancelled: { word: "Cancelled", color: "gray", icon: CircleBackslashIcon },
} as const satisfies Record<MessageStatus, Look>;

export const sessionLooks = {
  new: { word: "New", color: "gray", icon: ClockIcon },
  waiting: { word: "Waiting", color: "blue", icon: MobileIcon },
  pairing: { word: "Pairing", color: "blue", icon: UpdateIcon },
  linked: { word: "Linked", color: "green", icon: CheckCircledIcon },
  reconnecting: { word: "Reconnecting", color: "yellow", icon: ReloadIcon },
  needs_attention: { word: "Needs attention", color: "red", icon: ExclamationTriangleIcon },
  restricted: { word: "Restricted", color: "red", icon: ExclamationTriangleIcon },
  logged_out: { word: "Logged out", color: "red", icon: LinkBreak2Icon },
  expired: { word: "Expired", color: "yellow", icon: ClockIcon },
  passkey_required: { word: "Passkey needed", color: "red", icon: LockClosedIcon },
  removed: { word: "Removed", color: "gray", icon: CircleBackslashIcon },
} as const satisfies Record<SessionStatus, Look>;

/** A state by word, icon and colour, so that none of them has to carry it alone. */
export function StatusBadge({ look, ...props }: { look: Look } & BadgeProps) {
  const Sign = look.icon;
  return (
    <Badge
      variant="light"
      color={look.color}
      tt="none"
      fw={600}
      radius="sm"
      leftSection={<Sign width={13} height={13} aria-hidden />}
      styles={{ root: { flexShrink: 0, minWidth: "max-content", maxWidth: "none" } }}
      {...props}
    >
      {look.word}
    </Badge>
  );
}
