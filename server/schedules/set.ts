import { eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { schedules, waSessions } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { DomainError } from "../errors.ts";
import type { SetScheduleInput } from "./schema.ts";

/** Sets the hours in which messages may leave, for all of a user's phones. */
export async function setSchedule(tx: Db, userId: Id<"user">, input: SetScheduleInput): Promise<void> {
  await tx.update(schedules).set(input).where(eq(schedules.userId, userId));
  const sessions = await tx
    .select({ id: waSessions.id })
    .from(waSessions)
    .where(eq(waSessions.userId, userId))
    .orderBy(waSessions.id);
  for (const { id } of sessions) await tx.execute(sql`select book_pump(${id})`);
  await recordAudit(tx, userId, "schedule.set", { windows: input.windows?.length ?? null, paused: input.paused });
}

export async function getSchedule(tx: Db, userId: Id<"user">) {
  const [schedule] = await tx
    .select({ tz: schedules.tz, windows: schedules.windows, paused: schedules.paused })
    .from(schedules)
    .where(eq(schedules.userId, userId));
  if (!schedule) throw new DomainError("not_found");
  return schedule;
}
