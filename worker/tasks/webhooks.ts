import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Env } from "#server/env.ts";
import type { Log } from "#server/log.ts";
import { anyEndpoint, giveBack, settle, type Taken, takeDue } from "#server/webhooks/deliver/outbox.ts";
import type { Answer, PostOptions } from "#server/webhooks/deliver/post.ts";
import { createResolve } from "#server/webhooks/deliver/resolve.ts";
import { tryOnce } from "#server/webhooks/deliver/try.ts";
import { TIMEOUT_MS } from "#server/webhooks/rules.ts";
import { openSecretBox, type SecretBox } from "#server/webhooks/secrets.ts";
import type { Announce } from "../announce.ts";

const SLICE_MS = 30_000;
/** How often the outbox is looked into: what is written there wakes nobody, so that no sender waits for another. */
const LOOK_MS = 500;
/** Endpoints that are told something at the same time, by one process. */
const AT_ONCE = 8;
/** A process that stops waits so long for answers, then gives back what has none. */
const GRACE_MS = 400;

export interface WebhookDeps {
  env: Pick<Env, "sessionKeys" | "webhooks">;
  db: Db;
  log: Log;
  announce: Announce;
  /** Aborted when the process stops. */
  closing: AbortSignal;
}

/**
 * Delivers webhooks: looks for what is due twice a second, for 30 s, then books itself; with no endpoint switched on it ends
 * at once, and adding one books it. One runs per process, any number of processes at the same time.
 */
export function createWebhooks(deps: WebhookDeps): () => Promise<void> {
  const { db, closing } = deps;
  let running = false;
  let again = false;
  return async () => {
    again = true;
    if (running || closing.aborted) return;
    running = true;
    try {
      // What was booked meanwhile may be for an endpoint that was not there yet when this one looked.
      while (again && !closing.aborted) {
        again = false;
        if (await anyEndpoint(db)) await runSlice(deps, await openSecretBox(db, deps.env.sessionKeys));
      }
    } finally {
      running = false;
    }
    if (!closing.aborted && (await anyEndpoint(db))) await db.execute(sql`select book_webhooks()`);
  };
}

async function runSlice(deps: WebhookDeps, box: SecretBox): Promise<void> {
  const { db, env, closing } = deps;
  const cut = new AbortController();
  const options: PostOptions = {
    local: env.webhooks.local,
    resolve: createResolve({ local: env.webhooks.local }),
    timeoutMs: TIMEOUT_MS,
    signal: cut.signal,
  };
  const underWay = new Set<Promise<void>>();
  const endsAt = Date.now() + SLICE_MS;
  try {
    while (!closing.aborted && Date.now() < endsAt) {
      const room = AT_ONCE - underWay.size;
      const taken = room > 0 ? await takeDue(db, room) : [];
      for (const delivery of taken) {
        const done = deliver(deps, box, delivery, options).finally(() => underWay.delete(done));
        underWay.add(done);
      }
      if (taken.length === 0) await Promise.race([sleepUntil(LOOK_MS, closing), ...underWay]);
    }
  } finally {
    const grace = closing.aborted ? setTimeout(() => cut.abort(), GRACE_MS) : undefined;
    await Promise.all(underWay);
    clearTimeout(grace);
  }
}

const sleepUntil = (ms: number, signal: AbortSignal) => sleep(ms, undefined, { signal }).catch(() => {});

/** One try, and what came of it. What fails here leaves the delivery to the end of its lease. */
async function deliver(deps: WebhookDeps, box: SecretBox, taken: Taken, options: PostOptions): Promise<void> {
  const { db, announce } = deps;
  const { id: deliveryId, endpointId, userId, type, attempts } = taken;
  const log = deps.log.child({ deliveryId, endpointId, userId, type, attempts });
  try {
    let answer: Answer;
    try {
      answer = await tryOnce(taken, box, options);
    } catch (err) {
      if (!options.signal?.aborted) throw err;
      return await giveBack(db, taken);
    }
    const settled = await settle(db, taken, answer, { random: Math.random() });
    const { code, problem, ms } = answer;
    const line = { event: "webhook.tried", outcome: settled?.status ?? "lost", code, problem, ms };
    if (settled?.switchedOff) log.warn({ ...line, reason: settled.switchedOff }, "a webhook was switched off");
    else if (settled?.status === "dead") log.warn(line, "a webhook's delivery was given up");
    else log.debug(line, "a webhook was tried");
    announce(userId, "webhooks", endpointId);
  } catch (err) {
    log.error({ err, event: "webhook.failed" }, "a webhook could not be tried");
  }
}
