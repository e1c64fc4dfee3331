import { z } from "zod";
import { idSchema } from "#db/ids.ts";
import { messageStatuses } from "../messages/rules.ts";
import { planTypes } from "../wallet/rules.ts";

/** What an endpoint may ask for. A star stands for every event of that kind. */
export const webhookTopics = ["message.received", "message.status", "campaign.*", "session.*", "plan.*"] as const;
export type WebhookTopic = (typeof webhookTopics)[number];

/** The version of the payloads below. A field may be added under the same version; none changes its meaning or goes. */
export const PAYLOAD_VERSION = 1;

const when = z.iso.datetime();
const maybeWhen = when.nullable();

/** `identity`: "pn:+62…", "lid:…" or "group:…@g.us". `phone`: E.164 with "+", where WhatsApp shows it. */
const person = z.object({
  identity: z.string(),
  phone: z.string().nullable(),
  contactId: idSchema("contact").nullable(),
});

const messageReceived = z.object({
  messageId: idSchema("inboundMessage"),
  sessionId: idSchema("waSession"),
  /** Null once the person was erased. */
  from: person.extend({ name: z.string().nullable() }).nullable(),
  /** Null: not a text, or the person was erased. */
  text: z.string().nullable(),
  /** By WhatsApp's clock. */
  sentAt: when,
});

/** The statuses of a message that are told. */
export const toldStatuses = ["sent", "delivered", "read", "failed", "skipped", "cancelled", "unknown"] as const;

const messageStatus = z.object({
  messageId: idSchema("message"),
  campaignId: idSchema("campaign").nullable(),
  sessionId: idSchema("waSession"),
  kind: z.string(),
  /** Null once the person was erased. */
  recipient: person.nullable(),
  status: z.enum(toldStatuses),
  /** Why it failed or was left out: a word of the product, or WhatsApp's own number. */
  errorCode: z.string().nullable(),
  queuedAt: when,
  sentAt: maybeWhen,
  deliveredAt: maybeWhen,
  readAt: maybeWhen,
  endedAt: maybeWhen,
});

const campaign = z.object({
  campaignId: idSchema("campaign"),
  name: z.string(),
  sessionId: idSchema("waSession").nullable(),
  status: z.string(),
  /** Of a pause. */
  reason: z.string().nullable(),
  scheduledFor: maybeWhen,
  startedAt: maybeWhen,
  finishedAt: maybeWhen,
  /** How many messages ended how, once it is over. */
  messages: z.partialRecord(z.enum(messageStatuses), z.number().int()).nullable(),
});

const session = z.object({
  sessionId: idSchema("waSession"),
  status: z.string(),
  /** Why: a disconnect code such as "440", or a word of the product. */
  reason: z.string().nullable(),
  phone: z.string().nullable(),
  name: z.string().nullable(),
  restrictedUntil: maybeWhen,
});

const period = z.object({ plan: z.enum(planTypes), startsAt: when, endsAt: when, points: z.number().int() });
const planEnd = z.object({ plan: z.enum(planTypes), endsAt: when });
/** `days` before the end; `renews`: it is renewed by itself then, with the card that is kept. */
const planReminder = planEnd.extend({ days: z.number().int(), renews: z.boolean() });
/** `nextTryAt` null: it was the last try, renewals are off now. */
const renewalFailed = planEnd.extend({ tries: z.number().int(), nextTryAt: maybeWhen });

/** The `data` of each type of event. */
const dataOf = {
  "webhook.test": z.object({ message: z.string() }),
  "message.received": messageReceived,
  "message.status": messageStatus,
  "campaign.scheduled": campaign,
  "campaign.unscheduled": campaign,
  "campaign.started": campaign,
  "campaign.paused": campaign,
  "campaign.resumed": campaign,
  "campaign.completed": campaign,
  "campaign.cancelled": campaign,
  "session.linked": session,
  "session.reconnecting": session,
  "session.needs_attention": session,
  "session.restricted": session,
  "session.logged_out": session,
  "session.expired": session,
  "session.passkey_required": session,
  "session.removed": session,
  "plan.started": period,
  "plan.ends_soon": planReminder,
  "plan.ended": planEnd,
  "plan.renewal_failed": renewalFailed,
} as const satisfies Record<string, z.ZodType>;

export type WebhookType = keyof typeof dataOf;
export type WebhookData<T extends WebhookType> = z.input<(typeof dataOf)[T]>;
export const webhookTypes = Object.keys(dataOf) as WebhookType[];

const envelope = z.object({
  /** The same each time the event is delivered, and to each endpoint: receivers know a repeat by it. */
  id: idSchema("webhookEvent"),
  version: z.literal(PAYLOAD_VERSION),
  /** Counts the events of this endpoint from 1, without a gap. */
  sequence: z.number().int().positive(),
  /** When it happened. */
  timestamp: when,
});

/** What an endpoint is sent, as receivers may parse it. */
export const webhookEvent = envelope
  .extend({ type: z.enum(webhookTypes), data: z.unknown() })
  .transform((event, check) => {
    const data = dataOf[event.type].safeParse(event.data);
    if (data.success) return { ...event, data: data.data };
    for (const issue of data.error.issues)
      check.addIssue({ code: "custom", message: issue.message, path: ["data", ...issue.path] });
    return z.NEVER;
  });
export type WebhookEvent = z.output<typeof webhookEvent>;

const url = z
  .string({ error: "Enter the address that is to be told." })
  .trim()
  .min(1, "Enter the address that is to be told.")
  .max(1_000, "Use at most 1,000 characters.");
const description = z.string().trim().max(100, "Use at most 100 characters.").default("");
const events = z
  .array(z.enum(webhookTopics), { error: "Choose what it is to be told." })
  .min(1, "Choose what it is to be told.")
  .transform((chosen) => webhookTopics.filter((topic) => chosen.includes(topic)));

const id = idSchema("webhookEndpoint");

export const endpointRef = z.object({ id }).strict();
export type EndpointRef = z.infer<typeof endpointRef>;

export const addEndpointInput = z.object({ url, description, events }).strict();
export type AddEndpointInput = z.infer<typeof addEndpointInput>;

export const changeEndpointInput = z.object({ id, url, description, events }).strict();
export type ChangeEndpointInput = z.infer<typeof changeEndpointInput>;

/** `to`: as the switch on the screen says it. */
export const switchEndpointInput = z.object({ id, to: z.enum(["on", "off"]) }).strict();
export type SwitchEndpointInput = z.infer<typeof switchEndpointInput>;

export const deliveryRef = z.object({ id: idSchema("webhookDelivery") }).strict();
export type DeliveryRef = z.infer<typeof deliveryRef>;

/** Every dead delivery: of one endpoint, or of all. */
export const replayDeadInput = z.object({ id: id.optional() }).strict();
export type ReplayDeadInput = z.infer<typeof replayDeadInput>;

/** What the log shows: `failed` are the dead ones, `waiting` those that are tried, or tried again. */
export const deliveryFilters = ["failed", "waiting"] as const;

export const deliveriesInput = z
  .object({
    endpointId: id.optional(),
    show: z.enum(deliveryFilters).optional(),
    cursor: z.number().int().positive().optional(),
  })
  .strict();
export type DeliveriesInput = z.infer<typeof deliveriesInput>;
