import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Id } from "#db/ids.ts";
import { createLog } from "#server/log.ts";
import { createTasks } from "#worker/tasks/index.ts";
import { createList, readViolations, readWallet } from "../factories.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, until } from "../stage.ts";

const RECIPIENTS = 6;

let stage: Stage;
let user: StageUser;
let linked: LinkedPhone;
beforeAll(async () => {
  stage = await createStage({ workers: 2 });
  user = await stage.signUp();
  linked = await stage.linkPhone(user);
});
afterAll(() => stage?.stop());
afterEach(async () => {
  expect(await readViolations(stage.db)).toEqual([]);
});

async function draft(throttle = 0.05): Promise<{ id: Id<"campaign">; phones: string[] }> {
  const list = await createList(stage.db, user.id, RECIPIENTS);
  const { id } = await user.api.campaigns.create({
    name: "Twice",
    listIds: [list.id],
    waSessionId: linked.sessionId,
    templateText: "Hi {{name}}",
    throttleMinSeconds: throttle,
    throttleMaxSeconds: throttle * 2,
  });
  return { id, phones: list.phones };
}
const start = (id: string) => user.api.campaigns.start({ id, recipients: RECIPIENTS, consentConfirmed: true });
const ended = (id: string) =>
  until("the campaign to end", async () => (await user.api.campaigns.get({ id })).status === "completed");
async function expectOnce(phones: string[]): Promise<void> {
  for (const [index, phone] of phones.entries()) {
    const texts = await until("the message", async () => {
      const shown = (await stage.simulator.phoneChats(phone)).flatMap((chat) => chat.messages);
      return shown.length > 0 && shown.map(({ text }) => text);
    });
    expect(texts).toEqual([`Hi Person ${index + 1}`]);
  }
}
const outcomes = async (tries: Promise<unknown>[]) =>
  (await Promise.allSettled(tries)).map(({ status }) => status).sort();

test("two tabs that start a campaign at once start it once, and its points are held once", async () => {
  const { balance } = await readWallet(stage.db, user.id);
  const { id, phones } = await draft();
  expect(await outcomes([start(id), start(id), start(id)])).toEqual(["fulfilled", "rejected", "rejected"]);
  await ended(id);
  await expectOnce(phones);
  expect(await readWallet(stage.db, user.id)).toEqual({ balance: balance - 2 * RECIPIENTS, held: 0 });
});

test("two campaigns of one person that start at once for points that are enough for one: one of them is refused", async () => {
  const [first, second] = [await draft(), await draft()];
  const { balance } = await readWallet(stage.db, user.id);
  await stage.db.execute(sql`update wallets set held = balance - ${2 * RECIPIENTS + 2} where user_id = ${user.id}`);
  const tries = await Promise.allSettled([start(first.id), start(second.id)]);
  await stage.db.execute(
    sql`update wallets set held = held - ${balance - 2 * RECIPIENTS - 2} where user_id = ${user.id}`,
  );
  expect(tries.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  const went = tries[0]?.status === "fulfilled" ? first : second;
  await ended(went.id);
  await expectOnce(went.phones);
});

test("two tabs that resume at once, and a pause and a cancel at once, leave one state that is true", async () => {
  const { id, phones } = await draft(0.3);
  await start(id);
  await user.api.campaigns.pause({ id });
  expect(await outcomes([user.api.campaigns.resume({ id }), user.api.campaigns.resume({ id })])).toEqual([
    "fulfilled",
    "rejected",
  ]);
  await ended(id);
  await expectOnce(phones);

  const other = await draft(0.3);
  await start(other.id);
  await Promise.allSettled([user.api.campaigns.pause({ id: other.id }), user.api.campaigns.cancel({ id: other.id })]);
  await until("it to be over", async () =>
    ["cancelled", "paused"].includes((await user.api.campaigns.get({ id: other.id })).status),
  );
  await user.api.campaigns.cancel({ id: other.id }).catch(() => {});
  await until(
    "it to be cancelled",
    async () => (await user.api.campaigns.get({ id: other.id })).status === "cancelled",
  );
  expect((await readWallet(stage.db, user.id)).held).toBe(0);
});

test("ten pumps booked for one phone send each message once, one after the other", async () => {
  const { id, phones } = await draft(0.1);
  await start(id);
  for (let n = 0; n < 10; n += 1) {
    await stage.db.execute(sql`
      select graphile_worker.add_job('wa:pump@' || owner_id, json_build_object('sessionId', id)) from wa_sessions
       where id = ${linked.sessionId}`);
  }
  await ended(id);
  await expectOnce(phones);
  const sent = (await stage.simulator.sent(linked.phone)).filter((chat) => phones.includes(chat.phone));
  const times = sent.flatMap((chat) => chat.messages.map((message) => message.receivedAt)).sort((a, b) => a - b);
  const gaps = times.slice(1).map((at, n) => at - (times[n] ?? at));
  expect(Math.min(...gaps), "the throttle holds").toBeGreaterThan(60);
});

test("each recurring job that runs twice at once, and once more, changes nothing the second time", async () => {
  const { id } = await draft(5);
  await start(id);
  await until(
    "one to be accepted",
    async () => (await user.api.campaigns.get({ id })).counts.queued === RECIPIENTS - 1,
  );
  await user.api.campaigns.pause({ id });
  // What still comes from WhatsApp would change rows too.
  await Promise.all([...stage.workers].map((worker) => worker.stop()));
  await stage.db.execute(sql`
    update messages set status = 'sending', sending_at = now() - interval '20 days', created_at = now() - interval '20 days'
     where id in (select id from messages where campaign_id = ${id} and status = 'queued' order by id limit 2)`);
  const tasks = createTasks({ env: stage.env, db: stage.db, log: createLog("worker", stage.env) });
  const helpers = { job: { attempts: 1, max_attempts: 2 } };
  const names = ["pumps:sweep", "silence:settle", "ledger:check", "bodies:wipe", "sessions:expire-idle"];
  const runAll = async () => {
    for (const name of names) {
      // A job's handler looks at nothing of its helpers but the job's tries.
      const task = tasks[name] as unknown as (payload: unknown, with_: typeof helpers) => Promise<void>;
      await Promise.all([task({}, helpers), task({}, helpers)]);
    }
  };
  const everything = async () => {
    const [row] = await stage.db.execute<{ all: string }>(sql`
      select concat((select json_agg(m order by id) from messages m), (select json_agg(c order by id) from campaigns c),
                    (select json_agg(w order by id) from wallets w), (select json_agg(t order by id) from wallet_txns t)) as all`);
    return row?.all;
  };
  await runAll();
  // First unknown, then unconfirmed.
  await runAll();
  const settled = await everything();
  await runAll();
  expect(await everything()).toBe(settled);
  expect((await user.api.campaigns.get({ id })).counts).toMatchObject({ failed: 2, queued: RECIPIENTS - 3 });
  await user.api.campaigns.cancel({ id });
});
