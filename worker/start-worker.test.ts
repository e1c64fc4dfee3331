import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "#db/client.ts";
import { newId } from "#db/ids.ts";
import { createLog } from "#server/log.ts";
import { useDatabase } from "#tests/database.ts";
import { testEnv } from "#tests/factories.ts";
import { openSeverable, type Severable } from "#tests/severed.ts";
import { simulatorUrl } from "#tests/simulator.ts";
import { startLiveness } from "./liveness.ts";
import { startWorker } from "./start-worker.ts";

const database = useDatabase();
let wire: Severable;
beforeAll(async () => {
  wire = await openSeverable(database());
});
afterAll(() => wire?.close());

test("a worker that leaves is no longer listed, also when it was about to say that it lives", async () => {
  const env = testEnv(database());
  const direct = connect(database());
  const workerId = newId("worker");
  const log = createLog("worker", env);
  const liveness = await startLiveness({ env, workerId, lockKey: 4_711, slots: new Set(), log });
  const listed = () => direct.db.execute(sql`select id from workers`);
  expect(await listed()).toEqual([{ id: workerId }]);
  await Promise.all([liveness.beat(), liveness.leave()]);
  expect(await listed()).toEqual([]);
  await Promise.all([liveness.stop(), direct.close()]);
});

test("a worker stops though its database hangs", async () => {
  const env = testEnv(wire.url, { SIMULATOR_URL: await simulatorUrl(), LOG_LEVEL: "silent" });
  const worker = await startWorker({ env, log: createLog("worker", env), httpPort: 0 });
  wire.freeze();
  await worker.stop();
});
