import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLog } from "#server/log.ts";
import { testEnv } from "#tests/factories.ts";
import { createStage, type LinkedPhone, type Stage, until } from "#tests/stage.ts";
import { startWorker } from "../start-worker.ts";

let stage: Stage;
const phones: LinkedPhone[] = [];

beforeAll(async () => {
  stage = await createStage({ workers: 1, env: { LEASE_MS: "12000" } });
  for (let users = 0; users < 2; users += 1) {
    const user = await stage.signUp();
    for (let n = 0; n < 3; n += 1) phones.push(await stage.linkPhone(user));
  }
});
afterAll(() => stage?.stop());

const heldBy = () =>
  stage.workers.map((worker) => phones.filter(({ sessionId }) => worker.sessions.held(sessionId)?.isReady()).length);
const spread = (wanted: number[]) =>
  until(`the sessions to be spread as ${wanted}`, () => String(heldBy().sort((a, b) => a - b)) === String(wanted));
const mostAtOnce = async () => {
  const figures = await Promise.all(phones.map(({ phone }) => stage.simulator.connections(phone)));
  return Math.max(...figures.map(({ maxLivePerDevice }) => maxLivePerDevice));
};

test("a worker that comes in takes its share, one that goes leaves it to the others, and no device ever has two sockets", async () => {
  await spread([6]);
  await stage.startWorker();
  await spread([3, 3]);
  const third = await stage.startWorker();
  await spread([2, 2, 2]);
  await third.stop();
  await spread([3, 3]);
  expect(await mostAtOnce()).toBe(1);
  await sleep(2_500);
  await spread([3, 3]);
});

test("a session whose row somebody has locked costs no other session its lease", async () => {
  const [locked, ...others] = phones;
  if (!locked) throw new Error("nobody is linked");
  const epochs = async () =>
    (await stage.db.execute<{ id: string; epoch: string }>(sql`select id, epoch::text from wa_sessions order by id`))
      .filter(({ id }) => others.some(({ sessionId }) => sessionId === id))
      .map(({ epoch }) => epoch);
  const before = await epochs();
  await stage.db.transaction(async (tx) => {
    await tx.execute(sql`select 1 from wa_sessions where id = ${locked.sessionId} for update`);
    await until("its own lease to run out", () => !stage.isReady(locked.sessionId));
    expect(others.filter(({ sessionId }) => !stage.isReady(sessionId))).toEqual([]);
  });
  expect(await epochs()).toEqual(before);
  await until("it to come back", () => stage.isReady(locked.sessionId));
  expect(await mostAtOnce()).toBe(1);
});

test("a worker that cannot open their keys is given sessions once, not for ever", async () => {
  for (const worker of stage.workers.slice(1)) await worker.stop();
  await spread([6]);
  const { sessionKeys } = testEnv(stage.env.databaseUrl, { SESSION_KEY: Buffer.alloc(32, 9).toString("base64") });
  const log = createLog("worker", { logLevel: "silent" });
  const stranger = await startWorker({ env: { ...stage.env, sessionKeys }, log, httpPort: 0 });
  try {
    await sleep(9_000);
    await spread([6]);
    const epochs = () => stage.db.execute(sql`select id, epoch::text from wa_sessions order by id`);
    const before = await epochs();
    await sleep(9_000);
    expect(await epochs()).toEqual(before);
    await spread([6]);
  } finally {
    await stranger.stop();
  }
});
