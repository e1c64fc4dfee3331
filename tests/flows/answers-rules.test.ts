import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Id, newId } from "#db/ids.ts";
import { autoReplies, mediaUploads, messages, schedules, suppressions, wallets } from "#db/schema/index.ts";
import { answerInbound } from "#server/automation/answer.ts";
import { createLog } from "#server/log.ts";
import { createList, newPhone, readViolations } from "../factories.ts";
import { makePicture } from "../fixtures/media/pictures.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, until } from "../stage.ts";

let stage: Stage;
let user: StageUser;
let phone: LinkedPhone;
beforeAll(async () => {
  stage = await createStage({ env: { ACK_TIMEOUT_MS: "30000" } });
  user = await stage.signUp();
  phone = await stage.linkPhone(user);
  await stage.simulator.setDelays(phone.phone, { ackMs: 0, deliveredMs: 20, readMs: 40 });
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  await user.api.rules.pause({ to: "off" });
  for (const { id } of (await user.api.rules.list()).rules) await user.api.rules.remove({ id });
});
afterEach(async () => {
  await stage.db.execute(sql`update app_clock set shift = '0'`);
  await stage.db.update(schedules).set({ windows: null, paused: false }).where(eq(schedules.userId, user.id));
  expect(await readViolations(stage.db)).toEqual([]);
});

type Rule = Parameters<StageUser["api"]["rules"]["save"]>[0];
const rule = (more: Partial<Rule> = {}) =>
  user.api.rules.save({
    name: "Prices",
    match: "keyword",
    patterns: ["harga"],
    responses: [{ text: "Rp 10.000" }],
    cooldownSeconds: 0,
    ...more,
  });

let written = 0;
/** A message of somebody, once everything that follows of it has happened. */
async function write(from: string, text: string): Promise<Id<"inboundMessage">> {
  const marked = `${text} #${++written}`;
  await stage.simulator.write(from, phone.phone, marked);
  return settled(marked);
}
async function settled(body: string): Promise<Id<"inboundMessage">> {
  const id = await until("the message", async () => {
    const [row] = await stage.db.execute<{ id: Id<"inboundMessage"> }>(
      sql`select id from inbound_messages where user_id = ${user.id} and body = ${body}`,
    );
    return row?.id;
  });
  await until("the answer to be decided", async () => {
    const open = await stage.db.execute(sql`select 1 from graphile_worker.jobs where key = ${`answer:${id}`}`);
    return open.length === 0;
  });
  return id;
}
async function shownTo(person: string): Promise<string[]> {
  await until("what is on its way", async () => {
    const open = await stage.db.execute(
      sql`select 1 from messages where user_id = ${user.id} and status in ('queued', 'sending', 'sent') and not_before <= now()`,
    );
    return open.length === 0;
  });
  const chats = await stage.simulator.phoneChats(person);
  return chats.flatMap((chat) => chat.messages.flatMap((message) => (message.fromMe ? [] : [message.text])));
}
const travel = (time: string) => stage.db.execute(sql`update app_clock set shift = ${time}::interval`);
const contact = async () => {
  const list = await createList(stage.db, user.id, 1);
  return list.phones[0] ?? "";
};

test("whoever writes the word gets the answer, with their own values where they are a contact", async () => {
  await rule({ responses: [{ text: "Hi {{name|there}}, Rp 10.000 for {{class|you}}" }] });
  const [known, unknown] = [await contact(), newPhone()];
  await write(known, "Berapa HARGA?");
  await write(unknown, "harga dong");
  await write(unknown, "seharga");
  expect(await shownTo(known)).toEqual(["Hi Person 1, Rp 10.000 for 7B"]);
  expect(await shownTo(unknown)).toEqual(["Hi there, Rp 10.000 for you"]);
  const { rules } = await user.api.rules.list();
  expect(rules).toMatchObject([{ answersInWeek: 2 }]);
  const costs = await stage.db
    .select({ points: messages.costPoints })
    .from(messages)
    .where(eq(messages.kind, "auto_reply"));
  expect(costs.every(({ points }) => points === 0)).toBe(true);
});

test("answers are given in turn, a picture goes as one message with its text, and is uploaded once", async () => {
  const form = new FormData();
  form.set("file", new File([new Uint8Array(await makePicture("png"))], "menu.png"));
  const { id: mediaId } = await user.api.media.upload(form);
  await rule({ responses: [{ text: "One", mediaId }, { text: "Two" }] });
  const person = newPhone();
  for (const _ of [1, 2, 3]) await write(person, "harga");
  expect(await shownTo(person)).toEqual(["One", "Two", "One"]);
  const chats = await stage.simulator.phoneChats(person);
  const files = chats.flatMap((chat) => chat.messages.flatMap((message) => message.media?.sha256 ?? []));
  expect([files.length, new Set(files).size]).toEqual([2, 1]);
  expect(await stage.db.$count(mediaUploads, eq(mediaUploads.mediaId, mediaId))).toBe(1);
});

test("the first rule that fits answers, or all that do", async () => {
  await rule({ name: "All", match: "contains", patterns: ["h"], responses: [{ text: "Any" }] });
  const { id } = await rule();
  const person = newPhone();
  await write(person, "harga");
  expect(await shownTo(person)).toEqual(["Any"]);
  await user.api.rules.move({ id, to: 0 });
  await write(person, "harga");
  expect(await shownTo(person)).toEqual(["Any", "Rp 10.000"]);
  await user.api.rules.settings({ mode: "all", maxPerMinute: 20 });
  await write(person, "harga");
  expect((await shownTo(person)).slice(2).sort()).toEqual(["Any", "Rp 10.000"]);
  await user.api.rules.settings({ mode: "first", maxPerMinute: 20 });
});

describe("nothing is answered", () => {
  const silent = async (person: string, text = "harga") => {
    const before = (await shownTo(person)).length;
    await write(person, text);
    expect((await shownTo(person)).length - before).toBe(0);
  };

  test("to a person twice within the cooldown, under whichever identity they write", async () => {
    await rule({ cooldownSeconds: 3_600 });
    const person = newPhone();
    await write(person, "harga");
    await silent(person);
    await stage.simulator.setPhone(person, { addressing: "lid" });
    await silent(person);
    await travel("61 minutes");
    await write(person, "harga");
    expect(await shownTo(person)).toHaveLength(2);
  });

  test("beyond what the rule may say in an hour", async () => {
    await rule({ maxPerHour: 1 });
    await write(newPhone(), "harga");
    await silent(newPhone());
  });

  test("by a rule that is off, is for another phone, or while all are paused", async () => {
    const { id } = await rule();
    await user.api.rules.enable({ id, to: "off" });
    await silent(newPhone());
    await user.api.rules.enable({ id, to: "on" });
    await user.api.rules.pause({ to: "on" });
    await silent(newPhone());
    await user.api.rules.pause({ to: "off" });
    const other = await stage.signUp();
    const theirs = await stage.linkPhone(other);
    await expect(rule({ waSessionId: theirs.sessionId })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("to somebody who opted out, whose consent was withdrawn, or when the plan has expired", async () => {
    await rule();
    const [gone, without] = [newPhone(), await contact()];
    await stage.db
      .insert(suppressions)
      .values({ id: newId("suppression"), userId: user.id, identity: `pn:${gone}`, source: "manual" });
    await silent(gone);
    await stage.db.execute(
      sql`update contacts set consent = false where user_id = ${user.id} and phone_e164 = ${without}`,
    );
    await silent(without);
    const expires = (value: ReturnType<typeof sql>) =>
      stage.db.update(wallets).set({ planExpiresAt: value }).where(eq(wallets.userId, user.id));
    await expires(sql`app_now()`);
    await silent(newPhone());
    await expires(sql`app_now() + interval '30 days'`);
  });

  test("to a STOP, though a rule has the word: it is confirmed, and that is all", async () => {
    await rule({ match: "contains", patterns: ["stop"], responses: [{ text: "Please stay" }] });
    const person = newPhone();
    await stage.simulator.write(person, phone.phone, "STOP");
    await until("the confirmation", async () => (await shownTo(person)).length > 0);
    expect(await shownTo(person)).toEqual([
      "You will get no more messages from us. Write START if you change your mind.",
    ]);
  });

  test("what is written in a group, or comes from another phone of the same user", async () => {
    await rule();
    const member = newPhone();
    const { id: group } = await stage.simulator.createGroup({
      subject: "Class",
      owner: member,
      participants: [{ phone: phone.phone }],
    });
    await stage.simulator.write(member, group, "harga");
    await silent(member, "something else");
    const own = await stage.linkPhone(user);
    await silent(own.phone);
  });

  test("what came while the phone was not connected, what is old, and what was written before the rule", async () => {
    await rule();
    const person = newPhone();
    const id = await write(person, "nothing");
    const again = async (change: ReturnType<typeof sql>) => {
      await stage.db.execute(sql`update inbound_messages set body = 'harga', ${change} where id = ${id}`);
      const log = createLog("worker", stage.env);
      await answerInbound(stage.db, { sessionKeys: stage.env.sessionKeys, pricePoints: 0, log }, id);
      return stage.db.$count(autoReplies, eq(autoReplies.inboundId, id));
    };
    expect(await again(sql`live = false`)).toBe(0);
    expect(await again(sql`live = true, sent_at = now() - interval '301 seconds'`)).toBe(0);
    expect(await again(sql`sent_at = now() - interval '60 seconds'`)).toBe(0);
    await stage.db.execute(
      sql`update auto_rules set enabled_at = now() - interval '2 minutes' where user_id = ${user.id}`,
    );
    expect(await again(sql`sent_at = now() - interval '60 seconds'`)).toBe(1);
    expect(await again(sql`sent_at = now() - interval '60 seconds'`)).toBe(1);
    expect(await shownTo(person)).toEqual(["Rp 10.000"]);
  });
});

describe("inside active hours only", () => {
  /** A window of an hour that opens, by the product's clock, in so many seconds. */
  const opensIn = async (seconds: number, hours = "hours" as "hours" | "own") => {
    const [at] = await stage.db.execute<{ day: number; minute: number; into: number }>(sql`
      select extract(dow from t)::int as day, (extract(hour from t) * 60 + extract(minute from t))::int as minute,
             extract(second from t)::float8 as into from (select now() at time zone 'Asia/Jakarta' as t) x`);
    if (!at) throw new Error("no clock");
    // To the minute the window opens; the clock is put so that this is so many seconds away.
    const from = (at.minute + 120) % 1_440;
    const day = at.minute + 120 >= 1_440 ? (at.day + 1) % 7 : at.day;
    const windows = [{ day, from, to: from + 60 }];
    if (hours === "hours") await stage.db.update(schedules).set({ windows }).where(eq(schedules.userId, user.id));
    await travel(`${120 * 60 - at.into - seconds} seconds`);
    return windows;
  };

  test("before they open nothing goes, and never will; from then on it does; at their end it does not", async () => {
    await rule();
    await opensIn(45);
    const person = newPhone();
    await write(person, "harga");
    expect(await shownTo(person)).toEqual([]);
    await opensIn(0);
    await write(person, "harga");
    expect(await shownTo(person)).toEqual(["Rp 10.000"]);
    await opensIn(-3_600);
    await write(person, "harga");
    expect(await shownTo(person)).toHaveLength(1);
  });

  test("a rule's own hours are narrower, and outside of them another may answer", async () => {
    const windows = await opensIn(45, "own");
    await rule({ windows });
    await rule({ name: "Night", responses: [{ text: "We are closed" }] });
    const person = newPhone();
    await write(person, "harga");
    await opensIn(0, "own");
    await write(person, "harga");
    expect(await shownTo(person)).toEqual(["We are closed", "Rp 10.000"]);
  });

  test("a rule that answers at the opening does so once, to what came last", async () => {
    await rule({ answersAtOpening: true, cooldownSeconds: 3_600, responses: [{ text: "A" }, { text: "B" }] });
    await opensIn(60);
    const person = newPhone();
    await write(person, "harga");
    await write(person, "harga lagi");
    const rows = () =>
      stage.db
        .select({ text: messages.resolvedText, status: messages.status, why: messages.errorCode })
        .from(messages)
        .where(eq(messages.recipientKey, `pn:${person}`))
        .orderBy(messages.id);
    expect(await rows()).toEqual([
      { text: "A", status: "skipped", why: "replaced" },
      { text: "B", status: "queued", why: null },
    ]);
    await write(newPhone(), "harga");
    const [apart] = await stage.db.execute<{ seconds: number }>(sql`
      select round(extract(epoch from max(not_before) - min(not_before)))::int as seconds
        from messages where user_id = ${user.id} and status = 'queued'`);
    // As many in a minute as the phone may give, not all at once.
    expect(apart?.seconds).toBeGreaterThanOrEqual(3);
    await opensIn(-1);
    // The database's own clock does not travel, and the message waits by that.
    await stage.db.execute(
      sql`update messages set not_before = now() where user_id = ${user.id} and status = 'queued'`,
    );
    await stage.db.execute(sql`select book_pump(${phone.sessionId})`);
    await until("the answer", async () => (await rows()).at(-1)?.status !== "queued");
    expect(await shownTo(person)).toEqual(["B"]);
    await write(person, "harga");
    expect(await shownTo(person)).toEqual(["B"]);
  });
});
