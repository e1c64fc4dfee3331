import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Id } from "#db/ids.ts";
import { paymentMethods } from "#db/schema/index.ts";
import { startPeriod } from "#server/billing/plans/start-period.ts";
import { tickPlans } from "#server/billing/plans/tick.ts";
import { createLog } from "#server/log.ts";
import { createList, readWallet, setClock } from "../factories.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, startAsReviewed, until } from "../stage.ts";
import { eventOf, type Receiver, startReceiver } from "../webhook-receiver.ts";

let stage: Stage;
let receiver: Receiver;
let user: StageUser;
let phone: LinkedPhone;
beforeAll(async () => {
  receiver = await startReceiver();
  stage = await createStage({ env: { WEBHOOKS_LOCAL: "on" } });
});
afterAll(async () => {
  await stage?.stop();
  await receiver?.stop();
});
beforeEach(async () => {
  await stage.db.execute(sql`update app_clock set shift = '0'`);
  user = await stage.signUp();
  phone = await stage.linkPhone(user);
});

const tick = () => tickPlans(stage.db, { env: stage.env, log: createLog("worker", stage.env) });
const travel = (days: number) => setClock(stage.db, new Date(Date.now() + days * 86_400_000).toISOString());
const campaign = (id: string) => user.api.campaigns.get({ id });

/** Running, with all sending paused: nothing has left yet. */
async function startHeldBack(people: number): Promise<{ id: Id<"campaign"> }> {
  await user.api.schedules.pause();
  const list = await createList(stage.db, user.id, people);
  const { id } = await user.api.campaigns.create({
    name: "Class meeting",
    listIds: [list.id],
    waSessionId: phone.sessionId,
    templateText: "Hi {{name}}",
    throttleMinSeconds: 0,
    throttleMaxSeconds: 0,
  });
  await startAsReviewed(user, id);
  return { id };
}

test("a campaign that the end of a plan stopped goes on by itself at the renewal, and everybody gets it once", async () => {
  await user.api.webhooks.add({ url: receiver.url, description: "", events: ["plan.*"] });
  const { id } = await startHeldBack(3);
  await travel(29.5);
  await tick();
  await travel(30.01);
  await user.api.schedules.resume();
  await tick();
  expect(await campaign(id)).toMatchObject({ status: "paused", pauseReason: "plan_expired" });
  expect(await stage.simulator.sent(phone.phone)).toEqual([]);
  await expect(user.api.campaigns.resume({ id })).rejects.toMatchObject({ message: expect.stringContaining("plan") });
  expect(await user.api.billing.plan.get()).toMatchObject({ notice: { kind: "ended" }, waiting: { paused: 1 } });

  await stage.db.transaction((tx) => startPeriod(tx, user.id, { plan: "15d", days: 15, points: 200, refId: null }));
  await until("the rest to be sent", async () => (await campaign(id)).status === "completed");
  expect(await stage.simulator.sent(phone.phone)).toHaveLength(3);
  expect(await readWallet(stage.db, user.id)).toEqual({ balance: 594, held: 0 });
  expect(await user.api.billing.plan.get()).toMatchObject({ notice: null, plan: "15d", waiting: { paused: 0 } });
  await until("all to be told", () => receiver.received.length === 3);
  expect(receiver.received.map(eventOf).map(({ type }) => type)).toEqual([
    "plan.ends_soon",
    "plan.ended",
    "plan.started",
  ]);
});

test("a kept card renews the plan while the campaign is under way: nothing stops", async () => {
  await stage.db
    .insert(paymentMethods)
    .values({ userId: user.id, provider: "demo", token: `dtk_pays_${"x".repeat(22)}`, label: "Demo card" });
  await user.api.billing.plan.setAutoRenew({ to: "on" });
  const { id } = await startHeldBack(2);
  await travel(29.99);
  await tick();
  await travel(30.5);
  await tick();
  await user.api.schedules.resume();
  await until("all to be sent", async () => (await campaign(id)).status === "completed");
  expect(await user.api.billing.plan.get()).toMatchObject({ active: true, renewal: { on: true, declined: 0 } });
  const pauses = await stage.db.execute(
    sql`select 1 from audit_logs where user_id = ${user.id} and action in ('campaign.paused', 'plan.ended')`,
  );
  expect(pauses).toHaveLength(0);
});
