import { and, asc, eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { campaigns, messageEvents, messages } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import { DomainError } from "../../errors.ts";
import { publish } from "../../events.ts";
import { moveMessage } from "../../messages/move.ts";
import { getOwnCampaign } from "../draft/draft.ts";
import type { RowsInput } from "../schema.ts";

/**
 * Takes messages that WhatsApp never answered for as failed, all of them or the one that is named: their holds are released,
 * whatever became of the campaign. Should an acceptance come after all it is shown, and charged if it can be.
 * @throws nothing_to_retry, not_found
 */
export async function treatAsFailed(tx: Db, userId: Id<"user">, input: RowsInput): Promise<{ messages: number }> {
  const { id } = await getOwnCampaign(tx, userId, input.id);
  await tx.select({ id: campaigns.id }).from(campaigns).where(eq(campaigns.id, id)).for("no key update");
  const rows = await tx
    .select({ id: messages.id, errorCode: messages.errorCode })
    .from(messages)
    .where(
      and(
        eq(messages.campaignId, id),
        eq(messages.status, "unknown"),
        input.messageId ? eq(messages.id, input.messageId) : undefined,
      ),
    )
    .orderBy(asc(messages.id))
    .for("no key update");
  if (rows.length === 0) throw new DomainError("nothing_to_retry");
  for (const row of rows) {
    await moveMessage(tx, row.id, {
      from: "unknown",
      to: "failed",
      points: "release",
      errorCode: "treated_as_failed",
    });
  }
  await tx.insert(messageEvents).values(
    rows.map((row) => ({
      id: newId("messageEvent"),
      messageId: row.id,
      userId,
      kind: "given_up" as const,
      errorCode: row.errorCode,
    })),
  );
  await recordAudit(tx, userId, "campaign.given_up", { campaignId: id, messages: rows.length });
  await publish(tx, userId, "campaign", id);
  await publish(tx, userId, "wallet", userId);
  return { messages: rows.length };
}
