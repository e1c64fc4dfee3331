import type { ReceiptDocument } from "./document.ts";

/** The receipt's bytes, made of its document alone. */
export async function renderReceipt(document: ReceiptDocument): Promise<Buffer> {
  return Buffer.from(JSON.stringify(document, null, 2));
}
