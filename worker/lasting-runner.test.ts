import { sql } from "drizzle-orm";
import { Logger } from "graphile-worker";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect } from "#db/client.ts";
import { newId } from "#db/ids.ts";
import { createLog } from "#server/log.ts";
import { useDatabase } from "#tests/database.ts";
import { testEnv } from "#tests/factories.ts";
import { openSeverable, type Severable } from "#tests/severed.ts";
import { until } from "#tests/stage.ts";
import { startLasting } from "./lasting-runner.ts";

const database = useDatabase();
let direct: Connection;
let severed: Connection;
let wire: Severable;

beforeAll(async () => {
  direct = connect(database());
  wire = await openSeverable(database());
  severed = connect(wire.url);
});
afterAll(async () => {
  await Promise.all([direct?.close(), severed?.close()]);
  wire?.close();
});

test("a job that the database leaves in the middle is run again, and its slot takes the next one too", async () => {
  const ran: string[] = [];
  const runner = await startLasting(
    { db: severed.db, log: createLog("worker", testEnv(database())), workerId: newId("worker") },
    {
      connectionString: wire.url,
      concurrency: 1,
      maxPoolSize: 2,
      pollInterval: 200,
      noHandleSignals: true,
      logger: new Logger(() => () => {}),
      taskList: {
        step: async (payload) => {
          ran.push(String(payload));
          if (ran.length === 1) wire.cut({ stay: true });
        },
      },
    },
  );
  const book = (name: string) =>
    direct.db.execute(sql`select graphile_worker.add_job('step', to_json(${name}::text), max_attempts => 3)`);
  await book("first");
  await until("the job to have run into the cut", () => ran.length === 1);
  await book("second");
  wire.mend();
  await until("both to be through", async () => {
    const [left] = await direct.db.execute(sql`select count(*)::int as n from graphile_worker.jobs`);
    return left?.n === 0;
  });
  expect(ran).toEqual(["first", "first", "second"]);
  await runner.stop();
});
