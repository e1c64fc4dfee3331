import { and, eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { messages } from "#db/schema/index.ts";
import { pauseCampaignsOfSession } from "../campaigns/pause.ts";
import { moveMessage } from "./move.ts";
import { accountCodes, applyFactTo, type Fact } from "./rules.ts";

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
  for (;;) {
    const [message] = await db
      .select({ id: messages.id, userId: messages.userId, campaignId: messages.campaignId, status: messages.status })
      .from(messages)
      .where(and(eq(messages.waSessionId, waSessionId), eq(messages.waMsgId, waMsgId)));
    if (!message) return null;
    const outcome = applyFactTo(message.status, fact);
    if (!outcome) return null;
    const errorCode = fact.type === "nack" ? String(fact.code) : null;
    const moved = await moveMessage(db, message.id, {
      from: message.status,
      to: outcome.status,
      points: outcome.points,
      errorCode,
    });
    // Somebody was quicker: judge the fact against what the message has become.
    if (!moved) continue;
    if (fact.type === "nack" && accountCodes.has(fact.code)) {
      await pauseCampaignsOfSession(db, waSessionId, fact.code === 401 ? "logged_out" : "restricted");
    }
    return { userId: message.userId, campaignId: message.campaignId };
  }
}
