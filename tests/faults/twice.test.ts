import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { waSessions } from "#db/schema/index.ts";
import { createLog } from "#server/log.ts";
import { claimNext } from "#server/messages/claim.ts";
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

async function draft(throttle = 0.05, who = user, by = linked, people = RECIPIENTS) {
  const list = await createList(stage.db, who.id, people);
  const { id } = await who.api.campaigns.create({
    name: "Twice",
    listIds: [list.id],
    waSessionId: by.sessionId,
    templateText: "Hi {{name}}",
    throttleMinSeconds: throttle,
    throttleMaxSeconds: throttle * 2,
  });
  return { id, listId: list.id, phones: list.phones };
}
const start = (id: string, who = user) =>
  who.api.campaigns.start({ id, recipients: RECIPIENTS, consentConfirmed: true });
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
/** How many messages WhatsApp took from the number, whoever sent them. */
const taken = async () =>
  (await stage.simulator.sent(linked.phone)).reduce((sum, { messages }) => sum + messages.length, 0);
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

test("campaigns of two accounts with one number, started twice each at once, have one day between them; linking anew gives no other", async () => {
  const LEFT = 3;
  const other = await stage.signUp();
  const theirs = await stage.linkPhone(other, linked.phone);
  const sentBefore = await taken();
  await stage.db.execute(sql`
    update wa_numbers set day = (app_now() at time zone tz)::date, day_sent = ${500 - LEFT} where phone = ${linked.phone}`);
  const drafts = [
    [user, await draft()],
    [user, await draft()],
    [other, await draft(0.05, other, theirs)],
    [other, await draft(0.05, other, theirs)],
  ] as const;
  const twice = drafts.flatMap(([who, { id }]) => [start(id, who), start(id, who)]);
  expect(await outcomes(twice)).toEqual([...Array(4).fill("fulfilled"), ...Array(4).fill("rejected")]);
  const full = (who: StageUser, id: string) =>
    until("the day to be full", async () => {
      const { waiting, counts } = await who.api.campaigns.get({ id });
      return waiting?.reason === "daily_cap" && counts.sending === 0 && counts;
    });
  const counts = await Promise.all(drafts.map(([who, { id }]) => full(who, id)));
  const all = counts.map(({ queued, sent, delivered, read }) => [queued, sent + delivered + read]);
  expect(all.reduce((sum, [, accepted = 0]) => sum + accepted, 0)).toBe(LEFT);
  expect(all.map(([queued = 0, accepted = 0]) => queued + accepted)).toEqual(Array(4).fill(RECIPIENTS));
  expect(await taken()).toBe(sentBefore + LEFT);

  await other.api.wa.unlink({ id: theirs.sessionId });
  await until("it to be unlinked", async () => (await other.api.wa.get({ id: theirs.sessionId })).status !== "linked");
  const anew = await stage.linkPhone(other, linked.phone);
  const { id } = await draft(0.05, other, anew);
  await start(id, other);
  expect(await full(other, id)).toMatchObject({ queued: RECIPIENTS });
  // The worker that holds it has looked: it would be given nothing.
  const worker = await until("its owner", async () => {
    const [row] = await stage.db.select().from(waSessions).where(eq(waSessions.id, anew.sessionId));
    return row?.ownerId && { sessionId: anew.sessionId, workerId: row.ownerId, epoch: row.epoch };
  });
  const limits = { caps: stage.env.caps, ackTimeoutMs: 1_000, chance: 0 };
  expect(await claimNext(stage.db, worker, limits)).toMatchObject({ type: "wait" });
  expect(await taken()).toBe(sentBefore + LEFT);
  for (const [, made] of drafts.slice(0, 2)) await user.api.campaigns.cancel({ id: made.id });
  await stage.db.execute(sql`update wa_numbers set day_sent = 0 where phone = ${linked.phone}`);
  await other.api.wa.unlink({ id: anew.sessionId });
});

test("a list that grows while two tabs start it makes no campaign of more than 200", async () => {
  await user.api.schedules.set({ tz: "Asia/Jakarta", windows: [], paused: false });
  const { id, listId } = await draft(0.05, user, linked, 199);
  const { phones: more } = await createList(stage.db, user.id, 3);
  const rows = await Promise.all(more.map((phone) => user.api.contacts.page({ search: phone })));
  const grow = rows.map(({ rows: [found] }) => user.api.contacts.addToList({ ids: [found?.id ?? "con_"], listId }));
  const tries = [199, 200, 201, 202].map((recipients) =>
    user.api.campaigns.start({ id, recipients, consentConfirmed: true }),
  );
  await Promise.allSettled([...grow, ...tries]);
  const started = await user.api.campaigns.get({ id });
  expect(started.total).toBeLessThanOrEqual(200);
  if (started.status === "running") await user.api.campaigns.cancel({ id });
  await user.api.schedules.set({ tz: "Asia/Jakarta", windows: null, paused: false });
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
  const [row] = await stage.db.execute<{ gap: number }>(sql`
    select min(gap)::float8 as gap from (
      select extract(epoch from sending_at - lag(sending_at) over (order by sending_at)) * 1000 as gap
        from messages where campaign_id = ${id}) gaps`);
  expect(row?.gap, "the throttle holds").toBeGreaterThan(99);
});

test("each recurring job that runs twice at once, and once more, changes nothing the second time", async () => {
  const { id } = await draft(5);
  await start(id);
  await until("one to be accepted", async () => (await user.api.campaigns.get({ id })).counts.queued < RECIPIENTS);
  await user.api.campaigns.pause({ id });
  // What still comes from WhatsApp would change rows too.
  await Promise.all([...stage.workers].map((worker) => worker.stop()));
  const { queued } = (await user.api.campaigns.get({ id })).counts;
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
  expect((await user.api.campaigns.get({ id })).counts).toMatchObject({ failed: 2, queued: queued - 2 });
  await user.api.campaigns.cancel({ id });
});
