import { and, eq, inArray } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { suppressions, waSessions } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { publish } from "../events.ts";
import { readKeyword } from "./keywords.ts";

/**
 * Reads an inbound message for the two words that outrank everything: an opt-out suppresses the person under every
 * identity they wrote with, and START, which only the person can write, lifts it. Live or from the offline backlog alike.
 */
export async function receiveInbound(
  db: Db,
  input: { waSessionId: Id<"waSession">; from: readonly string[]; text: string | null },
): Promise<"opted_out" | "opted_in" | null> {
  const keyword = readKeyword(input.text);
  if (!keyword || input.from.length === 0) return null;
  return db.transaction(async (tx) => {
    const [session] = await tx
      .select({ userId: waSessions.userId })
      .from(waSessions)
      .where(eq(waSessions.id, input.waSessionId));
    if (!session) return null;
    const { userId } = session;
    if (keyword === "stop") {
      await tx
        .insert(suppressions)
        .values(
          input.from.map((identity) => ({ id: newId("suppression"), userId, identity, source: "keyword" as const })),
        )
        .onConflictDoNothing();
    } else {
      await tx
        .delete(suppressions)
        .where(and(eq(suppressions.userId, userId), inArray(suppressions.identity, [...input.from])));
    }
    await recordAudit(tx, userId, keyword === "stop" ? "contact.opted_out" : "contact.opted_in", { source: "keyword" });
    await publish(tx, userId, "contacts", userId);
    return keyword === "stop" ? "opted_out" : "opted_in";
  });
}
