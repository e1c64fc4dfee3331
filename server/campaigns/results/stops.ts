import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { pauseSentences } from "../rules.ts";
import { type Stop, stopsOf } from "./rules.ts";

const AT_MOST = 200;

const row = z.object({
  at: z.coerce.date(),
  kind: z.enum(["paused", "ended"]),
  // Who pauses by hand gives no reason, and one of an older version is none that is known.
  reason: z.enum(Object.keys(pauseSentences) as [Stop["reason"], ...Stop["reason"][]]).catch("user"),
});

/** When a campaign was paused and why, oldest first, by the audit log; the last stop may still go on. */
export async function readStops(
  tx: Db,
  userId: Id<"user">,
  campaign: { id: Id<"campaign">; startedAt: Date | null },
): Promise<Stop[]> {
  if (campaign.startedAt === null) return [];
  const rows = await tx.execute(sql`
    select to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at,
           case when action = 'campaign.paused' then 'paused' else 'ended' end as kind, meta->>'reason' as reason
      from audit_logs
     where user_id = ${userId} and created_at >= ${campaign.startedAt.toISOString()}
       and action in ('campaign.paused', 'campaign.resumed', 'campaign.cancelled') and meta->>'campaignId' = ${campaign.id}
     order by id limit ${AT_MOST}`);
  return stopsOf(rows.map((each) => row.parse(each)));
}
