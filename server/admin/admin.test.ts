import { and, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Id, newId } from "#db/ids.ts";
import { auditLogs, grants, planOffers, topupOffers, wallets } from "#db/schema/index.ts";
import { type ApiClient, createApiClient, openAccount } from "#scripts/api-client.ts";
import { useDatabase } from "#tests/database.ts";
import { createUser, PASSWORD, readViolations, readWallet } from "#tests/factories.ts";
import { startWeb, type TestWeb } from "#tests/web.ts";
import { appRouter } from "../router.ts";
import { setAdministrator } from "./administrators.ts";

const url = useDatabase();
let web: TestWeb;
let admin: ApiClient;
let adminId: Id<"user">;
let userId: Id<"user">;
const ADMIN = "admin@example.org";

async function open(email: string) {
  const account = await openAccount(web.origin, { email, password: PASSWORD, tz: "Asia/Jakarta" });
  const api = createApiClient(web.origin, account);
  const me = await api.auth.me.query();
  if (!me) throw new Error("the account is signed in");
  return { api, id: me.id, account };
}

beforeAll(async () => {
  web = await startWeb(url());
  const opened = await open(ADMIN);
  admin = opened.api;
  adminId = opened.id;
  expect(await setAdministrator(web.connection.db, ADMIN.toUpperCase(), true)).toEqual({ before: false });
});
afterAll(() => web?.stop());
beforeEach(async () => {
  userId = await createUser(web.connection.db);
});

const WHY = "Paid by bank transfer";
const give = (more: { points?: number; reason?: string; id?: Id<"grant"> } = {}) => ({
  id: newId("grant"),
  userId,
  points: 70,
  reason: WHY,
  ...more,
});
const refusalOf = (call: Promise<unknown>) =>
  call.then(
    () => "done",
    (error: { data?: { refusal?: { code: string } } }) => error.data?.refusal?.code,
  );
const audited = (action: string) =>
  web.connection.db
    .select({ meta: auditLogs.meta })
    .from(auditLogs)
    .where(and(eq(auditLogs.userId, adminId), eq(auditLogs.action, action)));

test("to everybody else there is no administration, and an administrator's end is felt at once", async () => {
  const other = await open("somebody@example.org");
  const calls = ({ admin }: ApiClient) => [
    admin.users.query({ q: "" }),
    admin.user.query({ userId }),
    admin.grants.query(),
    admin.grantPoints.mutate(give()),
    admin.grantPlan.mutate({ id: newId("grant"), userId, plan: "30d", reason: WHY }),
    admin.offers.query(),
    admin.changePlanOffer.mutate({ id: "15d", points: 1, price: "1", onSale: true }),
    admin.addPack.mutate({ points: 1, price: "1" }),
    admin.changePack.mutate({ id: 100, points: 1, price: "1", onSale: true }),
    admin.checks.query(),
    admin.checkNow.mutate(),
  ];
  const names = Object.keys(appRouter._def.procedures).filter((name) => name.startsWith("admin."));
  const answers = await Promise.all(calls(other.api).map(refusalOf));
  expect(answers).toEqual(names.map(() => "not_found"));
  const { db } = web.connection;
  await setAdministrator(db, "somebody@example.org", true);
  expect(await other.api.admin.users.query({ q: "somebody@" })).toMatchObject([{ isAdmin: true }]);
  await setAdministrator(db, "somebody@example.org", false);
  expect(await refusalOf(other.api.admin.grants.query())).toBe("not_found");
  expect(await setAdministrator(db, "nobody@example.org", true)).toBeNull();
});

test("points are given once, however often and at once the form is sent", async () => {
  const before = await readWallet(web.connection.db, userId);
  const grant = give();
  const sent = await Promise.all([1, 2, 3, 4].map(() => refusalOf(admin.admin.grantPoints.mutate(grant))));
  expect(sent).toEqual(["done", "done", "done", "done"]);
  expect((await readWallet(web.connection.db, userId)).balance).toBe(before.balance + 70);
  const { grants: given, wallet } = await admin.admin.user.query({ userId });
  expect(given).toMatchObject([{ points: 70, plan: null, reason: WHY, by: ADMIN }]);
  expect(wallet.balance).toBe(before.balance + 70);
  expect((await audited("admin.granted")).filter(({ meta }) => meta.grantId === grant.id)).toEqual([
    { meta: { grantId: grant.id, userId, points: 70, plan: null } },
  ]);
  expect(await refusalOf(admin.admin.grantPoints.mutate({ ...grant, points: 71 }))).toBe("grant_used");
  expect(await readViolations(web.connection.db)).toEqual([]);
});

test("a plan that is given follows the one that runs, with its points, once", async () => {
  const { db } = web.connection;
  const [before] = await db.select().from(wallets).where(eq(wallets.userId, userId));
  const grant = { id: newId("grant"), userId, plan: "15d" as const, reason: "Sorry for the outage" };
  await Promise.all([1, 2].map(() => admin.admin.grantPlan.mutate(grant)));
  const [after] = await db.select().from(wallets).where(eq(wallets.userId, userId));
  if (!before || !after) throw new Error("the account has a wallet");
  expect(after.planExpiresAt.getTime() - before.planExpiresAt.getTime()).toBe(15 * 24 * 3_600_000);
  expect(after.balance - before.balance).toBe(200);
  expect(await readViolations(db)).toEqual([]);
});

test("nothing is given without a reason, to nobody, or in absurd amounts, and what was given never changes", async () => {
  for (const wrong of [
    { reason: "because" },
    { reason: "  a  b  c " },
    { points: 0 },
    { points: 1.5 },
    { points: 1e9 },
  ])
    expect(await refusalOf(admin.admin.grantPoints.mutate(give(wrong)))).toBe("invalid_input");
  const nobody = { ...give(), userId: newId("user") };
  expect(await refusalOf(admin.admin.grantPoints.mutate(nobody))).toBe("not_found");
  await admin.admin.grantPoints.mutate(give());
  const { db } = web.connection;
  await expect(db.update(grants).set({ points: 1 })).rejects.toThrow();
  await expect(db.execute(sql`delete from grants`)).rejects.toThrow();
});

test("an account is found by a part of its address, whatever stands in it", async () => {
  await createUser(web.connection.db, "50%_off@Example.org");
  expect(await admin.admin.users.query({ q: "50%_OFF@" })).toMatchObject([{ email: "50%_off@Example.org" }]);
  expect(await admin.admin.users.query({ q: "%" })).toHaveLength(1);
  expect((await admin.admin.users.query({ q: ADMIN }))[0]).toMatchObject({ email: ADMIN, isAdmin: true });
  const isNone = async () => (await admin.admin.users.query({ q: "50%_off@example.org" }))[0]?.planNone;
  expect(await isNone()).toBe(false);
  await web.connection.db.update(wallets).set({ planExpiresAt: sql`plan_started_at` });
  expect(await isNone()).toBe(true);
});

test("offers change from the next purchase on, at a price in the currency, and it is written down who changed what", async () => {
  const { db } = web.connection;
  await admin.admin.changePlanOffer.mutate({ id: "15d", points: 250, price: "55000.50", onSale: false });
  const [plan] = await db.select().from(planOffers).where(eq(planOffers.plan, "15d"));
  expect(plan).toMatchObject({ points: 250, price: 5_500_050, onSale: false, days: 15 });
  expect((await audited("admin.offer_changed"))[0]?.meta).toMatchObject({ priceBefore: 5_000_000, price: 5_500_050 });
  for (const price of ["", "0", "1,000", "1.234", "x"])
    expect(await refusalOf(admin.admin.addPack.mutate({ points: 5, price }))).toBe("invalid_input");
  await admin.admin.addPack.mutate({ points: 750, price: "170000" });
  expect(await refusalOf(admin.admin.addPack.mutate({ points: 750, price: "1" }))).toBe("pack_taken");
  await admin.admin.changePack.mutate({ id: 750, points: 800, price: "180000", onSale: true });
  expect(await refusalOf(admin.admin.changePack.mutate({ id: 750, points: 750, price: "1", onSale: true }))).toBe(
    "not_found",
  );
  expect(await refusalOf(admin.admin.changePack.mutate({ id: 800, points: 100, price: "1", onSale: true }))).toBe(
    "pack_taken",
  );
  const packs = await db.select().from(topupOffers).orderBy(topupOffers.points);
  expect(packs.map(({ points }) => points)).toEqual([100, 200, 500, 800, 1_000]);
  expect(packs.find(({ points }) => points === 800)?.price).toBe(18_000_000);
});

test("the books can be looked at, and what is wrong with them is named", async () => {
  expect(await admin.admin.checkNow.mutate()).toMatchObject({ violations: 0 });
  await web.connection.db.execute(sql`update wallets set balance = balance + 1 where user_id = ${userId}`);
  await admin.admin.checkNow.mutate();
  const [last] = await admin.admin.checks.query();
  expect(last?.found.map(({ name }) => name)).toContain("balance_is_sum_of_ledger");
});
