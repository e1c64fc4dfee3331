import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "#db/client.ts";
import { createLog } from "#server/log.ts";
import { useDatabase } from "#tests/database.ts";
import { testEnv } from "#tests/factories.ts";
import { openSeverable, type Severable } from "#tests/severed.ts";
import { simulatorUrl } from "#tests/simulator.ts";
import { startWorker } from "./start-worker.ts";

const database = useDatabase();
let wire: Severable;
beforeAll(async () => {
  wire = await openSeverable(database());
});
afterAll(() => wire?.close());

const startHere = async (url: string) => {
  const env = testEnv(url, { SIMULATOR_URL: await simulatorUrl(), LOG_LEVEL: "silent" });
  return startWorker({ env, log: createLog("worker", env), httpPort: 0 });
};

test("a worker that stops has left the list of workers, and stays away from it", async () => {
  const direct = connect(database());
  const worker = await startHere(database());
  const listed = () => direct.db.execute(sql`select id from workers`);
  expect(await listed()).toEqual([{ id: worker.id }]);
  await worker.stop();
  expect(await listed()).toEqual([]);
  await direct.close();
});

test("a worker stops though its database hangs", async () => {
  const worker = await startHere(wire.url);
  wire.freeze();
  await worker.stop();
});
