import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { obstacle } from "../../messages/obstacle.ts";
import { type Remedy, reasonSentence, remedyOf } from "../../messages/rules.ts";
import { getOwnCampaign } from "../draft/draft.ts";
import { againProblem, withPhone } from "./again.ts";

/** Rows that did not get through for one reason. */
export interface FailureGroup {
  /** `unknown` needs a decision, `failed` and `skipped` have ended. */
  status: "failed" | "unknown" | "skipped";
  /** The reason's code; `no_answer` where WhatsApp said nothing. */
  code: string;
  sentence: string;
  remedy: Remedy;
  count: number;
  /** How many of them can be tried again now. */
  able: number;
  /** The points that takes; what is unanswered has its hold already. */
  points: number;
}

const row = z.object({
  status: z.enum(["failed", "unknown", "skipped"]),
  errorCode: z.string().nullable(),
  obstacle: z.string().nullable(),
  hasText: z.boolean(),
  isKept: z.boolean(),
  n: z.number(),
  points: z.number(),
});

const order = ["unknown", "failed", "skipped"];

/** Why messages of a campaign did not get through, by reason: what needs a decision first, then the most frequent. */
export async function readFailures(tx: Db, userId: Id<"user">, input: { id: string }): Promise<FailureGroup[]> {
  const campaign = await withPhone(tx, await getOwnCampaign(tx, userId, input.id));
  // What was left out is not looked into: nothing of it is tried again.
  const found = await tx.execute(sql`
    select m.status, m.error_code as "errorCode", case when m.status <> 'skipped' then ${obstacle} end as obstacle,
           m.resolved_text is not null as "hasText", m.encoded is not null as "isKept", count(*)::int as n,
           sum(m.price_points)::int as points
      from messages m join campaigns c on c.id = m.campaign_id
     where m.campaign_id = ${campaign.id} and m.status in ('failed', 'unknown', 'skipped') group by 1, 2, 3, 4, 5`);
  const groups = new Map<string, FailureGroup>();
  for (const each of found.map((one) => row.parse(one))) {
    const { status } = each;
    const code = each.errorCode ?? "no_answer";
    const group = groups.get(`${status} ${code}`) ?? {
      status,
      code,
      sentence: sentenceOf(status, code),
      remedy: status === "unknown" ? "decide" : remedyOf(code),
      count: 0,
      able: 0,
      points: 0,
    };
    group.count += each.n;
    if (againProblem(campaign, each) === null) {
      group.able += each.n;
      group.points += status === "failed" ? each.points : 0;
    }
    groups.set(`${status} ${code}`, group);
  }
  return [...groups.values()].sort(
    (a, b) => order.indexOf(a.status) - order.indexOf(b.status) || b.count - a.count || a.code.localeCompare(b.code),
  );
}

function sentenceOf(status: FailureGroup["status"], code: string): string {
  const why = reasonSentence(code);
  return status === "unknown" && code !== "no_answer"
    ? `${why} It may have been written before that, and is not repeated.`
    : why;
}
