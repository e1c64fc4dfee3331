import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import type { Caps } from "../../env.ts";
import { getOwnCampaign } from "../draft/draft.ts";
import { readEstimate } from "../estimate/read.ts";
import type { Estimate } from "../estimate/rules.ts";

export interface Progress {
  /** Messages that WhatsApp accepted in a minute, over the last minutes; null before the first. */
  perMinute: number | null;
  /** When the last one will have been sent, hours and caps counted; null when nothing is left to send. */
  finish: Estimate | null;
}

const MINUTES = 5;

/** How fast a campaign goes, and when it will be through. */
export async function readProgress(tx: Db, caps: Caps, userId: Id<"user">, input: { id: string }): Promise<Progress> {
  const campaign = await getOwnCampaign(tx, userId, input.id);
  const [row] = await tx.execute<{ queued: number; recent: number; minutes: number | null }>(sql`
    select count(*) filter (where status = 'queued')::int as queued,
           count(*) filter (where sent_at > now() - make_interval(mins => ${MINUTES}))::int as recent,
           (extract(epoch from now() - greatest(min(sent_at), now() - make_interval(mins => ${MINUTES}))) / 60)::float8 as minutes
      from messages where campaign_id = ${campaign.id}`);
  const { queued, recent, minutes } = row ?? { queued: 0, recent: 0, minutes: null };
  return {
    // A first second says nothing about a minute.
    perMinute: minutes === null || minutes < 1 / 12 ? null : recent / minutes,
    finish: campaign.status === "running" && queued > 0 ? await readEstimate(tx, caps, campaign, { queued }) : null,
  };
}
