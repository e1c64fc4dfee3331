import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { autoReplies, inboundMessages, messages, wallets } from "#db/schema/index.ts";
import { answerInbound } from "#server/automation/answer.ts";
import { LOOP } from "#server/automation/rules.ts";
import { createLog } from "#server/log.ts";
import { newPhone, readViolations, readWallet } from "../factories.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, until } from "../stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await createStage({ env: { ACK_TIMEOUT_MS: "30000" } });
});
afterAll(() => stage?.stop());
afterEach(async () => {
  expect(await readViolations(stage.db)).toEqual([]);
});

interface Bot extends LinkedPhone {
  user: StageUser;
}
async function bot(text: string, cooldownSeconds = 0, patterns = ["."]): Promise<Bot> {
  const user = await stage.signUp();
  const phone = await stage.linkPhone(user);
  await stage.simulator.setDelays(phone.phone, { ackMs: 0, deliveredMs: 10 });
  await user.api.rules.save({ name: "Bot", match: "regex", patterns, responses: [{ text }], cooldownSeconds });
  return { ...phone, user };
}
const decided = ({ user }: Bot) =>
  until("everything to be decided", async () => {
    const [open] = await stage.db.execute<{ jobs: number; sending: number; inbound: number }>(sql`
      select (select count(*)::int from graphile_worker.jobs where task_identifier = 'inbox:answer') as jobs,
             (select count(*)::int from messages where user_id = ${user.id} and status in ('queued', 'sending')) as sending`);
    return open?.jobs === 0 && open.sending === 0;
  });
const answersOf = ({ user }: Bot) => stage.db.$count(autoReplies, eq(autoReplies.userId, user.id));
const stopped = async ({ user }: Bot) => (await user.api.rules.list()).stopped;
const inboundOf = ({ user }: Bot, text?: string) =>
  stage.db
    .select()
    .from(inboundMessages)
    .where(sql`user_id = ${user.id} and ${text ? sql`body = ${text}` : sql`true`}`);
async function shownTo(person: string): Promise<string[]> {
  const chats = await stage.simulator.phoneChats(person);
  return chats.flatMap((chat) => chat.messages.flatMap((message) => (message.fromMe ? [] : [message.text])));
}

test("two machines that answer each other stop by themselves, say so, and go on when a person lets them", async () => {
  const [one, two] = [await bot("I am one {{name}}, what is it?"), await bot("Two says: tell me more")];
  await stage.simulator.write(one.phone, two.phone, "Hello");
  const [tripped] = await until("one of them to stop", async () => {
    const both = await Promise.all([stopped(one), stopped(two)]);
    return both.flat().length > 0 && both.flat();
  });
  await Promise.all([decided(one), decided(two)]);
  expect(tripped?.reason).toBe("loop");
  const given = (await answersOf(one)) + (await answersOf(two));
  expect(given).toBeGreaterThanOrEqual(LOOP.inMinute);
  expect(given).toBeLessThanOrEqual(2 * LOOP.inMinute);

  const halted = (await stopped(one)).length > 0 ? one : two;
  const person = newPhone();
  await stage.simulator.write(person, halted.phone, "And me?");
  await until("the message", async () => (await inboundOf(halted, "And me?")).length > 0);
  await decided(halted);
  expect(await shownTo(person)).toEqual([]);
  await halted.user.api.rules.resumePhone({ waSessionId: halted.sessionId });
  expect(await stopped(halted)).toEqual([]);
  await stage.simulator.write(person, halted.phone, "And now?");
  await until("the answer", async () => (await shownTo(person)).length === 1);
  const audit = await stage.db.execute(
    sql`select action from audit_logs where user_id = ${halted.user.id} and action like 'rules.%' order by id`,
  );
  expect(audit.map(({ action }) => action)).toEqual(["rules.stopped", "rules.let_go_on"]);
});

test("who sends back what they were answered gets no answer to that", async () => {
  const echo = await bot("Rp 10.000");
  const person = newPhone();
  await stage.simulator.write(person, echo.phone, "harga?");
  await until("the answer", async () => (await shownTo(person)).length === 1);
  await stage.simulator.write(person, echo.phone, "rp  10.000");
  await until("the echo", async () => (await inboundOf(echo, "rp  10.000")).length > 0);
  await decided(echo);
  expect(await answersOf(echo)).toBe(1);
  expect(await stopped(echo)).toEqual([]);
});

test("several lines written at night are one answer that waits, stop nothing, and what waits goes with its rule", async () => {
  const night = await bot("We open at nine");
  const { api, id: userId } = night.user;
  const [rule] = (await api.rules.list()).rules;
  if (!rule) throw new Error("the bot has no rule");
  await stage.db.execute(sql`update auto_rules set answers_at_opening = true where id = ${rule.id}`);
  // Open for an hour, three days from now.
  await stage.db.execute(sql`
    update schedules set windows = jsonb_build_array(jsonb_build_object('day', (extract(dow from now())::int + 3) % 7, 'from', 60, 'to', 120))
     where user_id = ${userId}`);
  const person = newPhone();
  const lines = LOOP.inMinute + 2;
  for (let n = 1; n <= lines; n += 1) await stage.simulator.write(person, night.phone, `Line ${n}`);
  const waiting = () =>
    stage.db.execute(
      sql`select 1 from messages where user_id = ${userId} and kind = 'auto_reply' and status = 'queued'`,
    );
  await until("all to be judged", async () => (await answersOf(night)) === lines);
  expect(await stopped(night)).toEqual([]);
  expect(await waiting()).toHaveLength(1);
  await api.rules.enable({ id: rule.id, to: "off" });
  expect(await waiting()).toEqual([]);
  await api.rules.enable({ id: rule.id, to: "on" });
  await stage.simulator.write(person, night.phone, "Once more");
  await until("it to be judged", async () => (await answersOf(night)) > lines);
  await api.rules.remove({ id: rule.id });
  expect(await waiting()).toEqual([]);
});

test("one answer more in a minute than a phone may give stops its rules, and what waits does not go", async () => {
  const busy = await bot("Hello");
  await busy.user.api.rules.settings({ mode: "first", maxPerMinute: 3 });
  const people = [newPhone(), newPhone(), newPhone(), newPhone(), newPhone()];
  for (const person of people) await stage.simulator.write(person, busy.phone, "Hi");
  await until("all messages", async () => (await inboundOf(busy)).length === people.length);
  await decided(busy);
  expect(await stopped(busy)).toMatchObject([{ reason: "too_many", phone: busy.phone }]);
  expect(await answersOf(busy)).toBe(3);
});

describe("a message is answered once or not at all", () => {
  test("whatever runs at the same time, or again", async () => {
    const { user, ...phone } = await bot("Hello", 0, ["^answer me$"]);
    await stage.simulator.write(newPhone(), phone.phone, "Later");
    const [inbound] = await until("the message", async () => {
      const rows = await inboundOf({ ...phone, user });
      return rows.length > 0 && rows;
    });
    if (!inbound) throw new Error("nothing came");
    await decided({ ...phone, user });
    await stage.db.update(inboundMessages).set({ body: "answer me" }).where(eq(inboundMessages.id, inbound.id));
    const deps = { sessionKeys: stage.env.sessionKeys, pricePoints: 0, log: createLog("worker", stage.env) };
    await Promise.all([1, 2, 3, 4].map(() => answerInbound(stage.db, deps, inbound.id)));
    expect(await answersOf({ ...phone, user })).toBe(1);
  });

  test("also when the worker is stopped and started while messages come in", async () => {
    const restarted = await bot("Hello");
    const people = Array.from({ length: 12 }, () => newPhone());
    const writing = (async () => {
      for (const person of people) await stage.simulator.write(person, restarted.phone, "Hi");
    })();
    await stage.workers[0]?.stop();
    await stage.startWorker();
    await writing;
    await until("all messages", async () => (await inboundOf(restarted)).length === people.length);
    await decided(restarted);
    const rows = await stage.db.execute<{ live: boolean; answers: number; copies: number }>(sql`
      select i.live, count(distinct r.id)::int as answers, count(m.id)::int as copies
        from inbound_messages i left join auto_replies r on r.inbound_id = i.id
        left join messages m on m.inbound_id = i.id and m.status in ('sent', 'delivered', 'read')
       where i.user_id = ${restarted.user.id} group by i.id`);
    for (const { live, answers, copies } of rows) expect([answers, copies]).toEqual(live ? [1, 1] : [0, 0]);
    for (const person of people) expect((await shownTo(person)).length).toBeLessThanOrEqual(1);
  });
});

test("where answers cost points they are held and charged; without points there is no answer, and the message is kept", async () => {
  const { user, ...phone } = await bot("Hello", 3_600, ["^pay$"]);
  const paying = { ...phone, user };
  const deps = { sessionKeys: stage.env.sessionKeys, pricePoints: 2, log: createLog("worker", stage.env) };
  const before = (await readWallet(stage.db, user.id)).balance;
  const ask = async (person: string) => {
    await stage.simulator.write(person, phone.phone, "Later");
    const [inbound] = await until("the message", async () => {
      const rows = await stage.db
        .select()
        .from(inboundMessages)
        .where(eq(inboundMessages.sender, `pn:${person}`));
      return rows.length > 0 && rows;
    });
    if (!inbound) throw new Error("nothing came");
    await decided(paying);
    await stage.db.update(inboundMessages).set({ body: "pay" }).where(eq(inboundMessages.id, inbound.id));
    await answerInbound(stage.db, deps, inbound.id);
    await decided(paying);
  };
  const [payer, free] = [newPhone(), newPhone()];
  await ask(payer);
  expect(await readWallet(stage.db, user.id)).toEqual({ balance: before - 2, held: 0 });
  await stage.db
    .update(wallets)
    .set({ held: before - 2 })
    .where(eq(wallets.userId, user.id));
  await ask(free);
  await stage.db.update(wallets).set({ held: 0 }).where(eq(wallets.userId, user.id));
  expect(await stage.db.$count(messages, eq(messages.recipientKey, `pn:${free}`))).toBe(0);
  expect(await shownTo(payer)).toEqual(["Hello"]);
  await ask(payer);
  expect(await shownTo(payer)).toEqual(["Hello"]);
});
