import { eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { paymentMethods, wallets } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import { publish } from "../../events.ts";

/** Forgets the card that renewals are charged to, and switches them off: without one they cannot be made. */
export async function forgetMethod(tx: Db, userId: Id<"user">): Promise<void> {
  // As wherever a card is kept: the wallet before the card.
  await tx.select({ id: wallets.id }).from(wallets).where(eq(wallets.userId, userId)).for("no key update");
  const gone = await tx.delete(paymentMethods).where(eq(paymentMethods.userId, userId)).returning();
  if (gone.length === 0) return;
  await tx.update(wallets).set({ autoRenew: false }).where(eq(wallets.userId, userId));
  await recordAudit(tx, userId, "method.forgotten");
  await publish(tx, userId, "wallet", userId);
}
