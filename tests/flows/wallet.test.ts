import { and, desc, eq, sql } from "drizzle-orm";
import ExcelJS from "exceljs";
import Papa from "papaparse";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Id, newId } from "#db/ids.ts";
import { auditLogs, grants, messages, users } from "#db/schema/index.ts";
import { type ApiClient, createApiClient, openAccount } from "#scripts/api-client.ts";
import { startPeriod } from "#server/billing/plans/start-period.ts";
import { confirmWrite } from "#server/messages/before-write.ts";
import { claimNext } from "#server/messages/claim.ts";
import { applyFacts } from "#server/messages/facts.ts";
import { book } from "#server/wallet/ledger.ts";
import { useDatabase } from "../database.ts";
import { createHeldSession, createRunningCampaign, PASSWORD } from "../factories.ts";
import { bookPast, type PastBooking } from "../past-ledger.ts";
import { createPastRun, createPeople } from "../past-runs.ts";
import { startWeb, type TestWeb } from "../web.ts";

const url = useDatabase();
let web: TestWeb;
beforeAll(async () => {
  web = await startWeb(url());
});
afterAll(() => web?.stop());

const HOUR = 3_600_000;

interface Account {
  api: ApiClient;
  cookie: string;
  userId: Id<"user">;
}

async function open(tz = "Asia/Jakarta"): Promise<Account> {
  const email = `${newId("user")}@example.org`;
  const { cookie } = await openAccount(web.origin, { email, password: PASSWORD, tz });
  const [user] = await web.connection.db.select({ id: users.id }).from(users).where(eq(users.email, email));
  if (!user) throw new Error("the account is there");
  return { api: createApiClient(web.origin, { cookie }), cookie, userId: user.id };
}

/** All pages of a history. */
async function allOf({ api }: Account, filter: Parameters<ApiClient["wallet"]["txns"]["query"]>[0] = {}) {
  const first = await api.wallet.txns.query(filter);
  const rows = [...first.rows];
  for (let { nextCursor } = first; nextCursor; ) {
    const page = await api.wallet.txns.query({ ...filter, cursor: nextCursor });
    rows.push(...page.rows);
    nextCursor = page.nextCursor;
  }
  return rows;
}

const charges = (n: number, at: (n: number) => Date): PastBooking[] =>
  Array.from({ length: n }, (_, i) => ({ type: "deduct", points: -2, at: at(i) }));

test("what is held is told by campaign, and a charge names its message and is counted on its day", async () => {
  const account = await open();
  const { db } = web.connection;
  const session = await createHeldSession(db, account.userId);
  const { id } = await createRunningCampaign(db, web.env, account.userId, session.sessionId, 3);
  const claim = await claimNext(db, session, { caps: web.env.caps, ackTimeoutMs: 30_000, chance: 0 });
  if (claim.type !== "send") throw new Error("there is something to send");
  await confirmWrite(db, session, claim.messages[0], Buffer.from("as it was sent"));
  await applyFacts(db, {
    waSessionId: session.sessionId,
    facts: [{ waMsgId: claim.messages[0].waMsgId, fact: { type: "ack" } }],
  });
  expect(await account.api.wallet.get.query()).toMatchObject({ balance: 398, held: 4, available: 394 });
  const use = await account.api.wallet.use.query();
  expect(use.held).toEqual({ campaigns: [{ id, name: "Reminder", status: "running", points: 4 }], others: 0 });
  expect(use.days).toHaveLength(30);
  expect(use.days.at(-1)).toMatchObject({ charged: 2, refunded: 0 });
  expect(use.forecast).toMatchObject({
    campaigns: { recipients: 3, enoughFor: 65, assumed: false },
    // Two points a day: 398 last beyond the plan.
    end: { kind: "outlives_plan" },
  });
  const [charge, allocation] = await allOf(account);
  expect(charge).toMatchObject({
    type: "deduct",
    points: -2,
    balanceAfter: 398,
    message: { id: claim.messages[0].id, recipient: "Person 1" },
    campaign: { id, name: "Reminder" },
  });
  expect(allocation).toMatchObject({ type: "allocation", points: 400, plan: "30d", message: null, purchase: null });
});

test("what somebody was given names the reason, and the points of a plan what it came from", async () => {
  const account = await open();
  const { db } = web.connection;
  const given = { userId: account.userId, grantedBy: account.userId };
  const [points, plan] = [newId("grant"), newId("grant")];
  await db.insert(grants).values([
    { ...given, id: points, points: 30, reason: "A night without WhatsApp" },
    { ...given, id: plan, points: 200, plan: "15d", reason: "A trial" },
  ]);
  await db.transaction(async (tx) => {
    await book(tx, account.userId, { type: "grant", points: 30, refId: points });
    await startPeriod(tx, account.userId, { plan: "15d", days: 15, points: 200, refId: plan });
  });
  const [trial, grant, first] = await allOf(account);
  expect(trial).toMatchObject({ type: "allocation", points: 200, plan: "15d", reason: "A trial", purchase: null });
  expect(grant).toMatchObject({ type: "grant", points: 30, plan: null, reason: "A night without WhatsApp" });
  expect(first).toMatchObject({ type: "allocation", plan: "30d", reason: null });
});

test("points held for an answer are told apart from those of campaigns", async () => {
  const account = await open();
  const { db } = web.connection;
  const { sessionId } = await createHeldSession(db, account.userId);
  await db.insert(messages).values({
    id: newId("message"),
    userId: account.userId,
    waSessionId: sessionId,
    kind: "manual",
    recipientKey: "pn:+628110000001",
    recipientName: "Ani",
    waMsgId: newId("message"),
    pricePoints: 2,
  });
  await db.execute(sql`select reserve_points(${account.userId}, 2)`);
  expect((await account.api.wallet.use.query()).held).toEqual({ campaigns: [], others: 2 });
});

test("days are those of the user's zone, and of bookings that met none is lost at a day's edge", async () => {
  const account = await open("Asia/Jakarta");
  // Midnight in Jakarta is 17:00 UTC. Two that met: the later place has the earlier time.
  const at = (time: string): PastBooking => ({ type: "topup", points: 5, at: new Date(`2026-03-${time}Z`) });
  await bookPast(web.connection.db, account.userId, [
    at("09T16:59:59"),
    at("10T17:00:01"),
    at("10T16:59:58"),
    at("10T17:00:00"),
    at("11T16:59:59"),
    at("11T17:00:00"),
  ]);
  const on = async (from: string, to: string) => (await allOf(account, { from, to })).map(({ seq }) => seq);
  expect(await on("2026-03-09", "2026-03-09")).toEqual([2]);
  expect(await on("2026-03-10", "2026-03-10")).toEqual([4]);
  expect(await on("2026-03-11", "2026-03-11")).toEqual([6, 5, 3]);
  expect(await on("2026-03-10", "2026-03-12")).toEqual([7, 6, 5, 4, 3]);
  expect(await on("2026-03-13", "2026-03-20")).toEqual([]);
  expect(await on("2026-03-11", "2026-03-10")).toEqual([]);
});

test("pages hold each booking once, newest first, whatever narrows them", async () => {
  const account = await open();
  const { db } = web.connection;
  const { sessionId } = await createHeldSession(db, account.userId);
  const people = await createPeople(db, account.userId, ["Ayu", "Bima"]);
  const of = { userId: account.userId, sessionId };
  const start = Date.now() - 20 * 24 * HOUR;
  const campaignId = await createPastRun(
    db,
    { ...of, name: "Meeting" },
    people.map((to) => ({ to, at: new Date(start) })),
  );
  const refs = await db.select({ id: messages.id }).from(messages).where(eq(messages.campaignId, campaignId));
  await bookPast(db, account.userId, [
    ...charges(70, (n) => new Date(start + n * HOUR)),
    ...refs.map(
      ({ id }): PastBooking => ({ type: "deduct", points: -2, refId: `msg:${id}`, at: new Date(start + 80 * HOUR) }),
    ),
    { type: "refund", points: 2, refId: `msg:${refs[0]?.id}`, at: new Date(start + 90 * HOUR) },
    ...charges(60, (n) => new Date(start + (100 + n) * HOUR)),
  ]);
  const all = await allOf(account);
  expect(all.map(({ seq }) => seq)).toEqual(Array.from({ length: 134 }, (_, n) => 134 - n));
  expect((await allOf(account, { kind: "deduct" })).length).toBe(132);
  expect((await allOf(account, { kind: "refund" })).map(({ message }) => message?.recipient)).toHaveLength(1);
  const ofCampaign = await allOf(account, { campaign: campaignId });
  expect(ofCampaign.map(({ type }) => type)).toEqual(["refund", "deduct", "deduct"]);
  expect(await allOf(account, { campaign: campaignId, kind: "allocation" })).toEqual([]);
  expect(await account.api.wallet.campaigns.query({ chosen: campaignId })).toEqual([
    { id: campaignId, name: "Meeting" },
  ]);
  const { days } = await account.api.wallet.use.query();
  expect(days.reduce((sum, { charged }) => sum + charged, 0)).toBe(264);
  expect(days.reduce((sum, { refunded }) => sum + refunded, 0)).toBe(2);
});

const get = ({ cookie }: { cookie: string }, path: string) => fetch(`${web.origin}${path}`, { headers: { cookie } });

test("the files hold what the filters leave, on all pages, and run nothing", async () => {
  const account = await open();
  const { db } = web.connection;
  const { sessionId } = await createHeldSession(db, account.userId);
  const [evil] = await createPeople(db, account.userId, ['=HYPERLINK("http://evil")']);
  if (!evil) throw new Error("somebody was made");
  const noon = new Date("2026-11-02T05:00:00Z");
  const id = await createPastRun(db, { userId: account.userId, sessionId, name: "+cmd" }, [{ to: evil, at: noon }]);
  const [message] = await db.select({ id: messages.id }).from(messages).where(eq(messages.campaignId, id));
  await bookPast(db, account.userId, [
    { type: "topup", points: 5_000, at: noon },
    ...charges(1_100, () => noon),
    { type: "deduct", points: -2, refId: `msg:${message?.id}`, at: noon },
  ]);
  const csv = await get(account, "/billing/wallet/export.csv?kind=deduct");
  expect(csv.headers.get("content-disposition")).toBe('attachment; filename="wallet-history.csv"');
  const { data } = Papa.parse<Record<string, string>>(await csv.text(), { header: true, skipEmptyLines: true });
  expect(data).toHaveLength(1_101);
  expect(new Set(data.map(({ number }) => number)).size).toBe(1_101);
  expect(data[0]).toMatchObject({
    at: "2026-11-02 12:00:00 GMT+07:00",
    what: "Message accepted",
    points: "-2",
    campaign: "'+cmd",
    recipient: `'=HYPERLINK("http://evil")`,
    phone: `'${evil.phone}`,
  });
  const book = new ExcelJS.Workbook();
  await book.xlsx.load(await (await get(account, `/billing/wallet/export.xlsx?campaign=${id}`)).arrayBuffer());
  const [sheet] = book.worksheets;
  expect(sheet?.rowCount).toBe(2);
  const texts = sheet?.getRow(2).values;
  expect(texts).toEqual(expect.arrayContaining(["-2", "'+cmd", `'=HYPERLINK("http://evil")`, evil.phone]));
  expect((await get(account, "/billing/wallet/export.csv?kind=stolen")).status).toBe(400);
  expect((await get({ cookie: "" }, "/billing/wallet/export.csv")).status).toBe(401);
  const other = await get(await open(), `/billing/wallet/export.csv?campaign=${id}`);
  expect((await other.text()).trim().split("\r\n")).toHaveLength(1);
});

test("who is warned, and from when, is the user's to say, and nobody else's", async () => {
  const [account, other] = [await open(), await open()];
  expect(await account.api.wallet.get.query()).toMatchObject({ lowPoints: 50 });
  await account.api.wallet.setLowPoints.mutate({ points: 120 });
  expect(await account.api.wallet.get.query()).toMatchObject({ lowPoints: 120 });
  expect(await other.api.wallet.get.query()).toMatchObject({ lowPoints: 50 });
  await expect(account.api.wallet.setLowPoints.mutate({ points: -1 })).rejects.toThrow();
  await expect(account.api.wallet.setLowPoints.mutate({ points: 1.5 })).rejects.toThrow();
  const [row] = await web.connection.db
    .select({ meta: auditLogs.meta })
    .from(auditLogs)
    .where(and(eq(auditLogs.userId, account.userId), eq(auditLogs.action, "wallet.low_points_set")))
    .orderBy(desc(auditLogs.id));
  expect(row?.meta).toEqual({ points: 120 });
});

test("how long a plan still runs, and what is to be expected, is told by the product's clock", async () => {
  const account = await open();
  const { db } = web.connection;
  await bookPast(
    db,
    account.userId,
    charges(50, () => new Date()),
  );
  const { plan } = await account.api.wallet.get.query();
  expect(plan.leftMs / (24 * HOUR)).toBeCloseTo(30, 1);
  // 100 points on the account's only day so far, and 300 are left.
  expect((await account.api.wallet.use.query()).forecast.end).toMatchObject({ kind: "on", inDays: 3 });
  try {
    await db.execute(sql`update app_clock set shift = interval '31 days'`);
    expect(await account.api.wallet.get.query()).toMatchObject({ plan: { active: false, leftMs: 0 } });
    expect((await account.api.wallet.use.query()).forecast.end).toEqual({ kind: "plan_ended" });
  } finally {
    await db.execute(sql`update app_clock set shift = interval '0'`);
  }
});
