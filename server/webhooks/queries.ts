import { and, desc, eq, inArray, lt, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { webhookDeliveries, webhookEndpoints } from "#db/schema/index.ts";
import { DomainError } from "../errors.ts";
import { bodyOf } from "./deliver/try.ts";
import type { DeliveriesInput, DeliveryRef } from "./schema.ts";

const PAGE = 25;
const statusesOf = { failed: ["dead"], waiting: ["queued", "delivering"] } as const;

/** The user's endpoints, oldest first, with what became of what they were told. Never a secret. */
export async function listEndpoints(tx: Db, userId: Id<"user">) {
  const d = webhookDeliveries;
  const counts = await tx
    .select({
      endpointId: d.endpointId,
      waiting: sql<number>`count(*) filter (where ${d.status} in ('queued', 'delivering'))::int`,
      dead: sql<number>`count(*) filter (where ${d.status} = 'dead')::int`,
      delivered: sql<number>`count(*) filter (where ${d.status} = 'delivered')::int`,
    })
    .from(d)
    .where(eq(d.userId, userId))
    .groupBy(d.endpointId);
  const rows = await tx
    .select({
      id: webhookEndpoints.id,
      url: webhookEndpoints.url,
      description: webhookEndpoints.description,
      events: webhookEndpoints.events,
      enabled: webhookEndpoints.enabled,
      disabledReason: webhookEndpoints.disabledReason,
      disabledAt: webhookEndpoints.disabledAt,
      failures: webhookEndpoints.failures,
      failingSince: webhookEndpoints.failingSince,
      resumeAt: webhookEndpoints.resumeAt,
      /** Until then the secret before signs too; null when it does not. */
      oldSecretUntil:
        sql<Date | null>`case when ${webhookEndpoints.previousUntil} > app_now() then ${webhookEndpoints.previousUntil} end`.mapWith(
          webhookEndpoints.previousUntil,
        ),
      createdAt: webhookEndpoints.createdAt,
    })
    .from(webhookEndpoints)
    .where(eq(webhookEndpoints.userId, userId))
    .orderBy(webhookEndpoints.id);
  return rows.map((row) => {
    const { waiting = 0, dead = 0, delivered = 0 } = counts.find(({ endpointId }) => endpointId === row.id) ?? {};
    return { ...row, waiting, dead, delivered };
  });
}

/** Whether an endpoint was switched off because it failed: its user is told on every page that shows what is wrong. */
export async function failedEndpoints(tx: Db, userId: Id<"user">): Promise<number> {
  const rows = await tx
    .select({ id: webhookEndpoints.id })
    .from(webhookEndpoints)
    .where(and(eq(webhookEndpoints.userId, userId), inArray(webhookEndpoints.disabledReason, ["failing", "gone"])));
  return rows.length;
}

/** The log, newest first, a page at a time. */
export async function listDeliveries(tx: Db, userId: Id<"user">, { endpointId, show, cursor }: DeliveriesInput) {
  const d = webhookDeliveries;
  const rows = await tx
    .select({
      id: d.id,
      pos: d.pos,
      endpointId: d.endpointId,
      type: d.type,
      sequence: d.sequence,
      status: d.status,
      attempts: d.attempts,
      occurredAt: d.occurredAt,
      nextAttemptAt: d.nextAttemptAt,
      deliveredAt: d.deliveredAt,
      responseCode: d.responseCode,
      lastError: d.lastError,
    })
    .from(d)
    .where(
      and(
        eq(d.userId, userId),
        endpointId && eq(d.endpointId, endpointId),
        show && inArray(d.status, [...statusesOf[show]]),
        cursor === undefined ? undefined : lt(d.pos, cursor),
      ),
    )
    .orderBy(desc(d.pos))
    .limit(PAGE + 1);
  const page = rows.slice(0, PAGE);
  return { rows: page, nextCursor: rows.length > PAGE ? (page.at(-1)?.pos ?? null) : null };
}

/** One delivery, with the body as it is sent and every try that is kept. @throws not_found */
export async function readDelivery(tx: Db, userId: Id<"user">, { id }: DeliveryRef) {
  const d = webhookDeliveries;
  const [row] = await tx
    .select()
    .from(d)
    .where(and(eq(d.id, id), eq(d.userId, userId)));
  if (!row) throw new DomainError("not_found");
  const { payload, contactId: _contact, subject: _subject, ...delivery } = row;
  // Before the first try it has no number yet.
  const body = bodyOf({ ...row, payload, sequence: row.sequence ?? 0 });
  return { ...delivery, body };
}
