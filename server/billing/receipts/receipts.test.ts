import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Connection, connect, type Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { grants, invoiceNumbers, invoices, purchases, users, wallets } from "#db/schema/index.ts";
import { useDatabase } from "#tests/database.ts";
import { createUser, readViolations, setClock, testEnv } from "#tests/factories.ts";
import { readPdf } from "#tests/pdf-text.ts";
import { createLog } from "../../log.ts";
import { withUser } from "../../users/with-user.ts";
import { book } from "../../wallet/ledger.ts";
import { applyPayment } from "../purchases/apply.ts";
import { setBillingDetails } from "./details.ts";
import { issueReceipt } from "./issue.ts";
import { listReceipts, readReceipt } from "./queries.ts";
import { isWritable } from "./rules.ts";
import { billingDetailsInput } from "./schema.ts";
import { openSheet } from "./sheet.ts";

const url = useDatabase();
let connection: Connection;
let db: Db;
let userId: Id<"user">;

beforeAll(() => {
  connection = connect(url(), { max: 12 });
  db = connection.db;
});
afterAll(() => connection?.close());
beforeEach(async () => {
  userId = await createUser(db);
});

const seller = { SELLER_NAME: "Kirim Baik", SELLER_ADDRESS: "Jl. Merdeka 1\nJakarta", SELLER_TAX_ID: "01.234" };
const env = (more: Record<string, string> = {}) => testEnv(url(), { ...seller, ...more });

/** A purchase that waits for its payment: points for IDR 30,000 and 11% tax. */
async function order(who: Id<"user">): Promise<Id<"purchase">> {
  const id = newId("purchase");
  const tax = { taxName: "PPN", taxRate: 1_100, net: 3_000_000, tax: 330_000, total: 3_330_000 };
  await db
    .insert(purchases)
    .values({ id, userId: who, kind: "topup", points: 1_100, currency: "IDR", provider: "demo", ...tax });
  return id;
}

const pay = async (id: Id<"purchase">, more: Record<string, string> = {}) => {
  const [ordered] = await db.select({ amount: purchases.total }).from(purchases).where(eq(purchases.id, id));
  const paid = { provider: "demo" as const, eventId: `${id}.paid`, type: "paid" as const, reference: id };
  const event = { ...paid, providerRef: `ref_${id}`, amount: ordered?.amount ?? 0, currency: "IDR", method: null };
  return applyPayment(db, { env: env(more), log: createLog("web", env()) }, event);
};
const receiptOf = async (id: Id<"purchase">) => {
  const [receipt] = await db.select().from(invoices).where(eq(invoices.purchaseId, id));
  if (!receipt) throw new Error(`${id} has no receipt`);
  return receipt;
};
/** Its pieces of text; the space between a code of money and its amount is one that does not break. */
const textOf = async (id: Id<"purchase">) =>
  readPdf((await receiptOf(id)).pdf).pieces.map((s) => s.replace("\u00a0", " "));

test("a receipt says what was bought, by whom, from whom, when, and the tax", async () => {
  await setClock(db, "2026-11-22T08:04:30Z");
  await withUser(db, userId, (tx) =>
    setBillingDetails(tx, userId, {
      name: "Łukasz Čapek-Nguyễn",
      address: "Jl. Sudirman 5\nJakarta",
      taxId: "NPWP 99",
    }),
  );
  await db.update(users).set({ email: "buyer@example.org" }).where(eq(users.id, userId));
  const id = await order(userId);
  await pay(id);
  const { info, pages } = readPdf((await receiptOf(id)).pdf);
  const { number } = await receiptOf(id);
  expect({ info, pages }).toEqual({
    info: { Title: `Receipt ${number}`, Author: "Kirim Baik", Lang: "en" },
    pages: 1,
  });
  expect(number).toMatch(/^2026-\d{6}$/);
  expect(await textOf(id)).toEqual(
    [
      ["DEMO", `Receipt ${number}`],
      ["Kirim Baik", "Jl. Merdeka 1", "Jakarta", "Tax number: 01.234"],
      ["Made out to", "Łukasz Čapek-Nguyễn", "Jl. Sudirman 5", "Jakarta", "Tax number: NPWP 99", "buyer@example.org"],
      ["Date of the receipt", "22 November 2026, 15:04 GMT+7 (Asia/Jakarta)"],
      ["Paid", "22 November 2026, 15:04 GMT+7 (Asia/Jakarta)"],
      ["Purchase", id, "Payment", `ref_${id}`],
      ["What was bought", "Quantity", "Price before tax", "Amount"],
      ["1,100 points", "1", "IDR 30,000", "IDR 30,000"],
      ["Before tax", "IDR 30,000", "PPN 11%", "IDR 3,300", "Total, paid", "IDR 33,300"],
      ["Demo, no money was taken."],
      ["Points are for messages that WhatsApp accepts. They have no value in money."],
    ].flat(),
  );
});

test("without tax there is no tax line, and without a demo no word of one", async () => {
  const id = await order(userId);
  await db.update(purchases).set({ taxRate: 0, tax: 0, total: 3_000_000 }).where(eq(purchases.id, id));
  await db.transaction(async (tx) => {
    await book(tx, userId, { type: "topup", points: 1_100, refId: id });
    await tx.update(purchases).set({ status: "paid", settledAt: sql`app_now()` }).where(eq(purchases.id, id));
    await issueReceipt(tx, env().billing.seller, id, false);
  });
  const text = (await textOf(id)).join("\n");
  expect(text).toContain("Total, paid\nIDR 30,000");
  expect(text).not.toMatch(/PPN|DEMO|Demo|Before tax/);
});

test("a letter that the font has not is seen to be missing, and said", async () => {
  const buyer = { billName: "Ali 王小明", billAddress: "محمد" };
  await db.update(wallets).set(buyer).where(eq(wallets.userId, userId));
  const id = await order(userId);
  await pay(id);
  const text = (await textOf(id)).join("\n");
  expect(text).toContain("Ali \ufffd\ufffd\ufffd\n\ufffd\ufffd\ufffd\ufffd");
  expect(text).toContain("\ufffd stands for a letter that this document cannot show.");
  expect((await receiptOf(id)).document).toMatchObject({ buyer: { name: "Ali 王小明", address: "محمد" } });
});

test("payments of two accounts at the same moment, some undone, are numbered without a gap", async () => {
  const other = await createUser(db);
  const [before] = await db.select({ last: invoiceNumbers.last }).from(invoiceNumbers);
  const ids = await Promise.all(Array.from({ length: 20 }, (_, i) => order(i % 2 === 0 ? userId : other)));
  const undone = await Promise.all(Array.from({ length: 6 }, () => order(other)));
  const failing = undone.map((id) =>
    db.transaction(async (tx) => {
      await tx.update(purchases).set({ status: "paid" }).where(eq(purchases.id, id));
      await issueReceipt(tx, env().billing.seller, id, true);
      throw new Error("undone");
    }),
  );
  // Each is told twice, as providers do.
  const paying = [...ids, ...ids].map((id) => pay(id));
  const ends = await Promise.allSettled([...failing, ...paying]);
  expect(ends.filter(({ status }) => status === "rejected")).toHaveLength(undone.length);

  const rows = await db.select().from(invoices).orderBy(invoices.seq);
  const first = before?.last ?? 0;
  expect(rows.slice(first).map(({ seq }) => seq)).toEqual(ids.map((_, i) => first + i + 1));
  expect(new Set(rows.slice(first).map(({ purchaseId }) => purchaseId))).toEqual(new Set(ids));
  for (const [i, row] of rows.entries()) expect(row.issuedAt >= (rows[i - 1]?.issuedAt ?? row.issuedAt)).toBe(true);
  await db.delete(purchases).where(eq(purchases.status, "pending"));
  expect(await readViolations(db)).toEqual([]);
});

test("numbers begin anew with the year, as the seller's clock on the wall says it", async () => {
  const at = async (moment: string) => {
    await setClock(db, moment);
    const id = await order(userId);
    await pay(id);
    return (await receiptOf(id)).number;
  };
  expect(await at("2029-12-31T16:59:00Z")).toBe("2029-000001");
  expect(await at("2029-12-31T17:00:30Z")).toBe("2030-000001");
  expect(await at("2029-12-31T17:00:40Z")).toBe("2030-000002");
  await setClock(db, "2029-12-31T17:00:50Z");
  const id = await order(userId);
  await pay(id, { DEFAULT_TZ: "UTC" });
  expect((await receiptOf(id)).number).toBe("2029-000002");
});

test("a receipt never changes: not by the database, not by what its buyer or the seller is called later", async () => {
  const id = await order(userId);
  await pay(id);
  const written = await receiptOf(id);
  await expect(db.update(invoices).set({ number: "x" }).where(eq(invoices.id, written.id))).rejects.toThrow();
  await expect(db.delete(invoices).where(eq(invoices.id, written.id))).rejects.toThrow();
  await withUser(db, userId, (tx) => setBillingDetails(tx, userId, { name: "Later", address: "", taxId: "" }));
  await pay(id, { SELLER_NAME: "Somebody else" });
  const again = await db.transaction((tx) => issueReceipt(tx, env().billing.seller, id, false));
  expect(again).toBe(written.id);
  const read = await withUser(db, userId, (tx) => readReceipt(tx, userId, written.id));
  expect(read.pdf.equals(written.pdf)).toBe(true);
});

test("only what is paid has a receipt", async () => {
  const id = await order(userId);
  const issue = db.transaction((tx) => issueReceipt(tx, env().billing.seller, id, true));
  await expect(issue).rejects.toThrow("is not paid");
  expect(await withUser(db, userId, (tx) => listReceipts(tx, userId, {}))).toEqual({ rows: [], nextCursor: null });
});

test("a page may read its user's receipts and write none", async () => {
  const id = await order(userId);
  await pay(id);
  const receipt = await receiptOf(id);
  const other = await createUser(db);
  await expect(withUser(db, other, (tx) => readReceipt(tx, userId, receipt.id))).rejects.toThrow();
  const writes = [
    (tx: Db) => tx.insert(invoices).values({ ...receipt, id: newId("invoice"), number: "x", seq: 999 }),
    (tx: Db) => tx.update(invoiceNumbers).set({ last: 0 }),
    (tx: Db) => tx.insert(grants).values({ id: newId("grant"), userId, points: 5, reason: "x", grantedBy: userId }),
  ];
  for (const write of writes)
    await expect(withUser(db, userId, write)).rejects.toMatchObject({ cause: { message: /permission denied/ } });
});

test("every letter that is called writable is in both fonts, and details with another are refused", async () => {
  const codes = Array.from({ length: 0x2fff - 0x20 }, (_, i) => String.fromCharCode(0x20 + i));
  // A mark of its own belongs to the letter before it.
  const all = codes.filter(isWritable).map((letter) => (/\p{M}/u.test(letter) ? `o${letter}` : letter));
  expect(all.length).toBeGreaterThan(1_000);
  for (const bold of [false, true]) {
    const sheet = await openSheet({ title: "Letters", author: "", at: new Date() });
    for (const [i, letter] of all.entries())
      sheet.write("P", `|${letter}|`, { x: 20 + (i % 30) * 18, y: 20 + Math.floor(i / 30) * 16, width: 100 }, { bold });
    const { pieces } = readPdf(await sheet.close());
    const said = pieces.join("").normalize("NFC");
    expect(all.filter((letter) => !said.includes(`|${letter.normalize("NFC")}|`))).toEqual([]);
  }
  const told = billingDetailsInput.safeParse({ name: "王", address: "a\nb\nc\nd\ne\nf\ng", taxId: "x".repeat(61) });
  expect(told.error?.issues.map(({ message }) => message)).toEqual([
    "A receipt cannot show “王”. Write it in Latin, Greek or Cyrillic letters.",
    "Write it in at most 6 lines.",
    "Write it with at most 60 characters.",
  ]);
  expect(billingDetailsInput.parse({ name: " Nguye\u0302\u0303n " }).name).toBe("Nguyễn");
});
