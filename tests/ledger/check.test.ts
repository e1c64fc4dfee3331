import { type SQL, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Db } from "#db/client.ts";
import { newId } from "#db/ids.ts";
import { grants } from "#db/schema/index.ts";
import { startPeriod } from "#server/billing/plans/start-period.ts";
import { createMetrics } from "#server/metrics.ts";
import { checkLedger, lastLedgerCheck } from "#server/wallet/check.ts";
import { useDatabase } from "#tests/database.ts";
import { readViolations, topUp } from "#tests/factories.ts";
import type { Step } from "./steps.ts";
import { openWorld, type World } from "./world.ts";

const url = useDatabase();
let world: World;
beforeAll(async () => {
  world = openWorld(url());
  const tenant = await world.openTenant();
  const steps: Step[] = [
    { do: "start", recipients: 3 },
    { do: "claim", next: "write" },
    { do: "claim", next: "write" },
    { do: "fact", message: 0, fact: "ack", times: 1 },
    { do: "fact", message: 1, fact: "ack", times: 1 },
    { do: "fact", message: 1, fact: "failed", times: 1 },
    { do: "buy", plan: null },
    { do: "buy", plan: "15d" },
  ];
  for (const step of steps) await world.play(tenant, step);
  await topUp(world.db, tenant.userId, 20);
  const refId = newId("grant");
  const gift = { userId: tenant.userId, plan: "30d" as const, points: 400, reason: "Sorry", grantedBy: tenant.userId };
  await world.db.insert(grants).values({ id: refId, ...gift });
  await startPeriod(world.db, tenant.userId, { plan: "30d", days: 30, points: 400, refId });
});
afterAll(() => world.close());

test("the points that were charged, and those that were given back of them, are counted", async () => {
  const metrics = createMetrics(world.db);
  expect(await metrics.getSingleMetricAsString("wallet_points_deducted_total")).toMatch(/\s4$/);
  expect(await metrics.getSingleMetricAsString("wallet_points_refunded_total")).toMatch(/\s2$/);
});

/** What breaks each invariant, and perhaps another with it. */
const breaches: Record<string, SQL[]> = {
  balance_is_sum_of_ledger: [sql`update wallets set balance = balance + 2`],
  version_counts_ledger: [sql`update wallets set version = version + 1`],
  held_is_within_balance: [
    sql`alter table wallets drop constraint wallets_held_covered`,
    sql`update wallets set held = balance + 1`,
  ],
  balance_after_is_running_sum: [sql`update wallet_txns set balance_after = balance_after + 1 where type = 'topup'`],
  held_is_sum_of_open_rows: [sql`update wallets set held = held + 2`],
  campaign_hold_is_its_open_rows: [sql`update campaigns set hold_open = hold_open + 2`],
  charged_is_cost_of_messages: [sql`update messages set cost_points = 4 where status = 'sent'`],
  charge_is_that_of_its_message: [sql`update wallet_txns set ref_id = ref_id || 'x' where type = 'deduct'`],
  refund_is_of_a_charge: [sql`update wallet_txns set ref_id = 'msg:nobody' where type = 'refund'`],
  accepted_costs_its_price: [sql`update messages set cost_points = 0`],
  total_counts_rows: [sql`update campaigns set total = total + 1`],
  cause_is_booked: [sql`update wallet_txns set points = points + 1 where type = 'topup'`],
  booking_has_a_cause: [sql`update wallet_txns set ref_id = 'gra_nobody' where type = 'grant'`],
  cause_opens_its_period: [sql`update plan_periods set points = points + 1 where ref_id like 'gra%'`],
  period_has_a_cause: [sql`update plan_periods set ref_id = 'pur_nobody' where ref_id like 'pur%'`],
  period_is_booked: [sql`update plan_periods set points = points + 1 where ref_id is null`],
  allocation_has_a_period: [sql`delete from plan_periods where ref_id is null`],
  paid_purchase_has_a_receipt: [sql`delete from invoices where seq = 2`],
  receipt_has_a_payment: [sql`update purchases set status = 'declined'`],
  invoice_numbers_have_no_gap: [sql`update invoices set seq = 3 where seq = 2`],
};

/** What is found after a change that is undone again. */
async function foundAfter(change: SQL[]): Promise<string[]> {
  let found: string[] = [];
  const undo = new Error("undone");
  const all = world.db.transaction(async (tx) => {
    for (const table of ["wallet_txns", "invoices"])
      await tx.execute(sql`alter table ${sql.identifier(table)} disable trigger user`);
    for (const statement of change) await tx.execute(statement);
    found = (await readViolations(tx)).map(({ name }) => name);
    throw undo;
  });
  await expect(all).rejects.toBe(undo);
  return found;
}

const invariants = async (db: Db) => {
  const [view] = await db.execute<{ text: string }>(sql`select pg_get_viewdef('violations'::regclass) as text`);
  return [...(view?.text ?? "").matchAll(/SELECT '(\w+)'::text AS name/g)].map(([, name]) => name);
};

test("what was sold, given, charged and given back breaks no invariant, and each of them is broken here once", async () => {
  expect(await readViolations(world.db)).toEqual([]);
  expect(new Set(Object.keys(breaches))).toEqual(new Set(await invariants(world.db)));
});

test.each(Object.entries(breaches))("it is found when not %s", async (name, change) => {
  expect(await foundAfter(change)).toContain(name);
});

test("a number that no receipt has is found, as is one that was never taken", async () => {
  for (const change of [sql`update invoice_numbers set last = last + 1`, sql`delete from invoices where seq = 1`])
    expect(await foundAfter([change])).toContain("invoice_numbers_have_no_gap");
});

test("what a check found is kept, the last of it is the metric, and the oldest go", async () => {
  const { db } = world;
  const shown = async () =>
    (await createMetrics(db).getSingleMetricAsString("ledger_violations")).trim().split("\n").at(-1);
  expect(await lastLedgerCheck(db)).toBeNull();
  expect(await checkLedger(db)).toMatchObject({ violations: 0, found: [] });
  expect(await shown()).toBe("ledger_violations 0");
  await db.execute(sql`update ledger_checks set ran_at = now() - interval '91 days'`);
  await db.execute(sql`update campaigns set total = total + 1`);
  const kept = await checkLedger(db);
  expect(kept).toMatchObject({ violations: 1, found: [{ name: "total_counts_rows", count: 1 }] });
  expect(await lastLedgerCheck(db)).toEqual(kept);
  expect(await shown()).toBe("ledger_violations 1");
  expect(await db.execute(sql`select 1 from ledger_checks`)).toHaveLength(1);
});
