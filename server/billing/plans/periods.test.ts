import { and, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Connection, connect, type Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { planPeriods, wallets, walletTxns } from "#db/schema/index.ts";
import { useDatabase } from "#tests/database.ts";
import { createUser, PASSWORD, readViolations, readWallet, setClock, testEnv } from "#tests/factories.ts";
import { createLog } from "../../log.ts";
import { registerUser } from "../../users/register.ts";
import { getWallet } from "../../wallet/queries.ts";
import { startPeriod } from "./start-period.ts";
import { tickPlans } from "./tick.ts";

const url = useDatabase();
let connection: Connection;
let db: Db;

beforeAll(() => {
  connection = connect(url());
  db = connection.db;
});
afterAll(() => connection.close());

const tick = () => tickPlans(db, { env: testEnv(url()), log: createLog("worker", testEnv(url())) });
const HOUR_MS = 3_600_000;
const wallet = async (userId: Id<"user">) => {
  const [row] = await db.select().from(wallets).where(eq(wallets.userId, userId));
  if (!row) throw new Error("no wallet");
  return row;
};
const period = (plan: "15d" | "30d", days: number, points: number, refId: string | null = newId("grant")) => ({
  plan,
  days,
  points,
  refId,
});
const give = (userId: Id<"user">, ...args: Parameters<typeof period>) =>
  db.transaction((tx) => startPeriod(tx, userId, period(...args)));
const moveEnd = (userId: Id<"user">, to: string) =>
  db
    .update(wallets)
    .set({ planExpiresAt: sql`app_now() + ${to}::interval` })
    .where(eq(wallets.userId, userId));

describe("a period", () => {
  test.each([
    ["the end of a short month", "2027-01-31T16:59:59Z", "2027-03-02T16:59:59Z"],
    ["a leap day in it", "2028-02-10T00:00:00Z", "2028-03-11T00:00:00Z"],
    ["a leap day", "2028-02-29T12:00:00Z", "2028-03-30T12:00:00Z"],
    ["the turn of the year", "2027-12-31T23:59:59Z", "2028-01-30T23:59:59Z"],
    ["clocks that go forward in it", "2027-03-27T23:30:00Z", "2027-04-26T23:30:00Z"],
    ["clocks that go back in it", "2027-10-30T23:30:00Z", "2027-11-29T23:30:00Z"],
  ])("has its days of 24 hours, whatever the calendar says: %s", async (_what, begins, ends) => {
    await setClock(db, begins);
    const userId = await createUser(db);
    const { planStartedAt, planExpiresAt } = await wallet(userId);
    expect(planExpiresAt.getTime() - planStartedAt.getTime()).toBe(30 * 24 * HOUR_MS);
    expect(Math.abs(planExpiresAt.getTime() - Date.parse(ends))).toBeLessThan(60_000);
  });

  test.each(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Jakarta"])(
    "is as long where the database lives in %s",
    async (tz) => {
      // The second period begins on 12 March, and each of these clocks changes in it, but Jakarta's.
      await setClock(db, "2027-02-10T10:00:00Z");
      const userId = await createUser(db);
      const { startsAt, endsAt } = await db.transaction(async (tx) => {
        await tx.execute(sql`select set_config('timezone', ${tz}, true)`);
        return startPeriod(tx, userId, period("30d", 30, 0));
      });
      expect(endsAt.getTime() - startsAt.getTime()).toBe(30 * 24 * HOUR_MS);
    },
  );

  test("bought early follows the one that runs, and is the plan from that moment on; its points are there at once", async () => {
    await setClock(db, "2027-06-01T00:00:00Z");
    const userId = await createUser(db);
    const first = await wallet(userId);
    await setClock(db, "2027-06-21T00:00:00Z");
    const { startsAt, endsAt } = await give(userId, "15d", 15, 200);
    expect(startsAt).toEqual(first.planExpiresAt);
    expect(endsAt.getTime() - startsAt.getTime()).toBe(15 * 24 * HOUR_MS);
    expect(await readWallet(db, userId)).toMatchObject({ balance: 600 });
    expect(await wallet(userId)).toMatchObject({ planType: "30d", planExpiresAt: endsAt });

    await setClock(db, "2027-07-01T00:01:00Z");
    await tick();
    expect(await wallet(userId)).toMatchObject({ planType: "15d", planStartedAt: startsAt, planExpiresAt: endsAt });
    expect((await getWallet(db, userId)).plan).toMatchObject({ label: "15 days", active: true });
  });

  test("bought late begins now: the days without a plan are not paid for", async () => {
    await setClock(db, "2027-06-01T00:00:00Z");
    const userId = await createUser(db);
    await setClock(db, "2027-07-10T12:00:00Z");
    await tick();
    expect((await wallet(userId)).planEndedAt).not.toBeNull();
    const { startsAt } = await give(userId, "15d", 15, 200);
    expect(Math.abs(startsAt.getTime() - Date.parse("2027-07-10T12:00:00Z"))).toBeLessThan(60_000);
    expect(await wallet(userId)).toMatchObject({ planType: "15d", planStartedAt: startsAt, planEndedAt: null });
  });

  test("comes once of one purchase, also of two callbacks at the same moment", async () => {
    const userId = await createUser(db);
    const refId = newId("purchase");
    const [one, two] = await Promise.all([give(userId, "30d", 30, 400, refId), give(userId, "30d", 30, 400, refId)]);
    expect(two).toEqual(one);
    expect(await give(userId, "30d", 30, 400, refId)).toEqual(one);
    expect(await readWallet(db, userId)).toMatchObject({ balance: 800 });
    expect(await db.select().from(planPeriods).where(eq(planPeriods.refId, refId))).toHaveLength(1);
  });

  test("of two that are paid at the same moment one follows the other", async () => {
    const userId = await createUser(db);
    await moveEnd(userId, "-1 day");
    const made = await Promise.all([give(userId, "15d", 15, 200), give(userId, "30d", 30, 400)]);
    const [first, second] = made.sort((a, b) => a.startsAt.getTime() - b.startsAt.getTime());
    expect(second?.startsAt).toEqual(first?.endsAt);
    expect((await wallet(userId)).planExpiresAt).toEqual(second?.endsAt);
  });

  test("without points books nothing", async () => {
    const userId = await createUser(db);
    await give(userId, "15d", 15, 0);
    const booked = and(eq(walletTxns.userId, userId), eq(walletTxns.type, "allocation"));
    expect(await db.select().from(walletTxns).where(booked)).toHaveLength(1);
    expect((await readViolations(db)).filter(({ name }) => /is_booked|allocation/.test(name))).toEqual([]);
  });
});

test("a new account has a plan where payments are a demonstration, and none everywhere else", async () => {
  await setClock(db, "2027-06-01T00:00:00Z");
  const person = { email: "nobody@example.org", password: PASSWORD, tz: "Asia/Jakarta", acceptTerms: true as const };
  const userId = await registerUser(db, person, { provider: null });
  expect(await getWallet(db, userId)).toMatchObject({ balance: 0, available: 0, plan: { active: false } });
  expect(await db.select().from(planPeriods).where(eq(planPeriods.userId, userId))).toEqual([]);
  await tick();
  const ended = await db.execute(sql`select 1 from audit_logs where user_id = ${userId} and action = 'plan.ended'`);
  expect(ended).toHaveLength(0);
  await give(userId, "30d", 30, 400);
  expect(await getWallet(db, userId)).toMatchObject({ balance: 400, plan: { active: true } });
});
