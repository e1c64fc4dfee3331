import { formatMoney } from "../money.ts";
import { percent } from "../rules.ts";
import type { ReceiptDocument } from "./document.ts";
import { UNKNOWN_LETTER } from "./rules.ts";
import { openSheet, type Sheet } from "./sheet.ts";

const QUIET = { size: 8.5, ink: "quiet" } as const;
const GAP = 24;

/** The receipt's bytes, a PDF of one page, made of its document alone. */
export async function renderReceipt(document: ReceiptDocument): Promise<Buffer> {
  const { number, issuedAt, seller, demo } = document;
  const sheet = await openSheet({ title: `Receipt ${number}`, author: seller.name, at: new Date(issuedAt) });
  if (demo) sheet.across("DEMO");
  let y = writeHead(sheet, document);
  y = writeParties(sheet, document, y + GAP);
  y = writeLines(sheet, document, y + GAP);
  y = writeSums(sheet, document, y + 10);
  writeFoot(sheet, document, y + GAP);
  return sheet.close();
}

function writeHead(sheet: Sheet, { seller, number }: ReceiptDocument): number {
  const { left, right, write } = sheet;
  const [top, half] = [sheet.left, sheet.width / 2];
  write(
    "H1",
    `Receipt ${number}`,
    { x: right - half, y: top - 4, width: half, align: "right" },
    { size: 17, bold: true },
  );
  let y = write("P", seller.name, { x: left, y: top, width: half - GAP }, { size: 12, bold: true });
  if (seller.address) y = write("P", seller.address, { x: left, y: y + 2, width: half - GAP }, QUIET);
  if (seller.taxId) y = write("P", `Tax number: ${seller.taxId}`, { x: left, y: y + 2, width: half - GAP }, QUIET);
  return Math.max(y, top + 24);
}

/** Who bought at the left; when, and under which references, at the right. */
function writeParties(sheet: Sheet, document: ReceiptDocument, top: number): number {
  const { left, width, write, rule } = sheet;
  const { buyer, issuedAt, paidAt, tz, purchaseId, paymentRef } = document;
  rule(top);
  const column = { width: width / 2 - GAP, y: top + 12 };
  let bought = write("H2", "Made out to", { x: left, ...column }, QUIET);
  const below = (text: string, look: Parameters<typeof write>[3] = QUIET) => {
    if (text) bought = write("P", text, { x: left, y: bought + 2, width: column.width }, look);
  };
  below(buyer.name || buyer.email, { bold: true });
  below(buyer.address);
  if (buyer.taxId) below(`Tax number: ${buyer.taxId}`);
  if (buyer.name) below(buyer.email);
  let told = column.y;
  const fact = (label: string, value: string) => {
    const x = left + width / 2;
    told = write("P", label, { x, y: told, width: column.width }, QUIET);
    told = write("P", value, { x, y: told, width: width / 2 }, { size: 9.5 }) + 5;
  };
  fact("Date of the receipt", moment(issuedAt, tz));
  fact("Paid", moment(paidAt, tz));
  fact("Purchase", purchaseId);
  if (paymentRef) fact("Payment", paymentRef);
  return Math.max(bought, told);
}

function writeLines(sheet: Sheet, { lines, currency, tax }: ReceiptDocument, top: number): number {
  const { left, right, width, group, write, rule } = sheet;
  const columns = [
    { head: "What was bought", x: left, width: width * 0.5 },
    { head: "Quantity", x: left + width * 0.5, width: width * 0.12, align: "right" as const },
    { head: tax ? "Price before tax" : "Price", x: left + width * 0.62, width: width * 0.19, align: "right" as const },
    { head: "Amount", x: right - width * 0.19, width: width * 0.19, align: "right" as const },
  ];
  const table = group("Table");
  const row = (type: "TH" | "TD", cells: readonly string[], y: number): number => {
    const tr = group("TR", table);
    const ends = columns.map(({ head: _head, ...place }, i) => {
      const cell = group(type, tr, type === "TH" ? { scope: "Column" } : {});
      return write("P", cells[i] ?? "", { ...place, y }, type === "TH" ? QUIET : {}, cell);
    });
    return Math.max(...ends);
  };
  rule(top);
  let y =
    row(
      "TH",
      columns.map(({ head }) => head),
      top + 8,
    ) + 5;
  rule(y);
  for (const { what, quantity, price, net } of lines)
    y = row("TD", [what, String(quantity), formatMoney(price, currency), formatMoney(net, currency)], y + 9) + 9;
  rule(y);
  return y;
}

/** Net, tax and total, under the amounts. */
function writeSums(sheet: Sheet, { net, tax, total, currency }: ReceiptDocument, top: number): number {
  const { left, width, right, group, write, rule } = sheet;
  const table = group("Table");
  const label = { x: left + width * 0.4, width: width * 0.36 };
  const amount = { x: right - width * 0.24, width: width * 0.24, align: "right" as const };
  const sum = (name: string, minor: number, y: number, bold = false) => {
    const row = group("TR", table);
    write("P", name, { ...label, y }, { bold }, group("TH", row, { scope: "Row" }));
    return write("P", formatMoney(minor, currency), { ...amount, y }, { bold }, group("TD", row)) + 5;
  };
  let y = top;
  if (tax) {
    y = sum("Before tax", net, y);
    y = sum(`${tax.name} ${percent(tax.rate)}`, tax.amount, y);
    rule(y, label.x);
    y += 7;
  }
  return sum("Total, paid", total, y, true);
}

function writeFoot(sheet: Sheet, { demo }: ReceiptDocument, top: number): void {
  const { left, width, write, rule } = sheet;
  let y = top;
  if (demo)
    y = write("P", "Demo, no money was taken.", { x: left, y, width }, { size: 12, bold: true, ink: "warning" }) + 8;
  rule(y);
  y = write(
    "P",
    "Points are for messages that WhatsApp accepts. They have no value in money.",
    { x: left, y: y + 8, width },
    QUIET,
  );
  if (sheet.lacksLetters())
    write(
      "P",
      `${UNKNOWN_LETTER} stands for a letter that this document cannot show. It is kept as it was written, beside this document.`,
      { x: left, y: y + 2, width },
      QUIET,
    );
}

/** "22 November 2026, 15:04 GMT+7 (Asia/Jakarta)". */
function moment(iso: string, tz: string): string {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: tz,
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
  });
  const at = format.format(new Date(iso)).replace(" at ", ", ");
  return tz === "UTC" ? at : `${at} (${tz})`;
}
