import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "#db/client.ts";
import { wallOf } from "#server/campaigns/schedule/rules.ts";
import { createList, readViolations, readWallet } from "../factories.ts";
import { spawnWorker, type WorkerProcess } from "../processes.ts";
import { createStage, type Stage, until } from "../stage.ts";

const TZ = "Asia/Jakarta";
const PEOPLE = 3;

let stage: Stage;
const running = new Set<WorkerProcess>();
const start = () => {
  const worker = spawnWorker(stage.env.databaseUrl, stage.env.simulatorUrl, {
    LEASE_MS: "3000",
    ACK_TIMEOUT_MS: "1500",
  });
  running.add(worker);
  return worker;
};
beforeAll(async () => {
  stage = await createStage({ workers: 0 });
});
afterAll(async () => {
  for (const worker of running) worker.kill("SIGKILL");
  await Promise.all([...running].map((worker) => worker.exited));
  await stage?.stop();
});

/** What the minute's end does. */
const lookForDue = () => stage.db.execute(sql`select graphile_worker.add_job('campaigns:start-due')`);

test("a worker killed in the middle of a scheduled start leaves it to the others, of whom one starts it once", async () => {
  const first = start();
  await first.id;
  const user = await stage.signUp();
  const { sessionId, qr } = await stage.showQr(user);
  const phone = "+6281277000001";
  await stage.simulator.openAccount(phone, "Ani");
  await stage.simulator.scan(phone, qr);
  await until("the phone", async () => (await user.api.wa.get({ id: sessionId })).status === "linked");
  const list = await createList(stage.db, user.id, PEOPLE);
  const { id } = await user.api.campaigns.create({
    name: "Reunion",
    listIds: [list.id],
    waSessionId: sessionId,
    templateText: "Hi {{name}}",
    throttleMinSeconds: 0,
    throttleMaxSeconds: 0,
  });
  const wall = wallOf(new Date(Date.now() + 10 * 60_000), TZ);
  await user.api.campaigns.schedule({ id, recipients: PEOPLE, consentConfirmed: true, wall, tz: TZ });

  // The start comes as far as the wallet, which somebody else holds.
  const other = connect(stage.env.databaseUrl);
  const wallet = await other.sql.reserve();
  await wallet`begin`;
  await wallet`select 1 from wallets where user_id = ${user.id} for update`;
  await stage.db.execute(sql`update app_clock set shift = '11 minutes'`);
  await lookForDue();
  await until("the start to wait for the wallet", async () => {
    const waiting = await stage.db.execute(
      sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query ilike '%reserve_points%'`,
    );
    return waiting.length > 0;
  });
  first.kill("SIGKILL");
  await first.exited;
  await wallet`rollback`;
  wallet.release();
  await other.close();
  expect(await user.api.campaigns.get({ id })).toMatchObject({ status: "scheduled", total: 0 });
  expect(await readWallet(stage.db, user.id)).toEqual({ balance: 400, held: 0 });

  await Promise.all([start().id, start().id]);
  for (let n = 0; n < 4; n++) await lookForDue();
  await until(
    "everyone to have it",
    async () => {
      const { counts, status } = await user.api.campaigns.get({ id });
      return status === "completed" && counts.sent + counts.delivered + counts.read === PEOPLE;
    },
    60_000,
  );
  const sent = await stage.simulator.sent(phone);
  expect(sent.map((chat) => chat.messages.length)).toEqual(Array(PEOPLE).fill(1));
  expect(await readWallet(stage.db, user.id)).toEqual({ balance: 400 - 2 * PEOPLE, held: 0 });
  expect(await readViolations(stage.db)).toEqual([]);
});
