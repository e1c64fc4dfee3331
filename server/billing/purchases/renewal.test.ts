import { asc, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Connection, connect, type Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { auditLogs, paymentMethods, planOffers, purchases, wallets } from "#db/schema/index.ts";
import { useDatabase } from "#tests/database.ts";
import { createUser, readViolations, setClock, testEnv } from "#tests/factories.ts";
import { during } from "#tests/races.ts";
import { createLog } from "../../log.ts";
import { withUser } from "../../users/with-user.ts";
import { getPlan } from "../plans/queries.ts";
import { remindOfEnds } from "../plans/remind.ts";
import { renewDue } from "../plans/renew.ts";
import { setAutoRenew, setNextPlan } from "../plans/settings.ts";
import { startPeriod } from "../plans/start-period.ts";
import { openProvider } from "../provider/open.ts";
import { buy } from "./buy.ts";
import { cancelPurchase, expirePurchases } from "./give-up.ts";
import { forgetMethod } from "./method.ts";
import { orderOf } from "./order.ts";
import { buyRenewal } from "./renewal.ts";

const url = useDatabase();
let connection: Connection;
let db: Db;
let userId: Id<"user">;
/** When the plan ends. */
let end: number;

const HOUR_MS = 3_600_000;
const deps = (more: Record<string, string> = {}) => {
  const env = testEnv(url(), more);
  return { env, log: createLog("worker", env) };
};
const OFF = { PAYMENTS: "off" };
const readEnd = async () => {
  const [wallet] = await db.select().from(wallets).where(eq(wallets.userId, userId));
  end = wallet?.planExpiresAt.getTime() ?? 0;
};
const travel = (hours: number) => setClock(db, new Date(end + hours * HOUR_MS).toISOString());
const plan = (more = {}) => withUser(db, userId, (tx) => getPlan(tx, deps(more).env.billing, userId));
const choose = (next: "15d" | "30d") => withUser(db, userId, (tx) => setNextPlan(tx, userId, { plan: next }));
const renews = (to: "on" | "off") => db.transaction((tx) => setAutoRenew(tx, deps().env.billing, userId, { to }));
const bought = () => db.select().from(purchases).where(eq(purchases.userId, userId)).orderBy(asc(purchases.id));
const provider = () => {
  const opened = openProvider(db, deps().env);
  if (!opened) throw new Error("nobody takes payments");
  return opened;
};
const TOKEN = `dtk_pays_${"x".repeat(22)}`;

/** What a kill between the order and its payment leaves behind, so many hours ago. */
async function halfDone({ hours = 0 } = {}) {
  const [purchase] = await db
    .insert(purchases)
    .values({
      id: newId("purchase"),
      userId,
      kind: "plan",
      plan: "30d",
      days: 30,
      points: 400,
      net: 9_000_000,
      tax: 990_000,
      total: 9_990_000,
      currency: "IDR",
      taxName: "PPN",
      taxRate: 1100,
      provider: "demo",
      automatic: true,
      createdAt: sql`app_now() - ${hours}::int * interval '1 hour'`,
    })
    .returning();
  if (!purchase) throw new Error("nothing was kept");
  return purchase;
}

beforeAll(() => {
  connection = connect(url());
  db = connection.db;
});
afterAll(() => connection.close());
beforeEach(async () => {
  await db.update(wallets).set({ autoRenew: false });
  await setClock(db, "2027-03-01T10:00:00Z");
  userId = await createUser(db);
  await db.insert(paymentMethods).values({ userId, provider: "demo", token: TOKEN, label: "Card" });
  await renews("on");
  await readEnd();
});

describe("the plan that a renewal buys", () => {
  test("is the one that was chosen, also when another was bought in advance", async () => {
    await db.transaction((tx) => startPeriod(tx, userId, { plan: "15d", days: 15, points: 0, refId: null }));
    await readEnd();
    expect((await plan()).renewal.plan).toBe("15d");
    await choose("30d");
    expect((await plan()).renewal.plan).toBe("30d");
    await travel(-0.5);
    await buyRenewal(db, deps(), userId);
    expect(await bought()).toMatchObject([{ plan: "30d", status: "paid" }]);
  });

  test("is otherwise the last one that is paid for", async () => {
    await db.transaction((tx) => startPeriod(tx, userId, { plan: "15d", days: 1, points: 0, refId: null }));
    await readEnd();
    await travel(-24.5);
    // Due before the period that was bought in advance has begun.
    await db.update(wallets).set({ renewAt: sql`app_now()` }).where(eq(wallets.userId, userId));
    await buyRenewal(db, deps(), userId);
    expect(await bought()).toMatchObject([{ plan: "15d", status: "paid" }]);
  });

  test("is ordered anew when another one was chosen after the order, which is closed at the provider", async () => {
    await travel(-0.9);
    const first = await halfDone();
    await choose("15d");
    expect(await buyRenewal(db, deps(), userId)).toMatchObject({ outcome: "paid" });
    expect(await bought()).toMatchObject([
      { id: first.id, status: "cancelled" },
      { plan: "15d", status: "paid" },
    ]);
    expect(await provider().charge(orderOf(first), TOKEN)).toMatchObject({ type: "cancelled" });
    const declined = await db.select().from(auditLogs).where(eq(auditLogs.action, "plan.renewal_declined"));
    expect(declined).toEqual([]);
  });

  test("stays the one that was charged before another was chosen", async () => {
    await travel(-0.9);
    const first = await halfDone();
    await provider().charge(orderOf(first), TOKEN);
    await choose("15d");
    expect(await buyRenewal(db, deps(), userId)).toEqual({ outcome: "not_due" });
    expect(await bought()).toMatchObject([{ id: first.id, status: "paid" }]);
    expect(await readViolations(db)).toEqual([]);
  });
});

describe("a renewal that is not finished", () => {
  test("cannot be cancelled, and is gone on with however old it is, while it is due", async () => {
    await travel(-0.9);
    const { id } = await halfDone({ hours: 30 });
    await expect(cancelPurchase(db, deps(), userId, id)).rejects.toMatchObject({ code: "renewal_not_cancelled" });
    await expirePurchases(db, deps());
    expect(await bought()).toMatchObject([{ id, status: "pending" }]);
    expect(await buyRenewal(db, deps(), userId)).toEqual({ outcome: "paid", purchaseId: id });
  });

  test("ends when it is not due any more, and no card counts as declined for that", async () => {
    await travel(-0.9);
    await halfDone({ hours: 30 });
    await db.update(wallets).set({ renewAt: sql`app_now() + interval '5 minutes'` }).where(eq(wallets.userId, userId));
    await expirePurchases(db, deps());
    expect(await bought()).toMatchObject([{ status: "expired" }]);
    expect((await plan()).renewal).toMatchObject({ on: true, declined: 0 });
  });
});

test("a payment that was closed before it was ordered cannot be made any more, nor be found", async () => {
  const first = await halfDone();
  expect(await provider().close(orderOf(first))).toBeNull();
  expect(await provider().charge(orderOf(first), TOKEN)).toMatchObject({ type: "cancelled", amount: first.total });
});

test("while payments are off, what may have been paid is neither cancelled nor ended", async () => {
  const ordered = await buy(db, deps(), userId, { offer: "points-100", keepMethod: false });
  const renewal = await halfDone();
  await renews("off");
  await db
    .update(purchases)
    .set({ createdAt: sql`app_now() - interval '30 hours'` })
    .where(eq(purchases.userId, userId));
  await expect(cancelPurchase(db, deps(OFF), userId, ordered.id)).rejects.toMatchObject({ code: "payment_unsure" });
  await expirePurchases(db, deps(OFF));
  expect((await bought()).map(({ status }) => status)).toEqual(["pending", "pending"]);
  await db.update(purchases).set({ providerRef: null }).where(eq(purchases.id, ordered.id));
  await cancelPurchase(db, deps(OFF), userId, ordered.id);
  await expirePurchases(db, deps());
  expect(new Map((await bought()).map(({ id, status }) => [id, status]))).toEqual(
    new Map([
      [ordered.id, "cancelled"],
      [renewal.id, "expired"],
    ]),
  );
});

describe("that a plan renews by itself", () => {
  test.each([
    ["payments are off", () => Promise.resolve(), OFF],
    ["the plan is not sold", () => db.update(planOffers).set({ onSale: false }).where(eq(planOffers.plan, "30d")), {}],
    ["there is no card", () => db.delete(paymentMethods).where(eq(paymentMethods.userId, userId)), {}],
  ])("is not said while %s", async (_what, change, more) => {
    await travel(-20);
    await change();
    await remindOfEnds(db, deps(more).env.billing, (work) => work());
    expect(await plan(more)).toMatchObject({ renewal: { on: true, will: false }, notice: { kind: "ends" } });
    await db.update(planOffers).set({ onSale: true });
    const [reminded] = await db
      .select()
      .from(auditLogs)
      .where(eq(auditLogs.userId, userId))
      .orderBy(sql`created_at desc`);
    expect(reminded).toMatchObject({ action: "plan.reminded", meta: { renews: false } });
  });

  test("and why it did not once, is forgotten when its user switches it on or off", async () => {
    await db
      .update(wallets)
      .set({ autoRenew: false, renewStopped: "declined", renewalsDeclined: 4 })
      .where(eq(wallets.userId, userId));
    expect((await plan()).renewal.stopped).toContain("declined");
    await renews("on");
    expect((await plan()).renewal).toMatchObject({ on: true, declined: 0 });
    await renews("off");
    expect((await plan()).renewal).toMatchObject({ on: false, stopped: null });
  });
});

test("a card is forgotten while another payment keeps one, and neither waits for the other for ever", async () => {
  const keep = (tx: Db) => tx.update(wallets).set({ autoRenew: true }).where(eq(wallets.userId, userId));
  await during(
    db,
    keep,
    () => withUser(db, userId, (tx) => forgetMethod(tx, userId)),
    (tx) => tx.update(paymentMethods).set({ label: "Another" }).where(eq(paymentMethods.userId, userId)),
  );
  expect((await plan()).renewal).toMatchObject({ on: false, card: null });
});

test("renewals that do not fit into a minute are left to the next one", async () => {
  await travel(-0.5);
  await renewDue(db, deps(), (work) => work(), { timeMs: 0 });
  expect(await bought()).toEqual([]);
  await renewDue(db, deps(), (work) => work());
  expect(await bought()).toMatchObject([{ status: "paid" }]);
});
