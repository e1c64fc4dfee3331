import { and, asc, eq, lt, sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { campaigns, messages } from "#db/schema/index.ts";
import type { Caps } from "../../env.ts";
import { hoursColumns, hoursRow, toHours } from "../../schedules/row.ts";
import { throttleInForce } from "../rules.ts";
import { type Estimate, estimateFinish, meanGap } from "./rules.ts";

interface Planned {
  userId: Id<"user">;
  id: Id<"campaign">;
  waSessionId: Id<"waSession"> | null;
  throttleMinMs: number;
  throttleMaxMs: number;
}

const row = hoursRow.extend({
  now: z.coerce.date(),
  number_tz: z.string(),
  sent_today: z.number(),
});

/** The hours of a campaign's user and the day of its phone, as they are now. */
export async function readDay(tx: Db, { userId, waSessionId }: Pick<Planned, "userId" | "waSessionId">) {
  const [found] = await tx.execute(sql`
    select ${hoursColumns}, app_now() as now, coalesce(n.tz, h.tz) as number_tz,
           coalesce(case when n.day = (app_now() at time zone n.tz)::date then n.day_sent end, 0) as sent_today
      from schedules h left join wa_sessions s on s.id = ${waSessionId} and s.user_id = h.user_id
      left join wa_numbers n on n.phone = s.phone
     where h.user_id = ${userId}`);
  const { now, number_tz, sent_today, ...hours } = row.parse(found);
  return { now, hours: toHours(hours), numberTz: number_tz, sentToday: sent_today };
}

/**
 * When a campaign will have sent its last message, as things are now. Running campaigns of the same phone that were made
 * before it send first: messages are taken in the order of the campaigns.
 * @param queued messages it still has, or will have, to send
 * @param from when it is to start; now for one that runs
 */
export async function readEstimate(
  tx: Db,
  caps: Caps,
  campaign: Planned,
  { queued, from }: { queued: number; from?: Date | null | undefined },
): Promise<Estimate> {
  const { now, hours, numberTz, sentToday } = await readDay(tx, campaign);
  const gapMs = ({ minMs, maxMs }: { minMs: number; maxMs: number }) =>
    meanGap(throttleInForce({ minMs, maxMs }, caps.throttleFloorMs));
  const later = from && from > now ? from : null;
  const ahead = campaign.waSessionId === null ? [] : await readAhead(tx, campaign.waSessionId, campaign.id);
  const own = { messages: queued, gapMs: gapMs({ minMs: campaign.throttleMinMs, maxMs: campaign.throttleMaxMs }) };
  return estimateFinish({
    from: later ?? now,
    hours,
    // What runs now is taken to be through when a scheduled one starts.
    blocks: [...(later ? [] : ahead.map((each) => ({ messages: each.messages, gapMs: gapMs(each) }))), own],
    cap: {
      perDay: caps.messagesPerDay,
      sentToday: later && !isSameDay(now, later, numberTz) ? 0 : sentToday,
      tz: numberTz,
    },
  });
}

async function readAhead(tx: Db, waSessionId: Id<"waSession">, id: Id<"campaign">) {
  return tx
    .select({
      minMs: campaigns.throttleMinMs,
      maxMs: campaigns.throttleMaxMs,
      messages: sql<number>`(select count(*)::int from ${messages}
        where ${messages.campaignId} = ${campaigns.id} and ${messages.status} = 'queued')`,
    })
    .from(campaigns)
    .where(and(eq(campaigns.waSessionId, waSessionId), eq(campaigns.status, "running"), lt(campaigns.id, id)))
    .orderBy(asc(campaigns.id));
}

function isSameDay(a: Date, b: Date, tz: string): boolean {
  const day = new Intl.DateTimeFormat("en-CA", { timeZone: tz });
  return day.format(a) === day.format(b);
}
