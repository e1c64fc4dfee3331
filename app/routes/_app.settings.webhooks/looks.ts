import {
  CheckCircledIcon,
  ClockIcon,
  CrossCircledIcon,
  ExclamationTriangleIcon,
  PaperPlaneIcon,
  PauseIcon,
  ReloadIcon,
} from "@radix-ui/react-icons";
import type { Api } from "#server/route-api.ts";
import type { DeliveryStatus } from "#server/webhooks/rules.ts";
import type { WebhookTopic } from "#server/webhooks/schema.ts";
import type { Look } from "../../components/status-badge.tsx";

export type Endpoint = Awaited<ReturnType<Api["webhooks"]["list"]>>[number];
export type DeliveryRow = Awaited<ReturnType<Api["webhooks"]["deliveries"]>>["rows"][number];
export type Delivery = Awaited<ReturnType<Api["webhooks"]["delivery"]>>;

/** What a topic means, for whoever chooses. */
export const topicWords = {
  "message.received": { word: "Messages received", note: "What people write to your phones, with the text." },
  "message.status": { word: "Status of messages", note: "Sent, delivered, read, failed, left out, and why." },
  "campaign.*": { word: "Campaigns", note: "Scheduled, started, paused and why, resumed, completed, cancelled." },
  "session.*": { word: "Phones", note: "Linked, reconnecting, restricted, logged out and the like." },
  "plan.*": { word: "Plan", note: "Started, ends soon, ended, a renewal was declined." },
} as const satisfies Record<WebhookTopic, { word: string; note: string }>;

const deliveryLooks = {
  queued: { word: "Waiting", color: "gray", icon: ClockIcon },
  delivering: { word: "On its way", color: "blue", icon: PaperPlaneIcon },
  delivered: { word: "Delivered", color: "green", icon: CheckCircledIcon },
  dead: { word: "Failed", color: "red", icon: CrossCircledIcon },
} as const satisfies Record<DeliveryStatus, Look>;

export function deliveryLook({ status, attempts }: Pick<DeliveryRow, "status" | "attempts">): Look {
  if (status === "queued" && attempts > 0) return { word: "Tried again later", color: "yellow", icon: ReloadIcon };
  return deliveryLooks[status];
}

export function endpointLook({ enabled, disabledReason, failures }: Endpoint): Look {
  if (!enabled && disabledReason === "user") return { word: "Off", color: "gray", icon: PauseIcon };
  if (!enabled) return { word: "Switched off", color: "red", icon: ExclamationTriangleIcon };
  if (failures > 0) return { word: "Failing", color: "yellow", icon: ReloadIcon };
  return { word: "On", color: "green", icon: CheckCircledIcon };
}

/** How an endpoint is called: by its description, or its host. */
export const endpointName = ({ description, url }: Pick<Endpoint, "description" | "url">): string =>
  description || new URL(url).host;
