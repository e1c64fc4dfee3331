import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { pauseCampaignsOfSession } from "../campaigns/run/pause.ts";
import { accountCodes, type Fact, outcomesOf } from "./rules.ts";

/**
 * Applies what WhatsApp said of a message: status, charge and hold in one transaction. A fact is true whoever owns the
 * session by now, so it is not fenced; a repeated or late one changes nothing.
 * @returns whose screen to tell, or null when nothing changed
 */
export async function applyFact(
  db: Db,
  input: { waSessionId: Id<"waSession">; waMsgId: string; fact: Fact },
): Promise<{ userId: Id<"user">; campaignId: Id<"campaign"> | null } | null> {
  const { waSessionId, waMsgId, fact } = input;
  const errorCode = fact.type === "nack" ? String(fact.code) : null;
  const [changed] = await db.execute<{ userId: Id<"user">; campaignId: Id<"campaign"> | null }>(sql`
    select user_id as "userId", campaign_id as "campaignId"
      from apply_fact(${waSessionId}, ${waMsgId}, ${JSON.stringify(outcomesOf(fact))}::text::jsonb, ${errorCode}, ${newId("walletTxn")})`);
  // Also when the message had been told already: a first try may have ended between the two transactions.
  if (fact.type === "nack" && accountCodes.has(fact.code)) {
    await pauseCampaignsOfSession(db, waSessionId, fact.code === 401 ? "logged_out" : "restricted");
  }
  return changed ?? null;
}
