import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { Logger, parseCronItems, type RunnerOptions } from "graphile-worker";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect } from "#db/client.ts";
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

const ran: string[] = [];
const start = (more: Partial<RunnerOptions> = {}) =>
  startLasting(
    { db: severed.db, log: createLog("worker", testEnv(database())), slots: new Set() },
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
          if (payload === "into the cut" && ran.length === 1) wire.cut({ stay: true });
        },
      },
      ...more,
    },
  );
const book = (name: string) =>
  direct.db.execute(sql`select graphile_worker.add_job('step', to_json(${name}::text), max_attempts => 3)`);
const allDone = () =>
  until("all jobs to be through", async () => {
    const [left] = await direct.db.execute(sql`select count(*)::int as n from graphile_worker.jobs`);
    return left?.n === 0;
  });

test("a job that the database leaves in the middle is run again, and its slot takes the next one too", async () => {
  const runner = await start();
  await book("into the cut");
  await until("the job to have run into the cut", () => ran.length === 1);
  await book("after it");
  wire.mend();
  await allDone();
  expect(ran).toEqual(["into the cut", "into the cut", "after it"]);
  await runner.stop();
});

test("a look at the crontab that fails ends no job for good", async () => {
  const crontabs = (from: string, to: string) =>
    direct.db.execute(sql.raw(`alter table graphile_worker.${from} rename to ${to}`));
  await crontabs("_private_known_crontabs", "away");
  const runner = await start({ parsedCronItems: parseCronItems([{ task: "step", match: "0 0 1 1 *" }]) });
  await sleep(1_000);
  await crontabs("away", "_private_known_crontabs");
  await book("later");
  await allDone();
  expect(ran.at(-1)).toBe("later");
  await runner.stop();
});

test("stopping waits for a job that a runner had begun before it was replaced", async () => {
  const told: string[] = [];
  let release = () => {};
  const released = new Promise<void>((go) => {
    release = go;
  });
  const runner = await start({
    concurrency: 2,
    maxPoolSize: 3,
    taskList: {
      step: async (payload) => {
        told.push(String(payload));
        if (payload === "cut" && told.length === 2) wire.cut({ stay: true });
        if (payload !== "long") return;
        await released;
        told.push("long is over");
      },
    },
  });
  await book("long");
  await until("the long job to have begun", () => told.length === 1);
  await book("cut");
  await until("the other job to have run into the cut", () => told.length === 2);
  await book("next");
  wire.mend();
  await until("the new runner to work", () => told.includes("next"));
  const stopping = runner.stop();
  setTimeout(release, 500);
  await stopping;
  expect(told).toEqual(["long", "cut", expect.anything(), expect.anything(), "long is over"]);
});
