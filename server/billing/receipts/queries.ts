import { and, desc, eq, lt } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { invoices } from "#db/schema/index.ts";
import { DomainError } from "../../errors.ts";
import { receiptDocument } from "./document.ts";

const PAGE = 50;

/** A user's receipts, newest first. What they say is read from their documents. */
export async function listReceipts(tx: Db, userId: Id<"user">, { cursor }: { cursor?: Id<"invoice"> | undefined }) {
  const rows = await tx
    .select({ id: invoices.id, number: invoices.number, issuedAt: invoices.issuedAt, document: invoices.document })
    .from(invoices)
    .where(and(eq(invoices.userId, userId), cursor ? lt(invoices.id, cursor) : undefined))
    .orderBy(desc(invoices.id))
    .limit(PAGE + 1);
  const page = rows.slice(0, PAGE);
  return {
    rows: page.map(({ id, number, issuedAt, document }) => {
      const { lines, total, currency, demo, tz, purchaseId } = receiptDocument.parse(document);
      return {
        id,
        number,
        issuedAt,
        tz,
        what: lines.map((line) => line.what).join(", "),
        total,
        currency,
        demo,
        purchaseId,
      };
    }),
    nextCursor: rows.length > PAGE ? (page.at(-1)?.id ?? null) : null,
  };
}

/** The bytes of a receipt as they were written. @throws not_found */
export async function readReceipt(
  tx: Db,
  userId: Id<"user">,
  id: Id<"invoice">,
): Promise<{ number: string; pdf: Buffer }> {
  const [receipt] = await tx
    .select({ number: invoices.number, pdf: invoices.pdf })
    .from(invoices)
    .where(and(eq(invoices.userId, userId), eq(invoices.id, id)));
  if (!receipt) throw new DomainError("not_found");
  return receipt;
}
