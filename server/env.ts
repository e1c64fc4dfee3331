import { createHash } from "node:crypto";
import { resolve } from "node:path";
import { z } from "zod";
import { unwritable } from "./billing/receipts/rules.ts";
import type { SessionKey, SessionKeys } from "./keys/seal.ts";

const int = (fallback: number, { min = 0, max = Number.MAX_SAFE_INTEGER } = {}) =>
  z.coerce.number().int().min(min).max(max).default(fallback);

const isKey = (key: string) => Buffer.from(key, "base64").length === 32;
const KEY = "must be 32 random bytes in base64";

const isCurrency = (code: string) => /^[A-Z]{3}$/.test(code) && Intl.supportedValuesOf("currency").includes(code);

/** What stands on receipts has to be of letters that these can show. */
const onReceipts = (max: number, fallback: string) =>
  z
    .string()
    .trim()
    .max(max)
    .refine((text) => unwritable(text).length === 0, "receipts show Latin, Greek and Cyrillic letters alone")
    .default(fallback);

/** Where S3 is used these belong together; without them files are kept in DATA_DIR. */
const S3_PARTS = ["S3_BUCKET", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"] as const;

const schema = z.object({
  NODE_ENV: z.enum(["development", "production", "test"]).default("production"),
  DATABASE_URL: z.url(),
  HOST: z.string().default("127.0.0.1"),
  PORT: int(3000, { max: 65_535 }),
  WORKER_HTTP_PORT: int(3020, { max: 65_535 }),
  APP_ORIGIN: z.url().optional(),
  WEB_ORIGIN: z.url().optional(),
  TRUST_PROXY: int(0, { max: 10 }),
  DEFAULT_TZ: z.string().default("Asia/Jakarta"),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "silent"]).default("info"),
  SESSION_KEY: z.string().refine(isKey, KEY),
  SESSION_KEYS_OLD: z
    .string()
    .default("")
    .transform((list) => list.split(",").flatMap((key) => key.trim() || []))
    .refine((list) => list.every(isKey), `each ${KEY}, with a comma between two`),
  WHATSAPP: z.enum(["simulator", "live"]).default("simulator"),
  SIMULATOR_URL: z.url().default("http://127.0.0.1:3010"),
  CAMPAIGN_CAP: int(200, { min: 1 }),
  DAILY_CAP: int(500, { min: 1 }),
  SESSION_CAP: int(3, { min: 1 }),
  THROTTLE_FLOOR_MS: int(2_000),
  AUTO_REPLY_POINTS: int(0, { max: 100 }),
  WORKER_SESSIONS: int(20, { min: 1 }),
  LEASE_MS: int(15_000, { min: 600 }),
  ACK_TIMEOUT_MS: int(30_000, { min: 100 }),
  QR_TIMEOUT_MS: int(0),
  KEEP_ALIVE_MS: int(30_000, { min: 1_000 }),
  GROUP_IMPORT: z.enum(["on", "off"]).default("on"),
  WEBHOOKS_LOCAL: z.enum(["on", "off"]).default("off"),
  PAYMENTS: z.enum(["demo", "off"]).optional(),
  CURRENCY: z.string().refine(isCurrency, "must be the three letters of a currency, like IDR").default("IDR"),
  TAX_NAME: onReceipts(40, "PPN"),
  TAX_PERCENT: z.coerce.number().min(0).max(100).multipleOf(0.01).default(11),
  SELLER_NAME: onReceipts(120, "MassSender"),
  SELLER_ADDRESS: onReceipts(300, ""),
  SELLER_TAX_ID: onReceipts(60, ""),
  SELLER_EMAIL: z.email("must be an e-mail address").optional(),
  DATA_DIR: z.string().default(".data"),
  S3_ENDPOINT: z.url().optional(),
  S3_REGION: z.string().default("us-east-1"),
  S3_BUCKET: z.string().optional(),
  S3_ACCESS_KEY_ID: z.string().optional(),
  S3_SECRET_ACCESS_KEY: z.string().optional(),
  CLAMD_HOST: z.string().optional(),
  CLAMD_PORT: int(3310, { min: 1, max: 65_535 }),
});

/** An S3 server, of any make: addressed by path. `endpoint` left out: Amazon's own, in that region. */
export interface S3Settings {
  endpoint: string | undefined;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** Where the files that go with messages are kept, and who looks at them first. */
export interface MediaSettings {
  /** The folder for them, absolute; used without `s3`. */
  dir: string;
  s3: S3Settings | null;
  /** A clamd that listens on TCP; null: nothing is scanned. */
  clamd: { host: string; port: number } | null;
}

function mediaSettings(env: z.output<typeof schema>): MediaSettings {
  const { S3_BUCKET: bucket, S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = env;
  const s3 =
    bucket && accessKeyId && secretAccessKey
      ? { endpoint: env.S3_ENDPOINT, region: env.S3_REGION, bucket, accessKeyId, secretAccessKey }
      : null;
  const missing = s3 ? [] : S3_PARTS.filter((name) => !env[name]);
  if (!s3 && (env.S3_ENDPOINT || missing.length < S3_PARTS.length))
    throw new Error(
      `The environment is not usable:\n${missing.map((name) => `  ${name}: S3 needs it too`).join("\n")}`,
    );
  return {
    dir: resolve(env.DATA_DIR, "media"),
    s3,
    clamd: env.CLAMD_HOST ? { host: env.CLAMD_HOST, port: env.CLAMD_PORT } : null,
  };
}

/** What is paid with, and who sells. */
export interface BillingSettings {
  /** Who takes payments; null: nothing can be bought here. The demo provider takes no money. */
  provider: "demo" | null;
  /** Where people write to who want points and cannot buy them here; null: they are told no address. */
  contact: string | null;
  /** ISO 4217. */
  currency: string;
  /** `rate` in hundredths of a percent; 0: no tax line. */
  tax: { name: string; rate: number };
  /** `tz`: the zone in which receipts are dated and numbered by year. */
  seller: { name: string; address: string; taxId: string; tz: string };
}

function billingSettings(env: z.output<typeof schema>): BillingSettings {
  // Whoever sends over the real WhatsApp does not get points for nothing unless somebody says so.
  const payments = env.PAYMENTS ?? (env.WHATSAPP === "simulator" ? "demo" : "off");
  return {
    provider: payments === "demo" ? "demo" : null,
    contact: env.SELLER_EMAIL ?? null,
    currency: env.CURRENCY,
    tax: { name: env.TAX_NAME, rate: Math.round(env.TAX_PERCENT * 100) },
    seller: { name: env.SELLER_NAME, address: env.SELLER_ADDRESS, taxId: env.SELLER_TAX_ID, tz: env.DEFAULT_TZ },
  };
}

export interface Caps {
  recipientsPerCampaign: number;
  messagesPerDay: number;
  sessionsPerUser: number;
  throttleFloorMs: number;
}

const CAPS: Caps = { recipientsPerCampaign: 200, messagesPerDay: 500, sessionsPerUser: 3, throttleFloorMs: 2_000 };

/** The caps in force. Against the real WhatsApp the environment may only make them stricter. */
export function capsInForce(asked: Caps, whatsapp: "simulator" | "live"): Caps {
  if (whatsapp === "simulator") return asked;
  return {
    recipientsPerCampaign: Math.min(asked.recipientsPerCampaign, CAPS.recipientsPerCampaign),
    messagesPerDay: Math.min(asked.messagesPerDay, CAPS.messagesPerDay),
    sessionsPerUser: Math.min(asked.sessionsPerUser, CAPS.sessionsPerUser),
    throttleFloorMs: Math.max(asked.throttleFloorMs, CAPS.throttleFloorMs),
  };
}

function nameKey(base64: string): SessionKey {
  const key = Buffer.from(base64, "base64");
  return { id: createHash("sha256").update(key).digest("hex").slice(0, 8), key };
}

function keysOf(current: SessionKey, old: SessionKey[]): SessionKeys {
  return { current, byId: new Map([...old, current].map((key) => [key.id, key])) };
}

/** A host that is listened on, as it is connected to on the same machine. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}

/**
 * The only reader of the environment: parsed once per process, then passed on as values.
 * @throws Error with one line per wrong variable
 */
export function readEnv(source: NodeJS.ProcessEnv) {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ""));
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
    throw new Error(`The environment is not usable:\n${lines.join("\n")}`);
  }
  const env = parsed.data;
  return {
    nodeEnv: env.NODE_ENV,
    databaseUrl: env.DATABASE_URL,
    host: env.HOST,
    port: env.PORT,
    workerHttpPort: env.WORKER_HTTP_PORT,
    appOrigin: new URL(env.APP_ORIGIN ?? `http://localhost:${env.PORT}`).origin,
    /** Where a worker reaches the web process, past whatever stands in front of it; on the same machine unless told otherwise. */
    webOrigin: new URL(env.WEB_ORIGIN ?? `http://${reachable(env.HOST)}:${env.PORT}`).origin,
    /** How many proxies of our own stand in front: so far back X-Forwarded-For is believed. */
    trustProxy: env.TRUST_PROXY,
    defaultTz: env.DEFAULT_TZ,
    logLevel: env.LOG_LEVEL,
    /** They wrap the data key of each WhatsApp session; a key's `id` is kept beside what it wrapped. */
    sessionKeys: keysOf(nameKey(env.SESSION_KEY), env.SESSION_KEYS_OLD.map(nameKey)),
    whatsapp: env.WHATSAPP,
    simulatorUrl: env.SIMULATOR_URL,
    caps: capsInForce(
      {
        recipientsPerCampaign: env.CAMPAIGN_CAP,
        messagesPerDay: env.DAILY_CAP,
        sessionsPerUser: env.SESSION_CAP,
        throttleFloorMs: env.THROTTLE_FLOOR_MS,
      },
      env.WHATSAPP,
    ),
    /** What an automatic answer costs, and one written by hand. */
    autoReplyPoints: env.AUTO_REPLY_POINTS,
    workerSessions: env.WORKER_SESSIONS,
    leaseMs: env.LEASE_MS,
    ackTimeoutMs: env.ACK_TIMEOUT_MS,
    /** 0: WhatsApp's own rhythm, 60 s for the first QR and 20 s for each next. */
    qrTimeoutMs: env.QR_TIMEOUT_MS,
    /** How often a connection to WhatsApp is asked whether it still lives. */
    keepAliveMs: env.KEEP_ALIVE_MS,
    /** Whether people may make lists of the groups their phones are in. It is experimental, and can be switched off. */
    groupImport: env.GROUP_IMPORT === "on",
    webhooks: {
      /** Receivers on this machine may be told too, also without TLS: for development and tests. */
      local: env.WEBHOOKS_LOCAL === "on",
    },
    media: mediaSettings(env),
    billing: billingSettings(env),
  };
}

export type Env = ReturnType<typeof readEnv>;
