import { eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { wallets } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import { DomainError } from "../../errors.ts";
import type { BillingDetails } from "./schema.ts";

/** Who the next receipt is made out to. */
export async function getBillingDetails(tx: Db, userId: Id<"user">): Promise<BillingDetails> {
  const [details] = await tx
    .select({ name: wallets.billName, address: wallets.billAddress, taxId: wallets.billTaxId })
    .from(wallets)
    .where(eq(wallets.userId, userId));
  if (!details) throw new DomainError("not_found");
  return details;
}

/** Changes who receipts are made out to, from the next one on: those that were written stay as they are. */
export async function setBillingDetails(tx: Db, userId: Id<"user">, details: BillingDetails): Promise<void> {
  const { name, address, taxId } = details;
  await tx
    .update(wallets)
    .set({ billName: name, billAddress: address, billTaxId: taxId })
    .where(eq(wallets.userId, userId));
  await recordAudit(tx, userId, "billing.details_changed");
}
