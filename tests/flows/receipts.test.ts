import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newId } from "#db/ids.ts";
import { invoices, purchases } from "#db/schema/index.ts";
import { type ApiClient, createApiClient, openAccount } from "#scripts/api-client.ts";
import { applyPayment } from "#server/billing/purchases/apply.ts";
import { createLog } from "#server/log.ts";
import { useDatabase } from "../database.ts";
import { PASSWORD } from "../factories.ts";
import { readPdf } from "../pdf-text.ts";
import { startWeb, type TestWeb } from "../web.ts";

const url = useDatabase();
let web: TestWeb;
beforeAll(async () => {
  web = await startWeb(url());
});
afterAll(() => web?.stop());

async function open(email: string): Promise<{ api: ApiClient; cookie: string }> {
  const account = await openAccount(web.origin, { email, password: PASSWORD, tz: "Asia/Jakarta" });
  return { api: createApiClient(web.origin, account), cookie: account.cookie };
}

const fetchFile = (id: string, headers: Record<string, string>) =>
  fetch(`${web.origin}/billing/receipts/${id}/receipt.pdf`, { headers });

test("a receipt is downloaded as it was written, by its user alone, and asked for anew each time", async () => {
  const { api, cookie } = await open("buyer@example.org");
  const me = await api.auth.me.query();
  if (!me) throw new Error("the account is signed in");
  await api.receipts.setDetails.mutate({ name: "PT Buyer", address: "Jl. Sudirman 5\r\nJakarta ", taxId: "" });
  expect(await api.receipts.details.query()).toEqual({
    name: "PT Buyer",
    address: "Jl. Sudirman 5\nJakarta",
    taxId: "",
  });
  const { db } = web.connection;
  const id = newId("purchase");
  const sums = { net: 1_250, tax: 138, total: 1_388, taxName: "VAT", taxRate: 1_100, currency: "EUR" };
  await db.insert(purchases).values({ id, userId: me.id, kind: "topup", points: 100, provider: "demo", ...sums });
  const event = { provider: "demo" as const, eventId: "one", type: "paid" as const, reference: id, method: null };
  const paid = { ...event, providerRef: "ref", amount: 1_388, currency: "EUR" };
  await applyPayment(db, { env: web.env, log: createLog("web", web.env) }, paid);

  const { rows, nextCursor } = await api.receipts.list.query({});
  expect(rows).toMatchObject([{ purchaseId: id, total: 1_388, currency: "EUR", demo: true, what: "100 points" }]);
  expect(nextCursor).toBeNull();
  const [receipt] = rows;
  if (!receipt) throw new Error("the receipt is listed");
  const answer = await fetchFile(receipt.id, { cookie });
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    "content-type": "application/pdf",
    "content-disposition": `attachment; filename="receipt-${receipt.number}.pdf"`,
    "cache-control": "private, no-cache",
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const [written] = await db.select().from(invoices).where(eq(invoices.id, receipt.id));
  expect(written?.pdf.equals(bytes)).toBe(true);
  const said = readPdf(bytes).pieces.map((piece) => piece.replace("\u00a0", " "));
  expect(said).toEqual(expect.arrayContaining(["PT Buyer", "EUR 12.50", "VAT 11%", "EUR 1.38", "EUR 13.88"]));
  const etag = answer.headers.get("etag") ?? "";
  expect((await fetchFile(receipt.id, { cookie, "if-none-match": etag })).status).toBe(304);

  const other = await open("other@example.org");
  expect((await fetchFile(receipt.id, { cookie: other.cookie, "if-none-match": etag })).status).toBe(404);
  expect((await fetchFile(newId("invoice"), { cookie })).status).toBe(404);
  expect((await fetchFile("ivc_1", { cookie })).status).toBe(404);
  expect((await fetchFile(receipt.id, {})).status).toBe(401);
});
