import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { getOwnCampaign } from "../draft/draft.ts";
import { countAnswers, reached } from "./answers.ts";
import { readQuiet } from "./quiet.ts";
import { type RunMoments, type RunScale, runScale } from "./rules.ts";
import { readStops } from "./stops.ts";

/** How many messages were accepted, delivered and read in one part of a run. */
export interface RunPart {
  at: Date;
  accepted: number;
  delivered: number;
  read: number;
}

/** A campaign's run over time. */
export interface Run {
  stepMs: number;
  parts: RunPart[];
  /** What came after the chart's end, with the last of it. */
  later: { delivered: number; read: number; lastAt: Date } | null;
}

// A receipt may overtake the one before it; what was read was delivered, and what was delivered was accepted.
const acceptedAt = sql`least(m.sent_at, m.delivered_at, m.read_at)`;
const deliveredAt = sql`least(m.delivered_at, m.read_at)`;

/**
 * What came of a campaign beside its counts: who answered, how its messages went over time, when it was paused, and when
 * nothing left because of the hours or an absence of its phone. `run` is null while WhatsApp has accepted none.
 * @throws DomainError not_found
 */
export async function readResults(tx: Db, userId: Id<"user">, input: { id: string }) {
  const { id, startedAt, finishedAt, waSessionId } = await getOwnCampaign(tx, userId, input.id);
  const answers = await countAnswers(tx, userId, id);
  const moments = await readMoments(tx, userId, id);
  const stops = await readStops(tx, userId, { id, startedAt });
  return {
    ...answers,
    run: moments && (await readRun(tx, userId, id, moments)),
    stops,
    quiet: await readQuiet(tx, userId, { startedAt, finishedAt, waSessionId, stops }),
  };
}

async function readMoments(tx: Db, userId: Id<"user">, id: Id<"campaign">): Promise<RunMoments | null> {
  const ms = (of: typeof acceptedAt) => sql`(extract(epoch from ${of}) * 1000)::float8`;
  const [row] = await tx.execute<{ [K in keyof RunMoments]: number | null }>(sql`
    select ${ms(sql`min(least(m.sending_at, ${acceptedAt}))`)} as "firstAt",
           ${ms(sql`max(${acceptedAt})`)} as "lastAcceptedAt",
           ${ms(sql`max(greatest(m.sent_at, m.delivered_at, m.read_at))`)} as "lastHeardAt"
      from messages m where m.campaign_id = ${id} and m.user_id = ${userId} and ${reached}`);
  if (!row || row.firstAt === null || row.lastAcceptedAt === null || row.lastHeardAt === null) return null;
  return { firstAt: row.firstAt, lastAcceptedAt: row.lastAcceptedAt, lastHeardAt: row.lastHeardAt };
}

async function readRun(tx: Db, userId: Id<"user">, id: Id<"campaign">, moments: RunMoments): Promise<Run> {
  const { from, stepMs, count }: RunScale = runScale(moments);
  const rows = await tx.execute<{ part: number; accepted: number; delivered: number; read: number }>(sql`
    select least(floor((extract(epoch from fact.at)::float8 * 1000 - ${from}::float8) / ${stepMs}::float8), ${count})::int as part,
           count(*) filter (where fact.kind = 'accepted')::int as accepted,
           count(*) filter (where fact.kind = 'delivered')::int as delivered,
           count(*) filter (where fact.kind = 'read')::int as read
      from messages m
     cross join lateral (values ('accepted', ${acceptedAt}), ('delivered', ${deliveredAt}), ('read', m.read_at)) fact(kind, at)
     where m.campaign_id = ${id} and m.user_id = ${userId} and ${reached} and fact.at is not null
     group by part`);
  const byPart = new Map(rows.map((row) => [row.part, row]));
  const later = byPart.get(count);
  return {
    stepMs,
    parts: Array.from({ length: count }, (_, part) => {
      const { accepted = 0, delivered = 0, read = 0 } = byPart.get(part) ?? {};
      return { at: new Date(from + part * stepMs), accepted, delivered, read };
    }),
    later: later ? { delivered: later.delivered, read: later.read, lastAt: new Date(moments.lastHeardAt) } : null,
  };
}
