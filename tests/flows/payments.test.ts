import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Id, newId } from "#db/ids.ts";
import { demoPayments, paymentMethods, planOffers, purchases, wallets } from "#db/schema/index.ts";
import type { CardKind } from "#server/billing/provider/demo/rules.ts";
import { expirePurchases } from "#server/billing/purchases/give-up.ts";
import { createLog } from "#server/log.ts";
import { cloneDatabase } from "../database.ts";
import { readViolations, readWallet } from "../factories.ts";
import { eventOfPurchase, postCallback, traces } from "../payments.ts";
import { createStage, type Stage, type StageUser, until } from "../stage.ts";
import { startWeb, type TestWeb } from "../web.ts";

let stage: Stage;
let web: TestWeb;
let user: StageUser;
beforeAll(async () => {
  const database = await cloneDatabase();
  web = await startWeb(database.url);
  // The demo provider's callbacks go out from the worker and come in by the web process, over HTTP.
  stage = await createStage({ database, env: { WEB_ORIGIN: web.origin, APP_ORIGIN: web.origin } });
});
afterAll(async () => {
  await web?.stop();
  await stage?.stop();
});
beforeEach(async () => {
  user = await stage.signUp();
});

const paymentOf = (url: string) => url.split("/").at(-1) ?? "";
const deps = () => ({ env: web.env, log: createLog("web", web.env) });
const statusOf = async (id: Id<"purchase">) => (await user.api.billing.purchase({ id })).status;
const settled = (id: Id<"purchase">, status: string) =>
  until(`the purchase to be ${status}`, async () => (await statusOf(id)) === status);

/** Buys as a person does: the order, then the provider's own page. */
async function buy(offer: string, card: CardKind | "cancel", more: { keepMethod?: boolean } = {}) {
  const { id, url } = await user.api.billing.buy({ offer, ...more });
  const payment = { id: paymentOf(url) };
  if (card === "cancel") await user.api.billing.demo.cancel(payment);
  else await user.api.billing.demo.pay({ ...payment, card });
  return id;
}

test("a pack that is paid for is booked once with its receipt, and its user's balance is that much higher", async () => {
  const before = await readWallet(stage.db, user.id);
  const id = await buy("points-200", "pays");
  await settled(id, "paid");
  const { purchase, booked, receipts, events, periods } = await traces(stage.db, id);
  expect(booked).toMatchObject([{ type: "topup", points: 200, refId: id }]);
  expect(periods).toEqual([]);
  expect(receipts).toHaveLength(1);
  expect(events).toMatchObject([{ type: "paid", outcome: "paid" }]);
  expect(purchase).toMatchObject({ net: 5_500_000, tax: 605_000, total: 6_105_000, currency: "IDR", taxRate: 1100 });
  expect((await readWallet(stage.db, user.id)).balance).toBe(before.balance + 200);
  expect(await user.api.billing.purchase({ id })).toMatchObject({
    what: "200 points",
    invoiceNumber: expect.any(String),
  });
});

test("a plan that is paid for follows the one that runs, and a card kept with it renews it", async () => {
  const [before] = await stage.db.select().from(wallets).where(eq(wallets.userId, user.id));
  const id = await buy("plan-30d", "pays", { keepMethod: true });
  await settled(id, "paid");
  const { periods, booked } = await traces(stage.db, id);
  expect(periods).toMatchObject([{ plan: "30d", startsAt: before?.planExpiresAt, points: 400 }]);
  expect(booked).toMatchObject([{ type: "allocation", points: 400 }]);
  const [after] = await stage.db.select().from(wallets).where(eq(wallets.userId, user.id));
  expect(after).toMatchObject({ autoRenew: true, planExpiresAt: periods[0]?.endsAt });
  expect((await user.api.billing.offers()).method).toMatchObject({ label: "Demo card ending in 4242" });
});

test("a card that is not kept leaves nothing behind, and one that is declined or left gives nothing", async () => {
  const paid = await buy("plan-15d", "pays");
  await settled(paid, "paid");
  expect(await stage.db.select().from(paymentMethods).where(eq(paymentMethods.userId, user.id))).toEqual([]);
  const before = await readWallet(stage.db, user.id);
  const declined = await buy("points-100", "declined", { keepMethod: true });
  await settled(declined, "declined");
  const left = await buy("points-500", "cancel");
  await settled(left, "cancelled");
  for (const id of [declined, left]) {
    expect(await traces(stage.db, id)).toMatchObject({ booked: [], receipts: [], periods: [] });
  }
  expect(await readWallet(stage.db, user.id)).toEqual(before);
  expect((await user.api.billing.offers()).method).toBe(null);
});

test("whoever clicks twice has one purchase, and after it is settled a new one", async () => {
  const orders = await Promise.all([1, 2, 3].map(() => user.api.billing.buy({ offer: "points-100" })));
  expect(new Set(orders.map(({ id }) => id)).size).toBe(1);
  expect(new Set(orders.map(({ url }) => url)).size).toBe(1);
  const id = await buy("points-100", "pays");
  expect(id).toBe(orders[0]?.id);
  await settled(id, "paid");
  const next = await user.api.billing.buy({ offer: "points-100" });
  expect(next.id).not.toBe(id);
});

test("who buys for a campaign is led back to it, whichever campaign they come from this time", async () => {
  const [first, second] = [newId("campaign"), newId("campaign")].map((id) => `/campaigns/${id}`);
  const order = async (back: string | undefined) => {
    const { url } = await user.api.billing.buy({ offer: "points-100", back });
    const { returnUrl } = await user.api.billing.demo.get({ id: paymentOf(url) });
    return new URL(returnUrl);
  };
  const there = await order(first);
  expect(there.origin).toBe(web.origin);
  expect(there.searchParams.get("back")).toBe(first);
  expect((await order(second)).searchParams.get("back")).toBe(second);
  expect((await order(undefined)).searchParams.has("back")).toBe(false);
  await expect(order("https://elsewhere.example/")).rejects.toThrow();
  await expect(order("//elsewhere.example/campaigns/x")).rejects.toThrow();
});

test("what was shown at another price is asked about first, and what is not sold is refused", async () => {
  await expect(user.api.billing.buy({ offer: "points-200", total: 1 })).rejects.toThrow("The price changed");
  await expect(user.api.billing.buy({ offer: "points-201" })).rejects.toThrow("no longer sold");
  await stage.db.update(planOffers).set({ onSale: false }).where(eq(planOffers.plan, "15d"));
  await expect(user.api.billing.buy({ offer: "plan-15d" })).rejects.toThrow("no longer sold");
  await stage.db.update(planOffers).set({ onSale: true }).where(eq(planOffers.plan, "15d"));
  expect(await stage.db.select().from(purchases).where(eq(purchases.userId, user.id))).toEqual([]);
});

test("a purchase that is cancelled cannot be paid any more, and one that was paid cannot be cancelled", async () => {
  const open = await user.api.billing.buy({ offer: "points-100" });
  await user.api.billing.cancel({ id: open.id });
  const payment = { id: paymentOf(open.url) };
  expect(await user.api.billing.demo.pay({ ...payment, card: "pays" })).toMatchObject({ status: "cancelled" });
  await expect(user.api.billing.pay({ id: open.id })).rejects.toThrow("no longer waiting");
  expect(await statusOf(open.id)).toBe("cancelled");
  const stranger = await stage.signUp();
  const other = await user.api.billing.buy({ offer: "points-100" });
  await expect(stranger.api.billing.cancel({ id: other.id })).rejects.toThrow("not yours");
  await expect(stranger.api.billing.purchase({ id: other.id })).rejects.toThrow("not yours");
  await user.api.billing.demo.pay({ id: paymentOf(other.url), card: "pays" });
  await expect(user.api.billing.cancel({ id: other.id })).rejects.toThrow("no longer waiting");
  expect(await traces(stage.db, other.id)).toMatchObject({ purchase: { status: "paid" }, booked: [{ points: 100 }] });
});

test("purchases nobody paid in a day end, and the one whose callback never came is booked instead", async () => {
  const left = await user.api.billing.buy({ offer: "points-100" });
  const paid = await user.api.billing.buy({ offer: "points-200" });
  const fresh = await user.api.billing.buy({ offer: "points-500" });
  // Paid at the provider, and its callback lost.
  await stage.db.update(demoPayments).set({ status: "paid" }).where(eq(demoPayments.reference, paid.id));
  await stage.db.execute(
    sql`update purchases set created_at = now() - interval '25 hours' where id in (${left.id}, ${paid.id})`,
  );
  await Promise.all([expirePurchases(stage.db, deps()), expirePurchases(stage.db, deps())]);
  expect(await statusOf(left.id)).toBe("expired");
  expect(await statusOf(fresh.id)).toBe("pending");
  expect(await traces(stage.db, paid.id)).toMatchObject({ purchase: { status: "paid" }, booked: [{ points: 200 }] });
  // What came in after all is for what was bought.
  const late = await postCallback(web.origin, web.env, await eventOfPurchase(stage.db, left.id));
  expect(late).toMatchObject({ status: 200, body: { outcome: "paid" } });
  expect((await traces(stage.db, left.id)).booked).toHaveLength(1);
  expect(await readViolations(stage.db)).toEqual([]);
});
