import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { eq } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { demoPayments } from "#db/schema/index.ts";
import { callbackKeys } from "#server/billing/provider/demo/keys.ts";
import { DEMO_CALLBACKS } from "#server/billing/provider/demo/rules.ts";
import { TOLERANCE_MS } from "#server/billing/provider/signature.ts";
import { cloneDatabase } from "../database.ts";
import { readViolations, readWallet } from "../factories.ts";
import { eventOfPurchase, postCallback, traces } from "../payments.ts";
import { spawnWorker } from "../processes.ts";
import { simulatorUrl } from "../simulator.ts";
import { createStage, type Stage, type StageUser, until } from "../stage.ts";
import { startWeb, type TestWeb } from "../web.ts";

let url: string;
let stage: Stage;
let web: TestWeb;
let user: StageUser;
beforeAll(async () => {
  const database = await cloneDatabase();
  url = database.url;
  web = await startWeb(url);
  // No worker: what arrives is what a test posts.
  stage = await createStage({ database, workers: 0, env: { WEB_ORIGIN: web.origin, APP_ORIGIN: web.origin } });
});
afterAll(async () => {
  await web?.stop();
  await stage?.stop();
});
beforeEach(async () => {
  user = await stage.signUp();
});

const order = async (offer = "points-100") => (await user.api.billing.buy({ offer })).id;
const post = (event: Parameters<typeof postCallback>[2], as?: Parameters<typeof postCallback>[3]) =>
  postCallback(web.origin, web.env, event, as);

test("a callback that is not the provider's, or not of now, is refused in a sentence and books nothing", async () => {
  const id = await order();
  const event = await eventOfPurchase(stage.db, id);
  const [own] = callbackKeys(web.env.sessionKeys);
  const late = (ms: number) => ({ at: new Date(Date.now() + ms) });
  const asked = [
    { status: 401, says: "signature does not match", as: { key: web.env.sessionKeys.current.key } },
    { status: 401, says: "signature does not match", as: { key: new Uint8Array(32) } },
    {
      status: 401,
      says: "signature does not match",
      as: { sent: JSON.stringify({ ...event, type: "payment.declined" }) },
    },
    { status: 401, says: "signature does not match", as: { sent: "" } },
    { status: 401, says: "too far from now", as: late(-TOLERANCE_MS - 5_000) },
    { status: 401, says: "too far from now", as: late(TOLERANCE_MS + 60_000) },
    { status: 400, says: "not an event of a payment", as: { sent: `"${"x".repeat(70_000)}"` } },
  ];
  for (const { status, says, as } of asked) {
    expect(await post(event, as)).toMatchObject({ status, body: { message: expect.stringContaining(says) } });
  }
  const unsigned = await fetch(`${web.origin}${DEMO_CALLBACKS}`, { method: "POST", body: JSON.stringify(event) });
  expect(unsigned.status).toBe(401);
  const nonsense = { ...event, data: { ...event.data, amount: -1 } };
  expect(await post(nonsense)).toMatchObject({ status: 400, body: { code: "payment_body" } });
  expect(await traces(stage.db, id)).toMatchObject({ purchase: { status: "pending" }, booked: [], events: [] });
  // A little late is well: clocks differ, and jobs wait.
  expect(await post(event, { key: own ?? new Uint8Array(), ...late(-TOLERANCE_MS + 60_000) })).toMatchObject({
    status: 200,
  });
});

test("a payment that is not the one that was ordered books nothing, and the right one is booked after it", async () => {
  const [id, other] = [await order(), await order("points-200")];
  const wrong = async (eventId: string, data: Parameters<typeof eventOfPurchase>[2]) =>
    post(await eventOfPurchase(stage.db, id, { id: eventId, ...data }));
  const others = await eventOfPurchase(stage.db, other);
  expect(await wrong("1", { amount: 1 })).toMatchObject({ status: 422, body: { code: "payment_mismatch" } });
  expect(await wrong("2", { currency: "USD" })).toMatchObject({ status: 422 });
  expect(await wrong("3", { payment: others.data.payment })).toMatchObject({ status: 422 });
  expect(await wrong("4", { reference: "pur_00000000000000000000000" })).toMatchObject({ status: 404 });
  expect(await wrong("5", { reference: "' or 1=1" })).toMatchObject({ status: 404 });
  expect(await wrong("1", { amount: 1 })).toMatchObject({ status: 422 });
  expect(await traces(stage.db, id)).toMatchObject({ purchase: { status: "pending" }, booked: [], receipts: [] });
  expect((await traces(stage.db, id)).events.map(({ outcome }) => outcome).sort()).toEqual([
    "refused: its amount differs",
    "refused: its currency differs",
    "refused: its payment differs",
  ]);
  expect(await post(await eventOfPurchase(stage.db, id))).toMatchObject({ status: 200, body: { outcome: "paid" } });
  expect((await traces(stage.db, id)).booked).toHaveLength(1);
});

test("whatever is told how often, in whatever order and at the same time: what is bought is given once, or not at all", async () => {
  const types = ["payment.paid", "payment.declined", "payment.cancelled"] as const;
  const telling = fc.record({
    type: fc.constantFrom(...types),
    id: fc.constantFrom("a", "b", "c"),
    times: fc.integer({ min: 1, max: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("points-100", "plan-15d"),
      fc.array(telling, { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      async (offer, tellings, atOnce) => {
        user = await stage.signUp();
        const before = await readWallet(stage.db, user.id);
        const id = await order(offer);
        const run = fc.sample(fc.uuid(), 1)[0];
        const posts = await Promise.all(
          tellings.flatMap(({ type, id: name, times }) =>
            Array.from({ length: times }, async () =>
              eventOfPurchase(stage.db, id, { id: `${run}.${type}.${name}`, type }),
            ),
          ),
        );
        const answers: Awaited<ReturnType<typeof post>>[] = [];
        if (atOnce) answers.push(...(await Promise.all(posts.map((event) => post(event)))));
        else for (const event of posts) answers.push(await post(event));
        expect(answers.every(({ status }) => status === 200)).toBe(true);
        const { purchase, booked, receipts, periods } = await traces(stage.db, id);
        const paid = tellings.some(({ type }) => type === "payment.paid");
        const given = paid ? 1 : 0;
        expect(purchase.status === "paid").toBe(paid);
        expect([booked.length, receipts.length, periods.length]).toEqual([
          given,
          given,
          offer === "plan-15d" ? given : 0,
        ]);
        const points = offer === "plan-15d" ? 200 : 100;
        expect((await readWallet(stage.db, user.id)).balance - before.balance).toBe(given * points);
        expect(answers.filter(({ body }) => body.outcome === "paid")).toHaveLength(given);
        expect(await readViolations(stage.db)).toEqual([]);
      },
    ),
    { numRuns: 10 },
  );
});

test("a worker that is killed while it calls back loses nothing: another one calls again", async () => {
  let calls = 0;
  const deaf = createServer(() => {
    calls += 1;
  });
  await new Promise<void>((resolve) => deaf.listen(0, "127.0.0.1", resolve));
  const { port } = deaf.address() as AddressInfo;
  const doomed = spawnWorker(url, await simulatorUrl(), { WEB_ORIGIN: `http://127.0.0.1:${port}`, LEASE_MS: "4000" });
  await doomed.id;
  const { id, url: page } = await user.api.billing.buy({ offer: "points-100" });
  await user.api.billing.demo.pay({ id: page.split("/").at(-1) ?? "", card: "pays" });
  await until("the provider to call", () => calls > 0);
  doomed.kill("SIGKILL");
  await doomed.exited;
  deaf.closeAllConnections();
  deaf.close();
  expect(await traces(stage.db, id)).toMatchObject({ purchase: { status: "pending" } });
  await stage.startWorker();
  await until("the purchase to be paid", async () => (await traces(stage.db, id)).purchase.status === "paid", 60_000);
  expect((await traces(stage.db, id)).booked).toHaveLength(1);
});

test("where payments are switched off nothing can be bought, and neither the provider's page nor its callbacks are there", async () => {
  const [id, paid] = [await order(), await order("points-200")];
  const [payment] = await stage.db.select().from(demoPayments).where(eq(demoPayments.reference, id));
  const ref = { id: payment?.id ?? "" };
  await user.api.billing.demo.pay({ id: (await eventOfPurchase(stage.db, paid)).data.payment, card: "pays" });
  const off = await startWeb(url, { PAYMENTS: "off" });
  const closed = await createStage({
    workers: 0,
    env: { PAYMENTS: "off" },
    database: { url, drop: () => Promise.resolve() },
  });
  try {
    expect(await postCallback(off.origin, off.env, await eventOfPurchase(stage.db, id))).toMatchObject({ status: 404 });
    const other = await closed.signUp();
    await expect(other.api.billing.buy({ offer: "points-100" })).rejects.toThrow("payments are switched off");
    for (const call of [
      () => other.api.billing.demo.get(ref),
      () => other.api.billing.demo.cancel(ref),
      () => other.api.billing.demo.pay({ ...ref, card: "pays" }),
    ])
      await expect(call()).rejects.toThrow("nothing here");
    expect(await other.api.billing.offers()).toMatchObject({ provider: null, contact: null });
  } finally {
    await off.stop();
    await closed.stop();
  }
  expect(await traces(stage.db, id)).toMatchObject({ purchase: { status: "pending" }, booked: [] });
});
