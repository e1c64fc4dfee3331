import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { recordAudit } from "../audit/record.ts";
import { DomainError } from "../errors.ts";
import { publish } from "../events.ts";
import type { DeliveryRef, ReplayDeadInput } from "./schema.ts";

/**
 * Delivers an event again, or now, under the same id: receivers that keep ids know it. It has all its tries anew.
 * @throws not_found, webhook_off when its endpoint is switched off, wrong_state while it is being delivered
 */
export async function replayDelivery(tx: Db, userId: Id<"user">, { id }: DeliveryRef): Promise<void> {
  const [row] = await tx.execute<{ endpointId: Id<"webhookEndpoint">; status: string }>(sql`
    select endpoint_id as "endpointId", status from webhook_deliveries where id = ${id} and user_id = ${userId}`);
  if (!row) throw new DomainError("not_found");
  await readyAgain(tx, userId, row.endpointId);
  const again = await tx.execute(sql`
    update webhook_deliveries set status = 'queued', attempts = 0, next_attempt_at = now(), last_error = null
     where id = ${id} and user_id = ${userId} and status <> 'delivering' returning 1`);
  if (again.length === 0) throw new DomainError("wrong_state", { status: "being delivered" });
  await booked(tx, userId, row.endpointId, 1);
}

/** Delivers every dead event again: of one endpoint, or of all that are switched on. @returns how many */
export async function replayDead(tx: Db, userId: Id<"user">, { id }: ReplayDeadInput): Promise<{ replayed: number }> {
  if (id) await readyAgain(tx, userId, id);
  const ofOne = id ? sql`and e.id = ${id}` : sql``;
  const rows = await tx.execute<{ endpointId: Id<"webhookEndpoint"> }>(sql`
    with ready as (
      update webhook_endpoints e set resume_at = now() where e.user_id = ${userId} and e.enabled ${ofOne} returning e.id
    )
    update webhook_deliveries d set status = 'queued', attempts = 0, next_attempt_at = now(), last_error = null
      from ready where d.endpoint_id = ready.id and d.user_id = ${userId} and d.status = 'dead'
    returning d.endpoint_id as "endpointId"`);
  for (const endpointId of new Set(rows.map((row) => row.endpointId)))
    await booked(tx, userId, endpointId, rows.filter((row) => row.endpointId === endpointId).length);
  return { replayed: rows.length };
}

/** The endpoint before its deliveries, as everywhere: it is not left alone any longer. */
async function readyAgain(tx: Db, userId: Id<"user">, id: Id<"webhookEndpoint">): Promise<void> {
  const [endpoint] = await tx.execute<{ enabled: boolean }>(sql`
    update webhook_endpoints set resume_at = now() where id = ${id} and user_id = ${userId} returning enabled`);
  if (!endpoint) throw new DomainError("not_found");
  if (!endpoint.enabled) throw new DomainError("webhook_off");
}

async function booked(tx: Db, userId: Id<"user">, endpointId: Id<"webhookEndpoint">, deliveries: number) {
  await tx.execute(sql`select book_webhooks()`);
  await recordAudit(tx, userId, "webhook.replayed", { endpointId, deliveries });
  await publish(tx, userId, "webhooks", endpointId);
}
