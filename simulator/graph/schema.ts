import { z } from "zod";
import { delaysSchema } from "../world/delays.ts";
import { Entries, entries, phoneNumber } from "../world/entries.ts";

const count = z.number().int().min(1).max(1_000_000);
const share = z.number().min(0).max(1);
/** How often something strikes: the next so many times, or each time with this probability, drawn from the seed. */
const strikes = z.union([z.strictObject({ count }), z.strictObject({ probability: share })]);
export type Strikes = z.output<typeof strikes>;

/** How an app's webhooks are sent. Milliseconds of the simulated clock. */
export const behaviourSchema = z.strictObject({
  /** Events in one POST, and how long the first waits for company. */
  batch: z.number().int().min(1).max(1000),
  batchMs: z.number().int().min(0).max(86_400_000),
  /** Before the first try. */
  delayMs: z.number().int().min(0).max(86_400_000),
  /** Sent once more after an answer of 200. */
  duplicate: strikes.nullable(),
  /** Held back for `reorderMs`, so that what comes later overtakes it. */
  reorder: strikes.nullable(),
  reorderMs: z.number().int().min(0).max(86_400_000),
  /** Lost for good. */
  drop: strikes.nullable(),
});
export type Behaviour = z.output<typeof behaviourSchema>;
/** Each event at once, in a POST of its own, once. */
export const PLAIN_BEHAVIOUR: Behaviour = {
  batch: 1,
  batchMs: 0,
  delayMs: 0,
  duplicate: null,
  reorder: null,
  reorderMs: 500,
  drop: null,
};

const subscriptionSchema = z.object({
  url: z.string(),
  verifyToken: z.string(),
  /** Null is every field. */
  fields: z.array(z.string()).nullable(),
});

/** One piece of news: a message, a status, a preference, or another field's whole value. */
const eventSchema = z.object({
  wabaId: z.string(),
  field: z.string(),
  at: z.number(),
  value: z.record(z.string(), z.unknown()),
});
export type Event = z.output<typeof eventSchema>;

const appSchema = z.object({
  id: z.string(),
  secret: z.string(),
  subscription: subscriptionSchema.nullable(),
  behaviour: behaviourSchema,
  /** Events that wait for company. */
  waiting: z.array(eventSchema),
});
export type App = z.output<typeof appSchema>;

const templateSchema = z.object({
  id: z.string(),
  name: z.string(),
  language: z.string(),
  category: z.enum(["MARKETING", "UTILITY", "AUTHENTICATION"]),
  status: z.enum(["PENDING", "APPROVED", "REJECTED", "PAUSED", "DISABLED"]),
  parameterFormat: z.enum(["POSITIONAL", "NAMED"]),
  components: z.array(z.record(z.string(), z.unknown())),
  /** When the review ends; null when it is over, or only ends by command. */
  reviewAt: z.number().nullable(),
});
export type Template = z.output<typeof templateSchema>;

const wabaSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** Whose webhooks hear of it. */
  appId: z.string(),
  subscribed: z.boolean(),
  locked: z.boolean(),
  /** Null: a review never ends by itself. */
  reviewMs: z.number().nullable(),
  messagingLimit: z.enum(["TIER_250", "TIER_2K", "TIER_10K", "TIER_100K", "TIER_UNLIMITED"]),
  templates: entries(templateSchema),
});
export type Waba = z.output<typeof wabaSchema>;

const where = z.enum(["http", "webhook"]);
/** What goes wrong with a number's next messages. */
export const graphFaultsSchema = z
  .strictObject({
    /** The error is the answer, or comes as a failed status after the answer was 200. */
    errors: z.array(
      z.union([
        z.strictObject({ code: z.number().int(), where, count }),
        z.strictObject({ code: z.number().int(), where, probability: share }),
      ]),
    ),
    /** The connection is cut, or no answer ever comes, before or after the message was taken. */
    timeouts: z.strictObject({
      count,
      when: z.enum(["before", "after"]),
      how: z.enum(["cut", "hang"]).default("cut"),
    }),
    /** A bare page of a proxy, without Graph's envelope; `accepted` says whether the message was taken. */
    http5xx: z.strictObject({
      status: z.number().int().min(500).max(599),
      count,
      accepted: z.boolean().default(false),
    }),
  })
  .partial();
export type GraphFaults = z.output<typeof graphFaultsSchema>;

const numberSchema = z.object({
  id: z.string(),
  phone: phoneNumber,
  wabaId: z.string(),
  displayName: z.string(),
  registered: z.boolean(),
  qualityRating: z.enum(["GREEN", "YELLOW", "RED", "UNKNOWN"]),
  /** Messages a second. */
  throughput: z.number().int(),
  delays: delaysSchema,
  faults: graphFaultsSchema,
  /** When the last messages were taken, for the throughput. */
  recent: z.array(z.number()),
  /** By the person's number: until when the pair's allowance is borrowed. */
  pairs: entries(z.number()),
  /** By the person's number: when they last wrote. */
  heard: entries(z.number()),
  /** Who stopped marketing messages. */
  stopped: z.array(phoneNumber),
});
export type BusinessNumber = z.output<typeof numberSchema>;

const tokenSchema = z.object({ appId: z.string(), scopes: z.array(z.string()), expiresAt: z.number().nullable() });
export type Token = z.output<typeof tokenSchema>;

const failure = z.object({ code: z.number(), details: z.string() });

/** A message a business sent. */
const outboundSchema = z.object({
  id: z.string(),
  numberId: z.string(),
  /** The person's number. */
  to: phoneNumber,
  /** Whether the business named the number, or the business-scoped id. */
  by: z.enum(["phone", "user_id"]),
  category: z.enum(["marketing", "utility", "authentication", "service"]),
  /** A service window was open when it was taken. */
  inWindow: z.boolean(),
  /** The version of the API it was sent through. */
  version: z.number(),
  opaque: z.string().nullable(),
  acceptedAt: z.number(),
  due: z.object({ sent: z.number().nullable(), delivered: z.number().nullable(), read: z.number().nullable() }),
  deliveredTold: z.boolean(),
  readTold: z.boolean(),
  failure: failure.nullable(),
  /** What the phone shows. */
  text: z.string(),
  mediaId: z.string().nullable(),
  quoted: z.object({ id: z.string(), text: z.string() }).nullable(),
  reaction: z.object({ to: z.string(), emoji: z.string() }).nullable(),
  /** The quick replies under it. */
  buttons: z.array(z.object({ text: z.string(), payload: z.string() })),
});
export type Outbound = z.output<typeof outboundSchema>;

const mediaSchema = z.object({
  id: z.string(),
  appId: z.string(),
  mimeType: z.string(),
  fileName: z.string().nullable(),
  /** Hex. */
  sha256: z.string(),
  bytes: z.number(),
  expiresAt: z.number(),
});
export type GraphMedia = z.output<typeof mediaSchema>;

/** A POST that is on its way. */
const parcelSchema = z.object({
  id: z.string(),
  appId: z.string(),
  body: z.string(),
  firstAt: z.number(),
  nextAt: z.number(),
  attempts: z.number(),
  /** How often a 200 is still wanted. */
  wanted: z.number(),
});
export type Parcel = z.output<typeof parcelSchema>;

/** One try to deliver a webhook, or why there was none. */
const attemptSchema = z.object({
  parcel: z.string(),
  appId: z.string(),
  at: z.number(),
  attempt: z.number(),
  url: z.string(),
  body: z.string(),
  signature: z.string(),
  /** What the receiver answered; null when it did not, with `error` saying why. */
  status: z.number().nullable(),
  error: z.string().nullable(),
});
export type Attempt = z.output<typeof attemptSchema>;

const none = <T>() => new Entries<T>();

/** What the Cloud API side remembers. Times are milliseconds since 1970, simulated. */
export const businessSchema = z.object({
  apps: entries(appSchema).default(() => none<App>()),
  wabas: entries(wabaSchema).default(() => none<Waba>()),
  /** By phone number id. */
  numbers: entries(numberSchema).default(() => none<BusinessNumber>()),
  /** By the token itself. */
  tokens: entries(tokenSchema).default(() => none<Token>()),
  /** By message id. */
  messages: entries(outboundSchema).default(() => none<Outbound>()),
  /** Message ids that wait for a person's phone to be on, by its number. */
  held: entries(z.array(z.string())).default(() => none<string[]>()),
  media: entries(mediaSchema).default(() => none<GraphMedia>()),
  outbox: entries(parcelSchema).default(() => none<Parcel>()),
  attempts: z.array(attemptSchema).default(() => []),
});
export type Business = z.output<typeof businessSchema>;
