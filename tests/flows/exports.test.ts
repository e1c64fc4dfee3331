import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import ExcelJS from "exceljs";
import Papa from "papaparse";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Id } from "#db/ids.ts";
import { type ApiClient, createApiClient, openAccount } from "#scripts/api-client.ts";
import { useDatabase } from "../database.ts";
import { createHeldSession, PASSWORD } from "../factories.ts";
import { createPastRun, createPeople, write } from "../past-runs.ts";
import { startWeb, type TestWeb } from "../web.ts";

const url = useDatabase();
let web: TestWeb;
let api: ApiClient;
let account: { cookie: string };
let of: { userId: Id<"user">; sessionId: Id<"waSession"> };
beforeAll(async () => {
  web = await startWeb(url());
  account = await openAccount(web.origin, { email: "exporter@example.org", password: PASSWORD, tz: "Asia/Jakarta" });
  api = createApiClient(web.origin, account);
  const me = await api.auth.me.query();
  if (!me) throw new Error("the account is signed in");
  const { db } = web.connection;
  of = { userId: me.id, sessionId: (await createHeldSession(db, me.id)).sessionId };
});
afterAll(() => web?.stop());

const NOON = new Date("2026-11-02T05:00:00Z");
const get = (path: string, who?: { cookie: string }, signal?: AbortSignal) =>
  fetch(`${web.origin}${path}`, { headers: who ? { cookie: who.cookie } : {}, ...(signal ? { signal } : {}) });
async function sheetOf(response: Response) {
  const book = new ExcelJS.Workbook();
  await book.xlsx.load(await response.arrayBuffer());
  const [sheet] = book.worksheets;
  if (!sheet) throw new Error("the workbook has a sheet");
  return sheet;
}

async function threeFates() {
  const { db } = web.connection;
  const [ayu, bima, evil] = await createPeople(db, of.userId, ["Ayu", 'Bima "B", Jr', '=HYPERLINK("http://evil")']);
  if (!ayu || !bima || !evil) throw new Error("three people were made");
  const id = await createPastRun(db, { ...of, name: "Meeting" }, [
    { to: ayu, at: NOON },
    { to: bima, at: NOON, status: "sent" },
    { to: evil, at: NOON, status: "failed", errorCode: "not_on_whatsapp" },
  ]);
  await write(db, of, ayu, new Date(NOON.getTime() + 60_000), "Yes");
  await write(db, of, bima, new Date(NOON.getTime() + 120_000), "STOP");
  return { id, ayu, bima, evil };
}

test("the CSV holds each recipient with what came of the message, in words and in the user's zone", async () => {
  const { id, ayu } = await threeFates();
  const response = await get(`/campaigns/${id}/export.csv`, account);
  expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8");
  expect(response.headers.get("content-disposition")).toBe('attachment; filename="campaign-results.csv"');
  const { data, errors } = Papa.parse<Record<string, string>>(await response.text(), {
    header: true,
    skipEmptyLines: true,
  });
  expect(errors).toEqual([]);
  expect(data[0]).toMatchObject({
    name: "Ayu",
    phone: `'${ayu.phone}`,
    status: "read",
    reason: "",
    sending_at: "2026-11-02 12:00:00 GMT+07:00",
    sent_at: "2026-11-02 12:00:01 GMT+07:00",
    delivered_at: "2026-11-02 12:00:02 GMT+07:00",
    read_at: "2026-11-02 12:00:03 GMT+07:00",
    replied: "yes",
    replied_at: "2026-11-02 12:01:00 GMT+07:00",
    opted_out: "no",
    opted_out_at: "",
    points: "2",
  });
  expect(data[1]).toMatchObject({ name: 'Bima "B", Jr', read_at: "", replied: "yes", opted_out: "yes" });
  expect(data[2]).toMatchObject({
    name: `'=HYPERLINK("http://evil")`,
    status: "failed",
    reason: "This number has no WhatsApp account. Check the number.",
    replied: "no",
    points: "0",
  });
});

test("the workbook holds the same as texts, under titles that stay in sight, and no formula", async () => {
  const { id, ayu } = await threeFates();
  const sheet = await sheetOf(await get(`/campaigns/${id}/export.xlsx`, account));
  expect(sheet.views[0]).toMatchObject({ state: "frozen", ySplit: 1 });
  expect([sheet.rowCount, sheet.getRow(1).getCell(2).value, sheet.getColumn(1).width]).toEqual([4, "phone", 24]);
  const ayus = sheet.getRow(2);
  expect([ayus.getCell(1).value, ayus.getCell(2).value]).toEqual(["Ayu", ayu.phone]);
  expect(ayus.getCell(2).numFmt).toBe("@");
  expect(sheet.getRow(4).getCell(1).value).toBe(`'=HYPERLINK("http://evil")`);
  sheet.eachRow((row) => row.eachCell((cell) => expect(cell.type).toBe(ExcelJS.ValueType.String)));
});

test("an export of one state holds those alone; a state there is none of is refused", async () => {
  const { id } = await threeFates();
  const csv = await (await get(`/campaigns/${id}/export.csv?status=failed`, account)).text();
  expect(csv.trim().split("\r\n")).toHaveLength(2);
  expect((await sheetOf(await get(`/campaigns/${id}/export.xlsx?status=sent`, account))).rowCount).toBe(2);
  expect((await get(`/campaigns/${id}/export.csv?status=lost`, account)).status).toBe(400);
});

test("exports are the owner's alone", async () => {
  const { id } = await threeFates();
  const other = await openAccount(web.origin, { email: "else@example.org", password: PASSWORD, tz: "Asia/Jakarta" });
  for (const path of [`/campaigns/${id}/export.csv`, `/campaigns/${id}/export.xlsx`]) {
    expect((await get(path, other)).status).toBe(404);
    expect((await get(path)).status).toBe(401);
  }
});

/** A campaign of very many people. */
async function manyFates(people: number): Promise<Id<"campaign">> {
  const { db } = web.connection;
  const id = await createPastRun(db, { ...of, name: "Everybody" }, []);
  await db.execute(sql`
    insert into messages (id, user_id, wa_session_id, campaign_id, kind, recipient_key, recipient_name, wa_msg_id, status,
                          price_points, cost_points, sending_at, sent_at)
    select 'msg_' || ${id.slice(-8)}::text || lpad(n::text, 15, '0'), ${of.userId}, ${of.sessionId}, ${id}, 'campaign', 'pn:+62811' || lpad(n::text, 8, '0'),
           'Guest ' || n, ${id}::text || n, 'sent', 2, 2, now(), now() from generate_series(1, ${people}::int) n`);
  return id;
}

test("ten thousand recipients come whole, each once", async () => {
  const id = await manyFates(10_000);
  const { data } = Papa.parse<Record<string, string>>(
    await (await get(`/campaigns/${id}/export.csv`, account)).text(),
    {
      header: true,
      skipEmptyLines: true,
    },
  );
  expect(new Set(data.map(({ phone }) => phone)).size).toBe(10_000);
  expect(data).toHaveLength(10_000);
  expect((await sheetOf(await get(`/campaigns/${id}/export.xlsx`, account))).rowCount).toBe(10_001);
});

test("an export ends when whoever takes it goes away", async () => {
  const id = await manyFates(40_000);
  // Each piece is read in a transaction of its own.
  const reads = vi.spyOn(web.connection.db, "transaction");
  for (const kind of ["csv", "xlsx"]) {
    reads.mockClear();
    const leaving = new AbortController();
    const response = await get(`/campaigns/${id}/export.${kind}`, account, leaving.signal);
    await response.body?.getReader().read();
    leaving.abort();
    for (let before = -1; before !== reads.mock.calls.length; await sleep(1_000)) before = reads.mock.calls.length;
    expect(reads.mock.calls.length).toBeGreaterThan(0);
    expect(reads.mock.calls.length).toBeLessThan(40);
  }
  reads.mockRestore();
});

test("an export that breaks off is not taken for a whole one", async () => {
  const { db } = web.connection;
  const id = await manyFates(100_000);
  // More than fits on the way: it is still being read when its end is taken away.
  const headers = { cookie: account.cookie, "accept-encoding": "identity" };
  const response = await fetch(`${web.origin}/campaigns/${id}/export.csv`, { headers });
  const reader = response.body?.getReader();
  await reader?.read();
  await db.execute(sql`alter table inbound_messages rename to inbound_gone`);
  const rest = async () => {
    while (!(await reader?.read())?.done);
  };
  await expect(rest()).rejects.toThrow();
  await db.execute(sql`alter table inbound_gone rename to inbound_messages`);
});
