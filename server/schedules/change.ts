import { eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { schedules, waSessions } from "#db/schema/index.ts";
import { DomainError } from "../errors.ts";
import { publish } from "../events.ts";

/** Writes what changed of a user's hours, wakes what waits for them and tells the open screens. */
export async function change(
  tx: Db,
  userId: Id<"user">,
  values: Partial<typeof schedules.$inferInsert>,
): Promise<void> {
  const [changed] = await tx
    .update(schedules)
    .set(values)
    .where(eq(schedules.userId, userId))
    .returning({ id: schedules.id });
  if (!changed) throw new DomainError("not_found");
  const sessions = await tx
    .select({ id: waSessions.id })
    .from(waSessions)
    .where(eq(waSessions.userId, userId))
    .orderBy(waSessions.id);
  for (const { id } of sessions) await tx.execute(sql`select book_pump(${id})`);
  await publish(tx, userId, "schedule", changed.id);
}
