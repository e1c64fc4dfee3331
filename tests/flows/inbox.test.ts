import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createList, newPhone, readViolations, readWallet } from "../factories.ts";
import { makePicture } from "../fixtures/media/pictures.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, startAsReviewed, until } from "../stage.ts";

const TZ = "Asia/Jakarta";
let stage: Stage;
let user: StageUser;
let phone: LinkedPhone;
beforeAll(async () => {
  stage = await createStage({ env: { AUTO_REPLY_POINTS: "3", ACK_TIMEOUT_MS: "30000" } });
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  await stage.db.execute(sql`update app_clock set shift = '0'`);
  user = await stage.signUp();
  phone = await stage.linkPhone(user);
  await stage.simulator.setDelays(phone.phone, { ackMs: 0, deliveredMs: 10, readMs: 20 });
});
afterEach(async () => {
  expect(await readViolations(stage.db)).toEqual([]);
});

const write = (from: string, text: string) => stage.simulator.write(from, phone.phone, text);
/** The one conversation, once it holds so many unread messages. */
const conversation = (unread = 1) =>
  until("the conversation", async () => {
    const { rows } = await user.api.inbox.list();
    return rows.length === 1 && rows[0]?.unread === unread && rows[0];
  });
const read = async () => {
  const { rows } = await user.api.inbox.list();
  return user.api.inbox.get({ id: rows[0]?.id ?? "cnv_" });
};
const reply = async (text: string, more = {}) => {
  const { id, replyKey: key } = await read();
  return user.api.inbox.reply({ id, text, key, ...more });
};
const lastIs = (status: string) =>
  until(`the last message to be ${status}`, async () => {
    const last = (await read()).messages.at(-1);
    return last?.from === "us" && last.status === status && last;
  });
async function shownTo(person: string): Promise<string[]> {
  const chats = await stage.simulator.phoneChats(person);
  return chats.flatMap((chat) => chat.messages.flatMap((message) => (message.fromMe ? [] : [message.text])));
}

test("somebody writes and is answered by hand: it arrives, once, and is paid for once", async () => {
  const person = newPhone();
  await write(person, "Are you open on Sunday?");
  expect(await conversation()).toMatchObject({ phone: person, name: null, last: { text: "Are you open on Sunday?" } });
  const { id, replyKey: key } = await read();
  const text = "Yes, from nine.\n*Welcome!*";
  const sent = await Promise.all([1, 2].map(() => user.api.inbox.reply({ id, text, key })));
  expect(sent[0]).toEqual({ id: sent[1]?.id, waitsUntil: null });
  await lastIs("read");
  expect(await shownTo(person)).toEqual([text]);
  expect(await readWallet(stage.db, user.id)).toEqual({ balance: 397, held: 0 });
  expect(await conversation(0)).toMatchObject({ last: { theirs: false, status: "read" } });
});

test("an answer that WhatsApp refused says why, and is tried again under its id: it shows once and is paid for once", async () => {
  const person = newPhone();
  await write(person, "Are you open on Sunday?");
  await conversation();
  await stage.simulator.setFaults(phone.phone, { nack: { code: 479, count: 2 } });
  const { id } = await reply("Yes, from nine");
  expect(await lastIs("failed")).toMatchObject({ id, again: true, reason: expect.stringContaining("code 479") });
  expect(await readWallet(stage.db, user.id)).toEqual({ balance: 400, held: 0 });
  await user.api.inbox.retry({ id });
  await lastIs("failed");
  const both = await Promise.allSettled([user.api.inbox.retry({ id }), user.api.inbox.retry({ id })]);
  expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  expect(await lastIs("read")).toMatchObject({ id, again: false, reason: null });
  expect(await shownTo(person)).toEqual(["Yes, from nine"]);
  expect(await readWallet(stage.db, user.id)).toEqual({ balance: 397, held: 0 });
  await expect(user.api.inbox.retry({ id })).rejects.toMatchObject({ code: "CONFLICT" });
  await expect((await stage.signUp()).api.inbox.retry({ id })).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("an answer brings a file, with its text under it", async () => {
  const person = newPhone();
  await write(person, "May I see the poster?");
  await conversation();
  const form = new FormData();
  form.set("file", new File([new Uint8Array(await makePicture("png"))], "Poster.png", { type: "image/png" }));
  const { id: mediaId } = await user.api.media.upload(form);
  await expect(reply("x".repeat(1_025), { mediaId })).rejects.toThrow("1024 characters");
  await reply("Here it is", { mediaId });
  expect(await lastIs("read")).toMatchObject({ file: { fileName: "Poster.png", kind: "image", removed: false } });
  const shown = (await stage.simulator.phoneChats(person)).flatMap((chat) => chat.messages);
  expect(shown.at(-1)).toMatchObject({ text: "Here it is", media: { kind: "image", mimeType: "image/png" } });
  await expect(reply("And again", { mediaId: "med_0000000000000000000000000" })).rejects.toThrow("Attach it again");
});

test("outside the hours an answer waits, can be taken back, and leaves when they open", async () => {
  const person = newPhone();
  await write(person, "Hello?");
  await conversation();
  // 23 November 2026 is a Monday.
  const clockShows = (wall: string) =>
    stage.db.execute(sql`update app_clock set shift = (${wall}::timestamp at time zone ${TZ}) - clock_timestamp()`);
  await stage.db.execute(sql`update wallets set plan_expires_at = '2030-01-01' where user_id = ${user.id}`);
  await clockShows("2026-11-23T08:00");
  await user.api.schedules.set({ tz: TZ, windows: [{ day: 1, from: 9 * 60, to: 18 * 60 }] });
  expect((await read()).composer).toMatchObject({ problem: null, waitsUntil: new Date("2026-11-23T09:00+07:00") });

  const { id } = await reply("Never mind");
  expect((await readWallet(stage.db, user.id)).held).toBe(3);
  await user.api.inbox.withdraw({ id });
  await expect(user.api.inbox.withdraw({ id })).rejects.toThrow("cannot be withdrawn");
  expect(await lastIs("cancelled")).toMatchObject({ reason: "You took this back before it was sent." });
  expect(await readWallet(stage.db, user.id)).toEqual({ balance: 400, held: 0 });

  expect(await reply("Good morning")).toMatchObject({ waitsUntil: new Date("2026-11-23T09:00+07:00") });
  await lastIs("queued");
  expect(await shownTo(person)).toEqual([]);
  await clockShows("2026-11-23T09:00:01");
  await stage.db.execute(sql`select book_pump(${phone.sessionId})`);
  await lastIs("read");
  expect(await shownTo(person)).toEqual(["Good morning"]);

  await clockShows("2026-11-23T18:30");
  await reply("Until next Monday");
  const [row] = await stage.db.execute<{ hours: number }>(sql`
    select (extract(epoch from expires_at - app_now()) / 3600)::float8 as hours from messages
     where user_id = ${user.id} and status = 'queued'`);
  // Six days and fourteen and a half hours, and one more.
  expect(row?.hours).toBeCloseTo(159.5, 1);
});

test("whoever wrote from a hidden number is one conversation once the number is known, with the campaign they got", async () => {
  const list = await createList(stage.db, user.id, 1);
  const person = list.phones[0] ?? "";
  await stage.simulator.setPhone(person, { addressing: "lid" });
  await write(person, "Before");
  const before = await conversation();
  // WhatsApp tells the time of a message in whole seconds: in the same one it would be taken for an answer.
  await sleep(1_000);
  const { id } = await user.api.campaigns.create({
    name: "Class meeting",
    listIds: [list.id],
    waSessionId: phone.sessionId,
    templateText: "Hi {{name}}",
    throttleMinSeconds: 0,
    throttleMaxSeconds: 0,
  });
  await startAsReviewed(user, id);
  await until("the end", async () => (await user.api.campaigns.get({ id })).counts.read === 1);
  await write(person, "I will come");
  const after = await conversation(2);
  expect(after).toMatchObject({ id: before.id, phone: person, name: "Person 1" });
  expect((await read()).messages).toMatchObject([
    { text: "Before", campaign: null },
    { text: "Hi Person 1", kind: "campaign", status: "read", campaign: { id } },
    { text: "I will come", campaign: { id, name: "Class meeting" } },
  ]);
  await reply("See you there");
  await until("the answer", async () => (await shownTo(person)).includes("See you there"));
});

test("what came while nobody was there, and comes again, is in the inbox once; STOP ends the answering", async () => {
  const person = newPhone();
  await write(person, "First");
  await conversation();
  await Promise.all(stage.workers.map((worker) => worker.stop()));
  await write(person, "While you were away");
  await stage.startWorker();
  await conversation(2);
  await write(person, "stop");
  await conversation(3);
  await lastIs("read");
  const { messages, composer } = await read();
  expect(messages.map((said) => [said.from, said.text])).toEqual([
    ["them", "First"],
    ["them", "While you were away"],
    ["them", "stop"],
    ["us", expect.stringContaining("no more messages")],
  ]);
  expect(composer.problem?.code).toBe("opted_out");
  await expect(reply("But wait")).rejects.toThrow("Only they can lift it");
});

test("what came in is there though nobody can pay for an answer, and no rule can give one", async () => {
  await stage.db.execute(sql`update wallets set balance = 2 where user_id = ${user.id}`);
  await stage.db.execute(sql`
    insert into auto_rules (id, user_id, name, position, match, patterns, responses)
    values ('rul_broken' || substr(${user.id}, 5), ${user.id}, 'Broken', 1, 'regex', array['('], '[{"text": "Hi", "mediaId": "med_none"}]')`);
  await write(newPhone(), "Hello");
  await conversation();
  await expect(reply("Hello yourself")).rejects.toThrow("This needs 3 points and 2 are available");
  expect((await read()).messages).toHaveLength(1);
  await stage.db.execute(sql`update wallets set balance = 400 where user_id = ${user.id}`);
});
