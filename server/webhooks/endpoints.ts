import { and, count, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { webhookDeliveries, webhookEndpoints } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { DomainError } from "../errors.ts";
import { publish } from "../events.ts";
import { ENDPOINTS_AT_MOST, OLD_SECRET_HOURS, urlProblem } from "./rules.ts";
import type { AddEndpointInput, ChangeEndpointInput, EndpointRef, SwitchEndpointInput } from "./schema.ts";
import { newSecret, type SecretBox, secretText } from "./secrets.ts";

/** A secret is answered when it is made, and never again. */
export interface ShownSecret {
  id: Id<"webhookEndpoint">;
  /** `whsec_…`, as libraries of Standard Webhooks take it. */
  secret: string;
}

const own = (userId: Id<"user">, id: Id<"webhookEndpoint">) =>
  and(eq(webhookEndpoints.id, id), eq(webhookEndpoints.userId, userId));

function checkUrl(url: string, local: boolean): void {
  const problem = urlProblem(url, local);
  if (problem) throw new DomainError("invalid_input", {}, { url: problem });
}

/** Books the job that delivers: it runs while there is anything to look out for. */
const wake = (tx: Db) => tx.execute(sql`select book_webhooks()`);

/** What waits for its next try need not wait any longer: its user has seen to the endpoint. */
async function goOn(tx: Db, userId: Id<"user">, id: Id<"webhookEndpoint">): Promise<void> {
  await tx.execute(sql`
    update webhook_deliveries set next_attempt_at = now() where endpoint_id = ${id} and user_id = ${userId} and status = 'queued'`);
  await wake(tx);
}

/** Adds an endpoint, switched on. @throws too_many_webhooks, invalid_input for an address that may not be told anything */
export async function addEndpoint(
  tx: Db,
  box: SecretBox,
  userId: Id<"user">,
  input: AddEndpointInput,
  { local }: { local: boolean },
): Promise<ShownSecret> {
  checkUrl(input.url, local);
  // One after the other: two at once would both find room for the last.
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`webhooks|${userId}`}, 0))`);
  const [has] = await tx.select({ n: count() }).from(webhookEndpoints).where(eq(webhookEndpoints.userId, userId));
  if ((has?.n ?? 0) >= ENDPOINTS_AT_MOST) throw new DomainError("too_many_webhooks", { limit: ENDPOINTS_AT_MOST });
  const id = newId("webhookEndpoint");
  const secret = newSecret();
  await tx.insert(webhookEndpoints).values({ id, userId, ...input, secret: box.seal({ id, userId }, secret) });
  await wake(tx);
  await changed(tx, userId, id, "added");
  return { id, secret: secretText(secret) };
}

/** Changes address, words or events; what waits goes to the new address, at once. @throws not_found, invalid_input */
export async function changeEndpoint(
  tx: Db,
  userId: Id<"user">,
  { id, ...input }: ChangeEndpointInput,
  { local }: { local: boolean },
): Promise<void> {
  checkUrl(input.url, local);
  await set(tx, userId, id, { ...input, changedAt: sql`now()`, resumeAt: sql`now()` });
  await goOn(tx, userId, id);
  await changed(tx, userId, id, "changed");
}

/**
 * Switches an endpoint on or off. While it is off nothing is written down for it; what waited before waits on, and goes when
 * it is on again. @throws not_found
 */
export async function switchEndpoint(tx: Db, userId: Id<"user">, { id, to }: SwitchEndpointInput): Promise<void> {
  const on = {
    enabled: true,
    disabledReason: null,
    disabledAt: null,
    failures: 0,
    failingSince: null,
    resumeAt: sql`now()`,
  };
  const off = { enabled: false, disabledReason: "user" as const, disabledAt: sql`now()` };
  await set(tx, userId, id, to === "on" ? on : off);
  if (to === "on") await goOn(tx, userId, id);
  await changed(tx, userId, id, to === "on" ? "switched_on" : "switched_off");
}

/** Removes an endpoint with its log. One that is being delivered this moment may still arrive. @throws not_found */
export async function removeEndpoint(tx: Db, userId: Id<"user">, { id }: EndpointRef): Promise<void> {
  const removed = await tx.delete(webhookEndpoints).where(own(userId, id)).returning({ id: webhookEndpoints.id });
  if (removed.length === 0) throw new DomainError("not_found");
  await tx
    .delete(webhookDeliveries)
    .where(and(eq(webhookDeliveries.endpointId, id), eq(webhookDeliveries.userId, userId)));
  await changed(tx, userId, id, "removed");
}

/** Gives an endpoint a new secret. For a day the one before signs too, beside it. @throws not_found */
export async function rotateSecret(
  tx: Db,
  box: SecretBox,
  userId: Id<"user">,
  { id }: EndpointRef,
): Promise<ShownSecret> {
  const secret = newSecret();
  await set(tx, userId, id, {
    previousSecret: sql`${webhookEndpoints.secret}`,
    previousUntil: sql`app_now() + ${OLD_SECRET_HOURS} * interval '1 hour'`,
    secret: box.seal({ id, userId }, secret),
  });
  await changed(tx, userId, id, "secret_changed");
  return { id, secret: secretText(secret) };
}

async function set(
  tx: Db,
  userId: Id<"user">,
  id: Id<"webhookEndpoint">,
  values: Parameters<ReturnType<typeof tx.update<typeof webhookEndpoints>>["set"]>[0],
): Promise<void> {
  const rows = await tx
    .update(webhookEndpoints)
    .set(values)
    .where(own(userId, id))
    .returning({ id: webhookEndpoints.id });
  if (rows.length === 0) throw new DomainError("not_found");
}

async function changed(tx: Db, userId: Id<"user">, endpointId: Id<"webhookEndpoint">, what: string): Promise<void> {
  await recordAudit(tx, userId, `webhook.${what}`, { endpointId });
  await publish(tx, userId, "webhooks", endpointId);
}
