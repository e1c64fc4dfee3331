import { z } from "zod";
import { type Attempt, type Behaviour, behaviourSchema, type GraphFaults, graphFaultsSchema } from "../graph/schema.ts";
import { type Delays, delaysSchema } from "../world/delays.ts";
import { nameParameter, phoneParameter } from "./parts.ts";

export type { Attempt, Behaviour, GraphFaults };

const quality = z.enum(["GREEN", "YELLOW", "RED", "UNKNOWN"]);
const tier = z.enum(["TIER_250", "TIER_2K", "TIER_10K", "TIER_100K", "TIER_UNLIMITED"]);
const throughput = z.number().int().min(1).max(10_000);
/** How long a template is under review; null: until it is decided by command. */
const reviewMs = z.number().int().min(0).max(86_400_000).nullable();
const webUrl = z.url({ protocol: /^https?$/, error: "must be an http or https address" });
/** Tokens travel in a header and in a path. */
const secret = z.string().regex(/^[\w|.-]{8,400}$/, "must be 8 to 400 letters, digits, dots, dashes or underscores");

/** The bodies of `/business` and of `/phones/:phone/marketing`. */
export const businessBodies = {
  number: z.strictObject({
    phone: phoneParameter,
    displayName: nameParameter.optional(),
    wabaId: z.string().optional(),
    appId: z.string().optional(),
    accessToken: secret.optional(),
    appSecret: secret.optional(),
    throughput: throughput.optional(),
    qualityRating: quality.optional(),
    messagingLimit: tier.optional(),
    reviewMs: reviewMs.optional(),
  }),
  change: z
    .strictObject({
      displayName: nameParameter,
      registered: z.boolean(),
      qualityRating: quality,
      throughput,
      delays: delaysSchema.partial(),
      locked: z.boolean(),
      messagingLimit: tier,
      reviewMs,
    })
    .partial(),
  faults: graphFaultsSchema,
  token: z.strictObject({
    appId: z.string(),
    expiresInMs: z.number().int().min(0).optional(),
    scopes: z.array(z.string()).optional(),
    token: secret.optional(),
  }),
  webhook: z.strictObject({ url: webUrl, verifyToken: z.string().min(1), fields: z.array(z.string()).optional() }),
  behaviour: behaviourSchema.partial(),
  templateStatus: z.strictObject({
    status: z.enum(["PENDING", "APPROVED", "REJECTED", "PAUSED", "DISABLED"]),
    language: z.string().optional(),
  }),
  tap: z.strictObject({
    from: phoneParameter,
    business: phoneParameter,
    messageId: z.string(),
    button: z.number().int().min(0),
  }),
  reaction: z.strictObject({
    from: phoneParameter,
    business: phoneParameter,
    messageId: z.string(),
    emoji: z.string().max(32),
  }),
  marketing: z.strictObject({ business: phoneParameter, stop: z.boolean() }),
};
export type NewBusinessNumber = z.input<typeof businessBodies.number>;
export type BusinessNumberChange = z.input<typeof businessBodies.change>;
export type GraphFaultSettings = z.input<typeof businessBodies.faults>;
export type BehaviourSettings = z.input<typeof businessBodies.behaviour>;

/** A business number with what its owner needs to use it. */
export interface BusinessNumberView {
  phone: string;
  phoneNumberId: string;
  wabaId: string;
  appId: string;
  appSecret: string;
  displayPhoneNumber: string;
  displayName: string;
  registered: boolean;
  qualityRating: z.output<typeof quality>;
  throughput: number;
  messagingLimit: z.output<typeof tier>;
  locked: boolean;
  reviewMs: number | null;
  delays: Delays;
  faults: GraphFaults;
  /** Where its webhooks go; null: nowhere. */
  webhookUrl: string | null;
}

/** A number that was just made; its token is told only here. */
export type NewBusinessNumberView = BusinessNumberView & { accessToken: string };
