import { eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { demoPayments } from "#db/schema/index.ts";
import type { Env } from "../../../env.ts";
import { signatureHeaders } from "../../../webhooks/deliver/sign.ts";
import { findPayment } from "./books.ts";
import { eventOf } from "./events.ts";
import { callbackKeys } from "./keys.ts";
import { DEMO_CALLBACKS } from "./rules.ts";

const TIMEOUT_MS = 10_000;

/**
 * The demo provider calls back: posts what became of a payment to the shop, signed by its current key.
 * @throws Error unless it was taken, so that the job is run again later
 */
export async function callBack(db: Db, env: Pick<Env, "sessionKeys" | "webOrigin">, paymentId: string): Promise<void> {
  const payment = await findPayment(db, eq(demoPayments.id, paymentId));
  if (!payment) return;
  const event = eventOf(payment);
  const body = JSON.stringify(event);
  const response = await fetch(`${env.webOrigin}${DEMO_CALLBACKS}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...signatureHeaders(callbackKeys(env.sessionKeys).slice(0, 1), event.id, new Date(), body),
    },
    body,
    redirect: "manual",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`the callback of ${paymentId} was answered with ${response.status}`);
}
