import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Id } from "#db/ids.ts";
import { createList, readViolations, readWallet } from "../factories.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, startAsReviewed, until } from "../stage.ts";

const CONFIRMED = "You will get no more messages from us. Write START if you change your mind.";

let stage: Stage;
let user: StageUser;
let phone: LinkedPhone;
beforeAll(async () => {
  // So that a second copy means that the first could not be read, not that an answer was slow.
  stage = await createStage({ env: { ACK_TIMEOUT_MS: "30000" } });
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  user = await stage.signUp();
  phone = await stage.linkPhone(user);
  await stage.simulator.setDelays(phone.phone, { ackMs: 0, deliveredMs: 30, readMs: 60 });
});
afterEach(async () => {
  expect(await readViolations(stage.db)).toEqual([]);
});

async function startCampaign(contactListId: Id<"contactList">, templateText = "Hi {{name}}", seconds = 0) {
  const { id } = await user.api.campaigns.create({
    name: "Class meeting",
    listIds: [contactListId],
    waSessionId: phone.sessionId,
    templateText,
    throttleMinSeconds: seconds,
    throttleMaxSeconds: seconds,
  });
  await startAsReviewed(user, id);
  return id;
}
const finished = (id: string) =>
  until("the end", async () => (await user.api.campaigns.get({ id })).status === "completed");
const write = (from: string, text: string) => stage.simulator.write(from, phone.phone, text);
/** What a person sees of what we wrote to them, whoever else they write with. */
async function shownTo(person: string): Promise<string[]> {
  const chats = await stage.simulator.phoneChats(person);
  return chats.flatMap((chat) => chat.messages.flatMap((message) => (message.fromMe ? [] : [message.text])));
}
const confirmed = (person: string) =>
  until("the confirmation", async () => (await shownTo(person)).some((text) => text === CONFIRMED));
async function sentTo(person: string) {
  const chats = await stage.simulator.sent(phone.phone);
  return chats.find((chat) => chat.phone === person)?.messages ?? [];
}
const kept = async (text: string) => {
  const rows = await stage.db.execute(
    sql`select 1 from inbound_messages where user_id = ${user.id} and body = ${text}`,
  );
  return rows.length;
};
const stopWorker = async () => {
  await Promise.all(stage.workers.map((worker) => worker.stop()));
};
const take = async () => {
  await stage.startWorker();
  await until("the session to be taken up", () => stage.isReady(phone.sessionId));
};

describe("STOP", () => {
  test("written twice is confirmed once, and everything queued to that person ends at once", async () => {
    const list = await createList(stage.db, user.id, 3);
    const leaver = list.phones[2] ?? "";
    const id = await startCampaign(list.id, "Hi {{name}}", 30);
    await write(leaver, "Stop!");
    await confirmed(leaver);
    const { rows } = await user.api.campaigns.messages({ id, status: "skipped" });
    expect(rows).toMatchObject([{ phone: leaver, errorCode: "opted_out" }]);
    expect((await readWallet(stage.db, user.id)).held).toBeLessThanOrEqual(4);
    await write(leaver, "STOP");
    await until("the second STOP", () => kept("STOP"));
    await user.api.campaigns.cancel({ id });
    expect(await shownTo(leaver)).toEqual([CONFIRMED]);
    const sent = await stage.db.execute<{ kind: string; points: number }>(
      sql`select kind, cost_points as points from messages where user_id = ${user.id} and kind = 'opt_out'`,
    );
    expect([...sent]).toEqual([{ kind: "opt_out", points: 0 }]);
  });

  test("from a hidden identity counts for the number a contact is known by, and START lifts both", async () => {
    const list = await createList(stage.db, user.id, 1);
    const person = list.phones[0] ?? "";
    await finished(await startCampaign(list.id));
    await stage.simulator.setPhone(person, { addressing: "lid" });
    await write(person, "berhenti");
    await until("the confirmation", async () => (await shownTo(person)).some((text) => text.includes("Tulis START")));
    const events = () =>
      stage.db.execute<{ kind: string; statement: string }>(
        sql`select kind, statement from consent_events where user_id = ${user.id} and kind like 'opted%' order by id`,
      );
    expect([...(await events())]).toEqual([{ kind: "opted_out", statement: "BERHENTI" }]);
    const identities = async () => {
      const rows = await stage.db.execute<{ identity: string }>(
        sql`select identity from suppressions where user_id = ${user.id} order by identity desc`,
      );
      return rows.map(({ identity }) => identity);
    };
    expect(await identities()).toEqual([`pn:${person}`, expect.stringMatching(/^lid:\d+$/)]);
    await write(person, "start");
    await until("it to be lifted", async () => (await identities()).length === 0);
    await write(person, "Start");
    await until("the second START", () => kept("Start"));
    expect((await events()).map(({ kind }) => kind)).toEqual(["opted_out", "opted_in"]);
    const again = await startCampaign(list.id, "Welcome back");
    await finished(again);
    await until("the message", async () => (await shownTo(person)).includes("Welcome back"));
  });

  test("that waited while we were away comes before anything that was queued", async () => {
    const list = await createList(stage.db, user.id, 3);
    const leaver = list.phones[0] ?? "";
    await stopWorker();
    const id = await startCampaign(list.id);
    await write(leaver, "STOP");
    await take();
    await finished(id);
    await confirmed(leaver);
    expect(await shownTo(leaver)).toEqual([CONFIRMED]);
    const { counts } = await user.api.campaigns.get({ id });
    expect(counts).toMatchObject({ skipped: 1 });
    expect(await readWallet(stage.db, user.id)).toEqual({ balance: 396, held: 0 });
  });

  test("while keys are being fetched still holds: nothing is written", async () => {
    const list = await createList(stage.db, user.id, 1);
    const person = list.phones[0] ?? "";
    await stage.simulator.setFaults(phone.phone, { slow: { queryMs: 5_000 } });
    const id = await startCampaign(list.id);
    await until("the claim", async () => (await user.api.campaigns.get({ id })).counts.sending === 1);
    await write(person, "STOP");
    await confirmed(person);
    await finished(id);
    expect(await shownTo(person)).toEqual([CONFIRMED]);
    await stage.simulator.clearFaults(phone.phone);
  });

  test("while a message is on its way leaves that unknown, and the confirmation can be read all the same", async () => {
    const list = await createList(stage.db, user.id, 1);
    const person = list.phones[0] ?? "";
    await finished(await startCampaign(list.id, "First"));
    await until("it to be read", async () => (await sentTo(person))[0]?.readAt);
    await stage.db.execute(sql`drop table if exists saved_keys`);
    await stage.db.execute(
      sql`create table saved_keys as select * from wa_session_keys where wa_session_id = ${phone.sessionId} and kind = 'session'`,
    );
    await stage.simulator.setFaults(phone.phone, { loseAcks: { probability: 1 }, loseReceipts: { probability: 1 } });
    const id = await startCampaign(list.id, "Second");
    await until("it to be written", async () => (await sentTo(person)).length === 2);

    // As if the process had ended before the keys that wrote it were stored.
    await stopWorker();
    await stage.db.execute(sql`update wa_session_keys k set value = s.value from saved_keys s
      where s.wa_session_id = k.wa_session_id and s.kind = k.kind and s.key_hash = k.key_hash`);
    const copies = (await sentTo(person))[1]?.copies;
    await write(person, "STOP");
    await stage.simulator.clearFaults(phone.phone);
    await take();
    await confirmed(person);
    const [, second, confirmation] = await sentTo(person);
    expect(second).toMatchObject({ text: "Second", copies });
    expect(confirmation).toMatchObject({ text: CONFIRMED, copies: 1, undecryptable: false });
    expect((await user.api.campaigns.get({ id })).counts).toMatchObject({ unknown: 1 });
    expect(await readWallet(stage.db, user.id)).toEqual({ balance: 398, held: 2 });
  });
});
