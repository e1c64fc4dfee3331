import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { pauseCampaignsOfSession } from "../campaigns/run/pause.ts";
import { accountCodes, type Fact, outcomesOf } from "./rules.ts";

/** What WhatsApp said of one message. */
export interface Told {
  waMsgId: string;
  fact: Fact;
}

/** Whose screen shows a change: that of a campaign, or the inbox. */
export interface Changed {
  userId: Id<"user">;
  campaignId: Id<"campaign"> | null;
}

/**
 * Applies what WhatsApp said of messages of one session, in the order it came: status, charge, refund and hold in one
 * transaction. A fact is true whoever owns the session by now, so it is not fenced; a repeated or late one changes nothing.
 * @returns what changed; nothing for a fact that told nothing new
 */
export async function applyFacts(
  db: Db,
  { waSessionId, facts }: { waSessionId: Id<"waSession">; facts: readonly Told[] },
): Promise<Changed[]> {
  const told = facts.map(({ waMsgId, fact }) => ({
    waMsgId,
    outcomes: outcomesOf(fact),
    txnId: newId("walletTxn"),
  }));
  const changed = await db.execute<{ userId: Id<"user">; campaignId: Id<"campaign"> | null }>(sql`
    select user_id as "userId", campaign_id as "campaignId" from apply_facts(${waSessionId}, ${JSON.stringify(told)}::text::jsonb)`);
  // Also when the message had been told already: a first try may have ended between the two transactions.
  for (const { fact } of facts) {
    if (fact.type === "nack" && accountCodes.has(fact.code)) {
      await pauseCampaignsOfSession(db, waSessionId, fact.code === 401 ? "logged_out" : "restricted");
    }
  }
  return [...changed];
}
