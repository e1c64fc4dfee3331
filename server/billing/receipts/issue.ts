import { eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { invoices, purchases, users, wallets } from "#db/schema/index.ts";
import type { BillingSettings } from "../../env.ts";
import { whatIsBought } from "../rules.ts";
import type { ReceiptDocument } from "./document.ts";
import { numberOf, takeNumber } from "./numbers.ts";
import { renderReceipt } from "./pdf.ts";
import { loadPdf } from "./sheet.ts";

/**
 * Writes the receipt of a paid purchase, in the transaction that settles it, and answers its id. A purchase has one
 * receipt: asked again, that one. It holds the row of the year's numbers until the transaction ends, after whatever the
 * caller has locked, so it comes last there. System path: the web role may not write receipts.
 * @throws Error when there is no such purchase, or it is not paid
 */
export async function issueReceipt(
  tx: Db,
  seller: BillingSettings["seller"],
  purchaseId: Id<"purchase">,
  demo: boolean,
): Promise<Id<"invoice">> {
  const [known] = await tx.select({ id: invoices.id }).from(invoices).where(eq(invoices.purchaseId, purchaseId));
  if (known) return known.id;
  const [bought] = await tx
    .select({ purchase: purchases, wallet: wallets, email: users.email })
    .from(purchases)
    .innerJoin(users, eq(users.id, purchases.userId))
    .innerJoin(wallets, eq(wallets.userId, purchases.userId))
    .where(eq(purchases.id, purchaseId));
  if (bought?.purchase.status !== "paid") throw new Error(`${purchaseId} is not paid: it has no receipt`);
  const { purchase, wallet, email } = bought;
  // Before the number: other payments wait for that.
  await loadPdf();
  const { series, seq, issuedAt } = await takeNumber(tx, seller.tz);
  const number = numberOf(series, seq);
  const { name, address, taxId, tz } = seller;
  const document: ReceiptDocument = {
    number,
    issuedAt: issuedAt.toISOString(),
    paidAt: (purchase.settledAt ?? issuedAt).toISOString(),
    tz,
    demo,
    seller: { name, address, taxId },
    buyer: { name: wallet.billName, address: wallet.billAddress, taxId: wallet.billTaxId, email },
    currency: purchase.currency,
    lines: [{ what: whatIsBought(purchase), quantity: 1, price: purchase.net, net: purchase.net }],
    net: purchase.net,
    tax: purchase.taxRate > 0 ? { name: purchase.taxName, rate: purchase.taxRate, amount: purchase.tax } : null,
    total: purchase.total,
    purchaseId,
    paymentRef: purchase.providerRef,
  };
  const pdf = await renderReceipt(document);
  const id = newId("invoice");
  await tx
    .insert(invoices)
    .values({ id, userId: purchase.userId, purchaseId, series, seq, number, issuedAt, document, pdf });
  return id;
}
