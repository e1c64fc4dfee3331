import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { migrate } from "#db/migrate.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "#scripts/embedded-postgres.ts";
import { createList, createRunningCampaign, readViolations, readWallet } from "../factories.ts";
import { openTestFolder, type TestFolder } from "../postgres.ts";
import { createStage, type Stage, shortLease, until, untilRead } from "../stage.ts";

const RECIPIENTS = 12;
const RESTARTS = 2;

let folder: TestFolder;
let server: EmbeddedPostgres;
let stage: Stage;
const start = (port?: number) =>
  startEmbeddedPostgres({ dataDir: join(folder.path, "postgres"), database: "tests", ...(port ? { port } : {}) });
beforeAll(async () => {
  folder = openTestFolder();
  server = await start();
  await migrate(server.url);
  stage = await createStage({ database: { url: server.url, drop: async () => {} }, env: shortLease });
});
afterAll(async () => {
  await stage?.stop();
  await server?.stop(2);
  folder?.remove();
});

test("a database that is killed and started again, time after time, in the middle of a campaign loses nothing", async () => {
  const user = await stage.signUp();
  const { sessionId, phone } = await stage.linkPhone(user);
  const list = await createList(stage.db, user.id, RECIPIENTS);
  const { id } = await user.api.campaigns.create({
    name: "Restart",
    listIds: [list.id],
    waSessionId: sessionId,
    templateText: "Hi {{name}}",
    throttleMinSeconds: 0.2,
    throttleMaxSeconds: 0.3,
  });
  await user.api.campaigns.start({ id, recipients: RECIPIENTS, consentConfirmed: true });
  const campaign = () => user.api.campaigns.get({ id }).catch(() => null);
  const accepted = async () => {
    const counts = (await campaign())?.counts;
    return counts ? counts.sent + counts.delivered + counts.read : -1;
  };
  for (let n = 1; n <= RESTARTS; n += 1) {
    await until("it to be under way", async () => (await accepted()) >= (n * RECIPIENTS) / (RESTARTS + 2), 60_000);
    const { port } = server;
    server.kill();
    await until("the server to be gone", () => !server.isRunning());
    server = await start(port);
    expect(server.port).toBe(port);
  }
  await until("the campaign to end", async () => (await campaign())?.status === "completed", 60_000);
  expect(await accepted()).toBe(RECIPIENTS);
  await sleep(500);
  for (const [index, recipient] of list.phones.entries()) {
    expect(await untilRead(stage.simulator, recipient)).toEqual([`Hi Person ${index + 1}`]);
  }
  for (const chat of await stage.simulator.sent(phone)) expect(chat.messages).toHaveLength(1);
  expect(await readWallet(stage.db, user.id)).toEqual({ balance: 400 - 2 * RECIPIENTS, held: 0 });
  expect(await readViolations(stage.db)).toEqual([]);
}, 150_000);

test("a pump that failed time after time, and would be tried again in hours, goes on with the next sweep", async () => {
  const user = await stage.signUp();
  const { sessionId } = await stage.linkPhone(user);
  const rename = (from: string, to: string) => stage.db.execute(sql.raw(`alter table ${from} rename to ${to}`));
  const pump = sql`key = ${`pump:${sessionId}`}`;
  await rename("schedules", "away");
  const { id } = await createRunningCampaign(stage.db, stage.env, user.id, sessionId, 2);
  await until("the pump to fail", async () => {
    const failed = sql`select 1 from graphile_worker.jobs where ${pump} and last_error is not null and locked_at is null`;
    return (await stage.db.execute(failed)).length > 0;
  });
  await stage.db.execute(sql`
    update graphile_worker._private_jobs set attempts = 9, run_at = now() + exp(9) * interval '1 second' where ${pump}`);
  await rename("away", "schedules");
  await stage.db.execute(sql`select graphile_worker.add_job('pumps:sweep', '{}')`);
  await until("the campaign to end", async () => (await user.api.campaigns.get({ id })).status === "completed");
});
