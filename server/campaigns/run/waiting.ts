import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { isOpen, nextOpening } from "../../schedules/rules.ts";

export interface Waiting {
  reason: "session_offline" | "outside_hours" | "daily_cap" | "paused_all";
  /** When it ends by itself; null when something has to happen first. */
  until: Date | null;
}

const row = z.object({
  status: z.string(),
  online: z.boolean(),
  tz: z.string(),
  windows: z.array(z.object({ day: z.number(), from: z.number(), to: z.number() })).nullable(),
  paused: z.boolean(),
  app_now: z.coerce.date(),
  sent_today: z.number(),
  tomorrow: z.coerce.date().nullable(),
});

/** Why a running campaign sends nothing at the moment. Computed each time, never stored. */
export async function readWaiting(
  tx: Db,
  userId: Id<"user">,
  sessionId: Id<"waSession">,
  dailyCap: number,
): Promise<Waiting | null> {
  const [found] = await tx.execute(sql`
    select s.status, s.status = 'linked' and coalesce(s.lease_until > now(), false) as online, h.tz, h.windows, h.paused, app_now() as app_now,
           coalesce(case when n.day = (app_now() at time zone n.tz)::date then n.day_sent end, 0) as sent_today,
           (((app_now() at time zone n.tz)::date + 1)::timestamp at time zone n.tz) as tomorrow
      from wa_sessions s join schedules h on h.user_id = s.user_id left join wa_numbers n on n.phone = s.phone
     where s.id = ${sessionId} and s.user_id = ${userId}`);
  if (!found) return null;
  const state = row.parse(found);
  const hours = { tz: state.tz, windows: state.windows, paused: state.paused };
  if (state.paused) return { reason: "paused_all", until: null };
  if (!state.online) return { reason: "session_offline", until: null };
  if (!isOpen(hours, state.app_now)) return { reason: "outside_hours", until: nextOpening(hours, state.app_now) };
  if (state.sent_today >= dailyCap) return { reason: "daily_cap", until: state.tomorrow };
  return null;
}
