import { and, asc, eq, sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { waDisconnects } from "#db/schema/index.ts";
import { hoursColumns, hoursRow, toHours } from "../../schedules/row.ts";
import { absencesOf, type HoursChange, type Quiet, quietOf, type Stop } from "./rules.ts";

const CHANGES_AT_MOST = 500;

const change = z.object({
  at: z.coerce.date(),
  action: z.string(),
  paused: z.boolean().nullable(),
  until: z.coerce.date().nullable(),
});

/**
 * When nothing of a campaign left because of its user's hours, by the hours and the audit log, or because its phone was not
 * connected, as far as that is kept; each kind oldest first.
 */
export async function readQuiet(
  tx: Db,
  userId: Id<"user">,
  campaign: { startedAt: Date | null; finishedAt: Date | null; waSessionId: Id<"waSession"> | null; stops: Stop[] },
): Promise<Quiet[]> {
  const { startedAt, finishedAt, waSessionId, stops } = campaign;
  if (startedAt === null) return [];
  const [found] = await tx.execute(
    sql`select ${hoursColumns}, app_now() as now from schedules h where h.user_id = ${userId}`,
  );
  const { now, ...hours } = hoursRow.extend({ now: z.coerce.date() }).parse(found);
  const changes = await tx.execute(sql`
    select to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, action,
           (meta->>'paused')::boolean as paused, meta->>'until' as until
      from audit_logs
     where user_id = ${userId} and action in ('schedule.set', 'schedule.paused', 'schedule.resumed', 'schedule.activated',
             'schedule.exception_added', 'schedule.exception_removed')
     order by id desc limit ${CHANGES_AT_MOST}`);
  const span = { from: startedAt, to: finishedAt ?? now };
  const quiet = quietOf(toHours(hours), changes.map((each) => toChange(change.parse(each))).reverse(), span);
  if (waSessionId === null) return quiet;
  const ends = await tx
    .select({ at: waDisconnects.at, backAt: waDisconnects.backAt })
    .from(waDisconnects)
    .where(and(eq(waDisconnects.userId, userId), eq(waDisconnects.waSessionId, waSessionId)))
    .orderBy(asc(waDisconnects.at));
  return [...quiet, ...absencesOf(ends, span, stops)];
}

function toChange({ at, action, paused, until }: z.infer<typeof change>): HoursChange {
  switch (action) {
    case "schedule.paused":
      return { at, windows: false, paused: true, openUntil: "over" };
    case "schedule.resumed":
      return { at, windows: false, paused: false, openUntil: "over" };
    case "schedule.activated":
      return { at, windows: false, paused: false, openUntil: until };
    case "schedule.set":
      return { at, windows: true, paused, openUntil: paused ? "over" : null };
    default:
      return { at, windows: true, paused: null, openUntil: null };
  }
}
