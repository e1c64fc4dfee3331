import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { webhookTopics } from "#server/webhooks/schema.ts";
import { spawnWorker, type WorkerProcess } from "../processes.ts";
import { createStage, type Stage, until } from "../stage.ts";
import { letTimePass, namesIn, type Receiver, signers, startReceiver, tellName } from "../webhook-receiver.ts";

let stage: Stage;
let receiver: Receiver;
let worker: WorkerProcess | undefined;
beforeAll(async () => {
  receiver = await startReceiver();
  stage = await createStage({ workers: 0, env: { WEBHOOKS_LOCAL: "on" } });
});
afterAll(async () => {
  worker?.kill("SIGKILL");
  await worker?.exited;
  await stage?.stop();
  await receiver?.stop();
});

test("a worker killed amid a delivery loses nothing: the next one delivers that event again, and what comes after it", async () => {
  const { db } = stage;
  const { id, api } = await stage.signUp();
  const { secret } = await api.webhooks.add({ url: receiver.url, description: "", events: [...webhookTopics] });
  for (const name of ["first", "second", "third"]) await tellName(db, id, name);
  // The first is heard and not answered: the worker dies while it waits.
  receiver.answers(null);
  worker = spawnWorker(stage.env.databaseUrl, stage.env.simulatorUrl, { WEBHOOKS_LOCAL: "on" });
  await until("the first to be on its way", () => receiver.received.length === 1);
  worker.kill("SIGKILL");
  await worker.exited;
  const held = await db.execute(sql`
    select name from (select payload ->> 'name' as name, status, next_attempt_at > now() as leased from webhook_deliveries) d
     where status = 'delivering' and leased`);
  expect([...held]).toEqual([{ name: "first" }]);

  receiver.answers(204);
  await stage.startWorker();
  // While the lease lasts nobody else may have it, and nothing overtakes it.
  await db.execute(sql`select book_webhooks()`);
  await db.execute(sql`update webhook_deliveries set next_attempt_at = now() where status = 'delivering'`);
  await until("all three", async () => (await api.webhooks.list())[0]?.delivered === 3);
  expect(namesIn(receiver.received)).toEqual(["first", "first", "second", "third"]);
  const [lost, again] = receiver.received;
  expect(again?.headers["webhook-id"]).toBe(lost?.headers["webhook-id"]);
  expect(again?.body).toBe(lost?.body);
  expect(receiver.received.every((one) => signers(one, [secret]).length === 1)).toBe(true);
});

test("a worker that is told to stop gives back what was not answered, for the next one to deliver at once", async () => {
  const { db } = stage;
  const { id, api } = await stage.signUp();
  await api.webhooks.add({ url: `${receiver.url}/stopped`, description: "", events: [...webhookTopics] });
  receiver.answers(null);
  await tellName(db, id, "interrupted");
  const heard = () => receiver.received.filter(({ path }) => path.endsWith("/stopped"));
  await until("it to be on its way", () => heard().length === 1);
  await stage.workers[0]?.stop();
  const [given] = (await api.webhooks.deliveries({})).rows;
  expect(given).toMatchObject({ status: "queued", attempts: 1 });
  receiver.answers(204);
  await stage.startWorker();
  await letTimePass(db, id);
  await db.execute(sql`select book_webhooks()`);
  await until("it to arrive", async () => (await api.webhooks.list())[0]?.delivered === 1);
  expect(namesIn(heard())).toEqual(["interrupted", "interrupted"]);
});
