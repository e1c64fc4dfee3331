import { createHmac } from "node:crypto";
import type { Context } from "../../service/context.ts";
import { retryAt } from "../rules.ts";
import type { App, Attempt, Parcel } from "../schema.ts";

const KEPT_ATTEMPTS = 1000;
/** How long a receiver may take, in real time. */
const PATIENCE_MS = 10_000;
/** Between a webhook and its repetition. */
const AGAIN_MS = 50;

/** One POST after the other for each app: the order only changes when that is asked for. */
const lines = new WeakMap<Context, Map<string, Promise<void>>>();

const inLine = (ctx: Context, appId: string, job: () => Promise<void>): void => {
  const line = lines.get(ctx) ?? new Map<string, Promise<void>>();
  lines.set(ctx, line);
  line.set(appId, (line.get(appId) ?? Promise.resolve()).then(job));
};

/** The value of `X-Hub-Signature-256` for these bytes, or on request a false one. */
const signatureOf = (ctx: Context, app: App, body: string): string => {
  const secret = ctx.tampering.takes("webhookSignature") ? `not ${app.secret}` : app.secret;
  return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
};

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
};

const post = async (url: string, body: string, signature: string): Promise<Pick<Attempt, "status" | "error">> => {
  try {
    const response = await fetch(url, {
      method: "POST",
      body,
      headers: {
        "content-type": "application/json",
        "user-agent": "facebookexternalua",
        "x-hub-signature-256": signature,
      },
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    await response.arrayBuffer();
    return { status: response.status, error: null };
  } catch (error) {
    return { status: null, error: reasonOf(error) };
  }
};

const log = (ctx: Context, attempt: Attempt): void => {
  const { attempts } = ctx.store.business;
  attempts.push(attempt);
  if (attempts.length > KEPT_ATTEMPTS) attempts.shift();
  ctx.store.touch();
};

const arm = (ctx: Context, parcel: Parcel): void => {
  ctx.clock.at(parcel.nextAt, () => inLine(ctx, parcel.appId, () => attempt(ctx, parcel)));
};

const attempt = async (ctx: Context, parcel: Parcel): Promise<void> => {
  const { outbox, apps } = ctx.store.business;
  const app = apps.get(parcel.appId);
  if (!app?.subscription || outbox.get(parcel.id) !== parcel) return;
  const { url } = app.subscription;
  const signature = signatureOf(ctx, app, parcel.body);
  const answer = await post(url, parcel.body, signature);
  // A reset may have come in between.
  if (ctx.store.business.outbox !== outbox) return;
  parcel.attempts++;
  const at = ctx.clock.now();
  log(ctx, {
    parcel: parcel.id,
    appId: app.id,
    at,
    attempt: parcel.attempts,
    url,
    body: parcel.body,
    signature,
    ...answer,
  });
  if (answer.status === 200) parcel.wanted--;
  const next = answer.status === 200 ? at + AGAIN_MS : retryAt(parcel.attempts, parcel.firstAt, at);
  if (parcel.wanted < 1 || next === undefined) {
    outbox.delete(parcel.id);
    return;
  }
  parcel.nextAt = next;
  arm(ctx, parcel);
};

/** Puts a body on its way to an app's receiver; it is tried again until that answers 200, for a week at most. */
export const sendParcel = (
  ctx: Context,
  app: App,
  body: string,
  options: { afterMs: number; times: number; lost: boolean },
): void => {
  const now = ctx.clock.now();
  const id = ctx.random.uuid("webhook", app.id);
  if (options.lost) {
    const lost = { status: null, error: "lost on purpose" };
    const url = app.subscription?.url ?? "";
    log(ctx, { parcel: id, appId: app.id, at: now, attempt: 0, url, body, signature: "", ...lost });
    return;
  }
  const nextAt = now + options.afterMs;
  const parcel: Parcel = { id, appId: app.id, body, firstAt: now, nextAt, attempts: 0, wanted: options.times };
  ctx.store.business.outbox.set(id, parcel);
  arm(ctx, parcel);
};

/** After a restart: what was on its way goes on. */
export const resumeParcels = (ctx: Context): void => {
  for (const parcel of ctx.store.business.outbox.values()) arm(ctx, parcel);
};

/** Asks a receiver to prove that it knows the verify token. The sentence that says why not, or undefined. */
export const handshake = async (ctx: Context, url: string, verifyToken: string): Promise<string | undefined> => {
  const challenge = String(ctx.random.bytes(4, "challenge").readUInt32BE());
  const target = new URL(url);
  target.searchParams.set("hub.mode", "subscribe");
  target.searchParams.set("hub.challenge", challenge);
  target.searchParams.set("hub.verify_token", verifyToken);
  try {
    const response = await fetch(target, { redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS) });
    const text = await response.text();
    if (response.status !== 200) return `The callback URL answered ${response.status} to the challenge, not 200.`;
    return text === challenge ? undefined : "The callback URL did not answer with the text of hub.challenge.";
  } catch (error) {
    return `The callback URL did not answer: ${reasonOf(error)}.`;
  }
};
