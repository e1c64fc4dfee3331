import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { Counter, type Registry } from "prom-client";
import type { Db } from "#db/client.ts";
import { DomainError } from "../../errors.ts";
import type { BillingDeps } from "../deps.ts";
import { applyPayment } from "../purchases/apply.ts";
import { DEMO_CALLBACKS } from "./demo/rules.ts";
import { openProvider } from "./open.ts";

/** An event is a few hundred bytes. */
const BODY_LIMIT = 64 * 1024;

const problems = { signature: "payment_signature", time: "payment_time", body: "payment_body" } as const;
type Refused = (typeof problems)[keyof typeof problems];

/**
 * Where payment providers call back. They have no cookie and come from no page of ours: their signature is all that is
 * believed. 2xx says that the event was taken, also when it was heard before; anything else, that it may be sent again.
 */
export function paymentCallbacks(db: Db, deps: BillingDeps, metrics: Registry): Hono {
  const callbacks = new Hono();
  const heard = new Counter({
    name: "payment_callbacks_total",
    help: "Callbacks of payment providers, by what they made of their purchase or why they were refused",
    labelNames: ["outcome"],
    registers: [metrics],
  });
  const refuse = (code: Refused): never => {
    heard.inc({ outcome: code });
    throw new DomainError(code);
  };
  const tooLarge = bodyLimit({
    maxSize: BODY_LIMIT,
    onError: () => refuse("payment_body"),
  });
  callbacks.post(DEMO_CALLBACKS, tooLarge, async (c) => {
    const provider = openProvider(db, deps.env);
    if (provider?.name !== "demo") throw new DomainError("not_found");
    const read = provider.readCallback({ headers: c.req.raw.headers, body: await c.req.text() }, new Date());
    if ("problem" in read) {
      deps.log.warn({ event: "payment.refused", problem: read.problem }, "a payment's callback was not believed");
      return refuse(problems[read.problem]);
    }
    const outcome = await applyPayment(db, deps, read).catch((error: unknown) => {
      if (error instanceof DomainError) heard.inc({ outcome: error.code });
      throw error;
    });
    heard.inc({ outcome });
    return c.json({ outcome });
  });
  return callbacks;
}
