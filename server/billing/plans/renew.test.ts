import { and, asc, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Connection, connect, type Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import {
  auditLogs,
  paymentMethods,
  planOffers,
  planPeriods,
  planReminders,
  purchases,
  wallets,
} from "#db/schema/index.ts";
import { useDatabase } from "#tests/database.ts";
import { createUser, readViolations, readWallet, setClock, testEnv } from "#tests/factories.ts";
import { during } from "#tests/races.ts";
import { createLog } from "../../log.ts";
import { withUser } from "../../users/with-user.ts";
import type { CardKind } from "../provider/demo/rules.ts";
import { forgetMethod } from "../purchases/method.ts";
import { buyRenewal } from "../purchases/renewal.ts";
import { getPlan } from "./queries.ts";
import { remindOfEnds } from "./remind.ts";
import { closeReminders, setAutoRenew, setNextPlan } from "./settings.ts";
import { tickPlans } from "./tick.ts";

const url = useDatabase();
let connection: Connection;
let db: Db;
let userId: Id<"user">;
/** Of the first period. */
let end: number;

const HOUR_MS = 3_600_000;
const env = (more: Record<string, string> = {}) => testEnv(url(), more);
const tick = (more: Record<string, string> = {}) => tickPlans(db, { env: env(more), log: createLog("worker", env()) });
/** Moves the clock to so many hours from the end of the first period. */
const travel = (hours: number) => setClock(db, new Date(end + hours * HOUR_MS).toISOString());
const asUser = <T>(work: (tx: Db) => Promise<T>) => withUser(db, userId, work);
const plan = () => asUser((tx) => getPlan(tx, env().billing, userId));
const bought = () => db.select().from(purchases).where(eq(purchases.userId, userId)).orderBy(asc(purchases.id));
const periods = () =>
  db.select().from(planPeriods).where(eq(planPeriods.userId, userId)).orderBy(asc(planPeriods.startsAt));
const audited = (action: string) =>
  db
    .select()
    .from(auditLogs)
    .where(and(eq(auditLogs.userId, userId), eq(auditLogs.action, action)));
const reminders = async () =>
  (await db.select().from(planReminders).where(eq(planReminders.userId, userId)))
    .map(({ days }) => days)
    .sort((a, b) => a - b);
const switchOn = () => db.transaction((tx) => setAutoRenew(tx, env().billing, userId, { to: "on" }));
const keepCard = (card: CardKind) => {
  const row = { provider: "demo" as const, token: `dtk_${card}_${"x".repeat(22)}`, label: `Card that ${card}` };
  return db
    .insert(paymentMethods)
    .values({ userId, ...row })
    .onConflictDoUpdate({ target: paymentMethods.userId, set: row });
};

beforeAll(() => {
  connection = connect(url());
  db = connection.db;
});
afterAll(() => connection.close());
beforeEach(async () => {
  await db.update(wallets).set({ autoRenew: false });
  await setClock(db, "2027-03-01T10:00:00Z");
  userId = await createUser(db);
  const [wallet] = await db.select().from(wallets).where(eq(wallets.userId, userId));
  end = wallet?.planExpiresAt.getTime() ?? 0;
});

describe("reminders", () => {
  test("come three days and one day before the end, once each, and are shown until they are closed", async () => {
    await travel(-73);
    await tick();
    expect(await plan()).toMatchObject({ active: true, reminded: null });
    await travel(-71);
    await Promise.all([tick(), tick()]);
    expect((await plan()).reminded).toBe(3);
    await asUser((tx) => closeReminders(tx, userId));
    await tick();
    expect((await plan()).reminded).toBeNull();
    await travel(-23);
    await tick();
    expect((await plan()).reminded).toBe(1);
    expect(await reminders()).toEqual([1, 3]);
    expect(await audited("plan.reminded")).toHaveLength(2);
  });

  test("that nobody was there to give are made up for by the next one, and by none after the end", async () => {
    await travel(-5);
    await tick();
    expect(await reminders()).toEqual([1]);
    userId = await createUser(db);
    await travel(31 * 24);
    await tick();
    expect(await reminders()).toEqual([]);
  });

  test("come once of two ticks that both find one due", async () => {
    await travel(-71);
    const remind = (tx: Db) => remindOfEnds(tx, env().billing, (work) => work());
    await during(db, remind, () => remind(db));
    expect(await reminders()).toEqual([3]);
    expect(await audited("plan.reminded")).toHaveLength(1);
  });

  test("say that it renews by itself, to whoever has it so; after the renewal nothing is left of them", async () => {
    await keepCard("pays");
    await switchOn();
    await travel(-20);
    await tick();
    expect((await audited("plan.reminded"))[0]?.meta).toMatchObject({ days: 1, renews: true });
    expect(await plan()).toMatchObject({
      reminded: 1,
      renewal: { on: true, card: "Card that pays", total: 9_990_000 },
    });
    await travel(-0.9);
    await tick();
    expect(await plan()).toMatchObject({ active: true, reminded: null, following: [{ plan: "30d" }] });
  });
});

describe("a renewal by card", () => {
  test("is charged an hour before the end, once however many ticks look, and follows without a gap", async () => {
    await keepCard("pays");
    await switchOn();
    await travel(-1.1);
    await tick();
    expect(await bought()).toEqual([]);
    await travel(-0.99);
    await Promise.all([tick(), tick(), tick()]);
    await tick();
    expect(await bought()).toMatchObject([{ status: "paid", automatic: true, plan: "30d", total: 9_990_000 }]);
    const [first, second] = await periods();
    expect(second?.startsAt).toEqual(first?.endsAt);
    expect(await readWallet(db, userId)).toMatchObject({ balance: 800 });
    await travel(0.1);
    await tick();
    expect(await audited("plan.ended")).toEqual([]);
    expect(await readViolations(db)).toEqual([]);
  });

  test("is not charged by a tick that found it due before another one charged it, paid or declined", async () => {
    const deps = { env: env(), log: createLog("worker", env()) };
    await keepCard("pays_once");
    await switchOn();
    await travel(-0.9);
    expect(await buyRenewal(db, deps, userId)).toMatchObject({ outcome: "declined" });
    expect(await buyRenewal(db, deps, userId)).toEqual({ outcome: "not_due" });
    await keepCard("pays");
    await travel(0.1);
    expect(await buyRenewal(db, deps, userId)).toMatchObject({ outcome: "paid" });
    expect(await buyRenewal(db, deps, userId)).toEqual({ outcome: "not_due" });
  });

  test("takes the plan that was chosen to follow, at the price of that day", async () => {
    await keepCard("pays");
    await switchOn();
    await asUser((tx) => setNextPlan(tx, userId, { plan: "15d" }));
    expect((await plan()).renewal).toMatchObject({ plan: "15d", label: "15 days" });
    await db.update(planOffers).set({ price: 6_000_000 }).where(eq(planOffers.plan, "15d"));
    await travel(-0.5);
    await tick();
    expect(await bought()).toMatchObject([{ plan: "15d", net: 6_000_000, status: "paid" }]);
    await travel(1);
    await tick();
    expect(await plan()).toMatchObject({ plan: "15d", following: [], renewal: { plan: "15d" } });
  });

  test("that is declined is tried at the end and daily twice more, then it is off, and said so", async () => {
    await keepCard("pays_once");
    await switchOn();
    const tries: number[] = [];
    for (const hours of [-0.99, -0.5, 0.01, 0.5, 12, 24.01, 24.5, 47, 48.01, 48.5, 60, 73, 200]) {
      const before = (await bought()).length;
      await travel(hours);
      await tick();
      if ((await bought()).length > before) tries.push(hours);
    }
    expect(tries).toEqual([-0.99, 0.01, 24.01, 48.01]);
    expect(await audited("plan.renewal_declined")).toHaveLength(4);
    expect(await audited("plan.ended")).toHaveLength(1);
    const { active, renewal } = await plan();
    expect(active).toBe(false);
    expect(renewal).toMatchObject({ on: false, declined: 4, at: null, stopped: expect.stringContaining("declined") });
    expect(await readWallet(db, userId)).toMatchObject({ balance: 400 });
  });

  test("goes through with another card at the next try, and forgets what was declined", async () => {
    await keepCard("declined");
    await switchOn();
    await travel(-0.9);
    await tick();
    expect((await plan()).renewal).toMatchObject({ on: true, declined: 1, at: new Date(end) });
    await keepCard("pays");
    await travel(0.01);
    await tick();
    expect(await plan()).toMatchObject({ active: true, renewal: { on: true, declined: 0 } });
    expect(await bought()).toHaveLength(2);
  });

  test("of a process that died after the order charges that order, not another", async () => {
    await keepCard("pays");
    await switchOn();
    await travel(-0.9);
    // What a kill between the order and its payment leaves behind.
    const [offer] = await db.select().from(planOffers).where(eq(planOffers.plan, "30d"));
    await db.insert(purchases).values({
      id: "pur_0000000000000000000000",
      userId,
      kind: "plan",
      plan: "30d",
      days: 30,
      points: 400,
      net: offer?.price ?? 0,
      tax: 0,
      total: offer?.price ?? 0,
      currency: "IDR",
      taxName: "PPN",
      taxRate: 0,
      provider: "demo",
      automatic: true,
    });
    await tick();
    expect(await bought()).toMatchObject([{ id: "pur_0000000000000000000000", status: "paid" }]);
    expect(await periods()).toHaveLength(2);
  });

  test.each([
    ["the plan is not sold any more", () => db.update(planOffers).set({ onSale: false }), {}, "sold"],
    ["payments are switched off", () => Promise.resolve(), { PAYMENTS: "off" }, "switched off"],
  ] as const)("is switched off and said so when %s", async (_what, change, more, word) => {
    await keepCard("pays");
    await switchOn();
    await change();
    await travel(-0.9);
    await tick(more);
    await db.update(planOffers).set({ onSale: true });
    expect((await plan()).renewal).toMatchObject({ on: false, stopped: expect.stringContaining(word) });
    expect(await bought()).toEqual([]);
  });

  test("is not charged to somebody who does not expect it any more, days after the end", async () => {
    await keepCard("pays");
    await switchOn();
    await travel(80);
    await tick();
    expect(await bought()).toEqual([]);
    expect((await plan()).renewal).toMatchObject({ on: false, stopped: expect.stringContaining("in time") });
  });
});

describe("auto-renew", () => {
  const refused = (code: string) => expect(switchOn()).rejects.toMatchObject({ code });

  test("cannot be switched on without a card, without payments or without a plan, and says why", async () => {
    await refused("no_kept_card");
    expect((await plan()).renewal.problem).toContain("card");
    await keepCard("pays");
    const off = env({ PAYMENTS: "off" }).billing;
    await expect(db.transaction((tx) => setAutoRenew(tx, off, userId, { to: "on" }))).rejects.toMatchObject({
      code: "payments_off",
    });
    await travel(1);
    await refused("no_plan_to_renew");
    await travel(-48);
    await switchOn();
    expect((await plan()).renewal).toMatchObject({ on: true, problem: null, at: new Date(end - HOUR_MS) });
  });

  test("goes off with the card", async () => {
    await keepCard("pays");
    await switchOn();
    await asUser((tx) => forgetMethod(tx, userId));
    expect((await plan()).renewal).toMatchObject({ on: false, card: null });
  });

  test("of one user changes nothing of another", async () => {
    const [one, other] = [userId, await createUser(db)];
    await keepCard("pays");
    await switchOn();
    userId = other;
    expect((await plan()).renewal).toMatchObject({ on: false, card: null });
    await expect(withUser(db, other, (tx) => setNextPlan(tx, one, { plan: "15d" }))).rejects.toThrow();
    userId = one;
    expect((await plan()).renewal.plan).toBe("30d");
    expect(await db.execute(sql`select 1 from wallets where user_id = ${other} and auto_renew`)).toHaveLength(0);
  });
});
