import type { Context } from "../../service/context.ts";
import { GraphRefusal } from "../errors.ts";
import { displayOf, wabaOf } from "../numbers.ts";
import type { BusinessNumber, Waba } from "../schema.ts";

/** From here on a number has the high throughput. */
const HIGH_THROUGHPUT = 1000;
const NUMBER_FIELDS = [
  "verified_name",
  "code_verification_status",
  "display_phone_number",
  "quality_rating",
  "platform_type",
  "throughput",
  "id",
];

/** The fields asked for, and always the id. Throws 100 for one that is not there. */
const chosen = (node: string, all: Record<string, unknown>, fields: string[]): Record<string, unknown> => {
  const missing = fields.find((field) => !Object.hasOwn(all, field));
  if (missing !== undefined) {
    const message = `(#100) Tried accessing nonexisting field (${missing}) on node type (${node})`;
    throw new GraphRefusal(100, { message });
  }
  return Object.fromEntries([...new Set([...fields, "id"])].map((field) => [field, all[field]]));
};

/** A business number as Graph shows it. */
export const numberView = (ctx: Context, number: BusinessNumber, fields = NUMBER_FIELDS): object => {
  const { messagingLimit, locked } = wabaOf(ctx, number);
  return chosen(
    "WhatsAppBusinessPhoneNumber",
    {
      id: number.id,
      verified_name: number.displayName,
      display_phone_number: displayOf(number.phone),
      quality_rating: number.qualityRating,
      code_verification_status: "VERIFIED",
      platform_type: number.registered ? "CLOUD_API" : "NOT_APPLICABLE",
      throughput: { level: number.throughput < HIGH_THROUGHPUT ? "STANDARD" : "HIGH" },
      messaging_limit_tier: messagingLimit,
      whatsapp_business_manager_messaging_limit: messagingLimit,
      name_status: "APPROVED",
      account_mode: "LIVE",
      is_official_business_account: false,
      status: locked ? "BANNED" : number.registered ? "CONNECTED" : "DISCONNECTED",
    },
    fields,
  );
};

/** A business account as Graph shows it. */
export const wabaView = ({ id, name, messagingLimit, locked }: Waba, fields = ["id", "name"]): object =>
  chosen(
    "WhatsAppBusinessAccount",
    {
      id,
      name,
      currency: "USD",
      timezone_id: "1",
      account_review_status: "APPROVED",
      business_verification_status: "verified",
      status: locked ? "DISABLED" : "ACTIVE",
      whatsapp_business_manager_messaging_limit: messagingLimit,
    },
    fields,
  );

/** What `GET /debug_token` says of a token. */
export const tokenView = (ctx: Context, value: string): object => {
  const token = ctx.store.business.tokens.get(value);
  const valid = token !== undefined && (token.expiresAt === null || token.expiresAt > ctx.clock.now());
  if (!token) {
    const error = { code: 190, message: "The access token could not be decrypted" };
    return { data: { error, is_valid: false, scopes: [] } };
  }
  return {
    data: {
      app_id: token.appId,
      type: "SYSTEM_USER",
      application: `App ${token.appId}`,
      expires_at: token.expiresAt === null ? 0 : Math.floor(token.expiresAt / 1000),
      is_valid: valid,
      scopes: token.scopes,
    },
  };
};
