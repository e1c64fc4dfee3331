import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import { type Id, idSchema } from "#db/ids.ts";
import { hoursColumns, hoursRow, toHours } from "../../schedules/row.ts";
import { isOpen, nextOpening } from "../../schedules/rules.ts";

export interface Waiting {
  reason: "paused_all" | "session_offline" | "outside_hours" | "daily_cap" | "behind" | "retrying";
  /** When it ends by itself; null when something has to happen first. */
  until: Date | null;
  /** Of `behind`: the campaign that sends first. */
  campaign: { id: Id<"campaign">; name: string } | null;
}

const row = hoursRow.extend({
  online: z.boolean(),
  app_now: z.coerce.date(),
  sent_today: z.number(),
  tomorrow: z.coerce.date().nullable(),
  before: z.object({ id: idSchema("campaign"), name: z.string() }).nullable(),
  retry_at: z.coerce.date().nullable(),
});

/**
 * Why nothing leaves from a phone at the moment, or nothing of this campaign. Computed each time, never stored.
 * @param campaignId a running campaign of that phone; null for what belongs to none
 */
export async function readWaiting(
  tx: Db,
  userId: Id<"user">,
  waSessionId: Id<"waSession">,
  dailyCap: number,
  campaignId: Id<"campaign"> | null = null,
): Promise<Waiting | null> {
  const [found] = await tx.execute(sql`
    select s.status = 'linked' and coalesce(s.lease_until > now(), false) as online, ${hoursColumns}, app_now() as app_now,
           coalesce(case when n.day = (app_now() at time zone n.tz)::date then n.day_sent end, 0) as sent_today,
           (((app_now() at time zone n.tz)::date + 1)::timestamp at time zone n.tz) as tomorrow,
           (select json_build_object('id', c.id, 'name', c.name) from campaigns c
             where c.wa_session_id = s.id and c.status = 'running' and c.id < ${campaignId}
               and exists (select 1 from messages q where q.campaign_id = c.id and q.status = 'queued' and q.not_before <= now())
             order by c.id limit 1) as before,
           (select case when min(q.not_before) > now() then min(q.not_before) end from messages q
             where q.campaign_id = ${campaignId} and q.status = 'queued') as retry_at
      from wa_sessions s join schedules h on h.user_id = s.user_id left join wa_numbers n on n.phone = s.phone
     where s.id = ${waSessionId} and s.user_id = ${userId}`);
  if (!found) return null;
  const state = row.parse(found);
  const hours = toHours(state);
  const waits = (reason: Waiting["reason"], until: Date | null = null): Waiting => ({ reason, until, campaign: null });
  if (state.paused) return waits("paused_all");
  if (!state.online) return waits("session_offline");
  if (!isOpen(hours, state.app_now)) return waits("outside_hours", nextOpening(hours, state.app_now));
  if (state.sent_today >= dailyCap) return waits("daily_cap", state.tomorrow);
  if (state.before) return { reason: "behind", until: null, campaign: state.before };
  return state.retry_at && waits("retrying", state.retry_at);
}
