import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { webhookDeliveries } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { countTry } from "../auth/throttle.ts";
import { DomainError } from "../errors.ts";
import { publish } from "../events.ts";
import type { SessionKeys } from "../keys/seal.ts";
import { settle, type Taken } from "./deliver/outbox.ts";
import type { Answer } from "./deliver/post.ts";
import { createResolve } from "./deliver/resolve.ts";
import { tryOnce } from "./deliver/try.ts";
import { TIMEOUT_MS } from "./rules.ts";
import type { EndpointRef, WebhookData } from "./schema.ts";
import { openSecretBox } from "./secrets.ts";

export interface TestDeps {
  /** The system path: no transaction may stay open while a receiver thinks. */
  db: Db;
  sessionKeys: SessionKeys;
  local: boolean;
}

export interface TestResult extends Answer {
  id: Id<"webhookEndpoint">;
  deliveryId: Id<"webhookDelivery">;
}

/**
 * Delivers a signed `webhook.test` now, once, and tells what the receiver said; it is in the log like any other. An endpoint
 * that is switched off can be tested too. @throws not_found, too_many_tries
 */
export async function sendTest(deps: TestDeps, userId: Id<"user">, { id }: EndpointRef): Promise<TestResult> {
  const { db, sessionKeys, local } = deps;
  await countTry(db, "webhook_test", userId);
  const taken = await takeTest(db, userId, id);
  const box = await openSecretBox(db, sessionKeys);
  const answer = await tryOnce(taken, box, { local, resolve: createResolve({ local }), timeoutMs: TIMEOUT_MS });
  await settle(db, taken, answer, { random: 0.5, once: true });
  await publish(db, userId, "webhooks", id);
  return { id, deliveryId: taken.id, ...answer };
}

/** Writes the test to the outbox, under way already. Should this process die now, a worker delivers it. */
async function takeTest(db: Db, userId: Id<"user">, endpointId: Id<"webhookEndpoint">): Promise<Taken> {
  return db.transaction(async (tx) => {
    const [endpoint] = await tx.execute<{
      url: string;
      secret: Buffer;
      previousSecret: Buffer | null;
      sequence: string;
    }>(
      sql`update webhook_endpoints set last_sequence = last_sequence + 1 where id = ${endpointId} and user_id = ${userId}
          returning url, secret, case when previous_until > app_now() then previous_secret end as "previousSecret",
                    last_sequence as sequence`,
    );
    if (!endpoint) throw new DomainError("not_found");
    const payload: WebhookData<"webhook.test"> = { message: "This is a test. Nothing happened." };
    const taken: Taken = {
      id: newId("webhookDelivery"),
      endpointId,
      userId,
      eventId: newId("webhookEvent"),
      type: "webhook.test",
      payload,
      occurredAt: new Date(),
      attempts: 1,
      ...endpoint,
      sequence: Number(endpoint.sequence),
    };
    await tx.insert(webhookDeliveries).values({
      ...taken,
      status: "delivering",
      nextAttemptAt: sql`now() + ${3 * TIMEOUT_MS} * interval '1 millisecond'`,
    });
    await recordAudit(tx, userId, "webhook.tested", { endpointId });
    return taken;
  });
}
