import { setTimeout as sleep } from "node:timers/promises";
import { eq, inArray, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Id } from "#db/ids.ts";
import { consentEvents, contactLists, contacts } from "#db/schema/index.ts";
import { startCampaign } from "#server/campaigns/run/start.ts";
import { createHeldSession, createList, readViolations, readWallet } from "../factories.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, startAsReviewed, until } from "../stage.ts";

let stage: Stage;
let user: StageUser;
let phone: LinkedPhone;
beforeAll(async () => {
  stage = await createStage();
  user = await stage.signUp();
  phone = await stage.linkPhone(user);
  await stage.simulator.setDelays(phone.phone, { ackMs: 0, deliveredMs: 30, readMs: 60 });
});
afterAll(() => stage?.stop());
afterEach(async () => {
  expect(await readViolations(stage.db)).toEqual([]);
});

/** A list that waits for a YES; `without` of its people never agreed to anything. */
async function waitingList(people: number, without = 0) {
  const list = await createList(stage.db, user.id, people, without);
  await stage.db.update(contactLists).set({ doubleOptIn: true }).where(eq(contactLists.id, list.id));
  return list;
}
async function draft(contactListId: Id<"contactList">, more: { purpose?: "confirmation"; templateText?: string } = {}) {
  const { id } = await user.api.campaigns.create({
    name: "Class meeting",
    listIds: [contactListId],
    waSessionId: phone.sessionId,
    templateText: "Hi {{name}}, class meets on Friday",
    throttleMinSeconds: 0,
    throttleMaxSeconds: 0,
    ...more,
  });
  return id;
}
const QUESTION = "Hi {{name}}, shall I write to you about class 7B? Answer YES.";
const question = (listId: Id<"contactList">) => draft(listId, { purpose: "confirmation", templateText: QUESTION });
const review = (id: string) => user.api.campaigns.review({ id });
const start = (id: string) => startAsReviewed(user, id);
const completed = (id: string, accepted: number) =>
  until("everyone to read it", async () => {
    const campaign = await user.api.campaigns.get({ id });
    return campaign.counts.read === accepted && campaign.status === "completed";
  });
/** Which of these people got which texts, in the order of the people. */
async function textsTo(phones: string[]): Promise<string[][]> {
  const chats = await stage.simulator.sent(phone.phone);
  return phones.map((number) =>
    chats.filter((chat) => chat.phone === number).flatMap((chat) => chat.messages.map((message) => message.text ?? "")),
  );
}
const evidenceOf = async (phones: string[]) => {
  const rows = await stage.db
    .select({ phone: contacts.phoneE164, kind: consentEvents.kind, statement: consentEvents.statement })
    .from(consentEvents)
    .innerJoin(contacts, eq(contacts.id, consentEvents.contactId))
    .where(inArray(contacts.phoneE164, phones))
    .orderBy(consentEvents.id);
  return phones.map((number) => rows.filter((row) => row.phone === number).map(({ kind }) => kind));
};
const confirmedAmong = async (phones: string[]) => {
  const rows = await stage.db
    .select({ phone: contacts.phoneE164 })
    .from(contacts)
    .where(sql`${inArray(contacts.phoneE164, phones)} and ${contacts.confirmedAt} is not null`);
  return rows.map((row) => row.phone);
};

describe("a list that waits for a YES", () => {
  test("gets no message before somebody confirmed, and the review says what to do", async () => {
    const list = await waitingList(4, 1);
    const id = await draft(list.id);
    expect(await review(id)).toMatchObject({
      recipients: 4,
      sendable: 0,
      excluded: { not_confirmed: 3, no_consent: 1 },
      askable: 3,
      problems: [{ code: "nobody_confirmed", sentence: expect.stringContaining("Ask them to confirm first") }],
    });
    await expect(start(id)).rejects.toMatchObject({ message: expect.stringContaining("confirmed with YES") });
    expect(await textsTo(list.phones)).toEqual([[], [], [], []]);
  });

  test("is asked once, by people who agreed alone; nobody is asked again, whatever the campaign", async () => {
    const list = await waitingList(4, 1);
    const { balance } = await readWallet(stage.db, user.id);
    const id = await question(list.id);
    expect(await review(id)).toMatchObject({ sendable: 3, excluded: { no_consent: 1 }, points: { need: 6 } });
    await start(id);
    await completed(id, 3);
    const asked = ["Person 2", "Person 3", "Person 4"].map((name) => [QUESTION.replace("{{name}}", name)]);
    expect(await textsTo(list.phones)).toEqual([[], ...asked]);
    expect(await evidenceOf(list.phones)).toEqual([[], ["asked"], ["asked"], ["asked"]]);
    expect(await readWallet(stage.db, user.id)).toEqual({ balance: balance - 6, held: 0 });

    const again = await question(list.id);
    expect(await review(again)).toMatchObject({
      sendable: 0,
      excluded: { already_asked: 3, no_consent: 1 },
      problems: [{ code: "nobody_to_ask" }],
    });
    await expect(start(again)).rejects.toMatchObject({ message: expect.stringContaining("Nobody is left to ask") });
    expect((await review(await draft(list.id))).askable).toBe(0);
  });

  test("is asked once by two phones at the same moment", async () => {
    const list = await waitingList(5);
    const other = await createHeldSession(stage.db, user.id);
    const first = await question(list.id);
    const second = await question(list.id);
    await stage.db.execute(sql`update campaigns set wa_session_id = ${other.sessionId} where id = ${second}`);
    const { late } = await stage.db.transaction(async (tx) => {
      await startCampaign(tx, stage.env, user.id, { id: first, recipients: null });
      const refusal = start(second).then(
        () => null,
        (error: unknown) => error,
      );
      // It goes as far as it can while the first is not done.
      await sleep(500);
      return { late: refusal };
    });
    expect(await late).toMatchObject({ message: expect.stringContaining("Nobody is left to ask") });
    expect(await evidenceOf(list.phones)).toEqual(list.phones.map(() => ["asked"]));
    await stage.db.execute(sql`update wa_sessions set status = 'removed' where id = ${other.sessionId}`);
    await until("the end", async () => (await user.api.campaigns.get({ id: first })).status === "completed");
  });

  test("can be asked again when the question was cancelled before it left", async () => {
    await user.api.schedules.set({ tz: "Asia/Jakarta", windows: [], paused: false });
    const list = await waitingList(2);
    const id = await question(list.id);
    await start(id);
    expect((await review(await question(list.id))).excluded.already_asked).toBe(2);
    await user.api.campaigns.cancel({ id });
    await user.api.schedules.set({ tz: "Asia/Jakarta", windows: null, paused: false });
    const again = await question(list.id);
    expect(await review(again)).toMatchObject({ sendable: 2, problems: [] });
    await start(again);
    await completed(again, 2);
    expect((await textsTo(list.phones)).map((texts) => texts.length)).toEqual([1, 1]);
  });

  test("hears from us again after a YES: only who answered it, and only who was asked", async () => {
    const list = await waitingList(3, 1);
    const [, yes = "", silent = ""] = list.phones;
    const stranger = (await waitingList(1)).phones[0] ?? "";
    const id = await question(list.id);
    await start(id);
    await completed(id, 2);
    await stage.simulator.write(stranger, phone.phone, "YES");
    await stage.simulator.write(yes, phone.phone, " yes ");
    await until("the YES", async () => (await confirmedAmong(list.phones)).length > 0);
    expect(await confirmedAmong([...list.phones, stranger])).toEqual([yes]);
    expect(await evidenceOf([yes, silent, stranger])).toEqual([["asked", "confirmed"], ["asked"], []]);
    expect(await user.api.campaigns.get({ id })).toMatchObject({ confirmed: 1 });

    const meeting = await draft(list.id);
    expect(await review(meeting)).toMatchObject({ sendable: 1, excluded: { not_confirmed: 1, no_consent: 1 } });
    await start(meeting);
    await completed(meeting, 1);
    expect((await textsTo(list.phones)).map((texts) => texts.filter((text) => text.includes("Friday")).length)).toEqual(
      [0, 1, 0],
    );
    const { rows } = await user.api.campaigns.messages({ id: meeting, status: "skipped" });
    expect(rows.find((row) => row.phone === silent)).toMatchObject({
      errorCode: "not_confirmed",
      reason: expect.stringContaining("YES"),
    });
    expect(await review(await question(list.id))).toMatchObject({
      excluded: { already_confirmed: 1, already_asked: 1 },
    });
  });
});

describe("a question", () => {
  test("comes as a draft with a ready text, from the phone that is linked", async () => {
    const list = await waitingList(1);
    const { campaignId } = await user.api.contacts.askToConfirm({ listId: list.id });
    expect(await user.api.campaigns.get({ id: campaignId })).toMatchObject({
      status: "draft",
      purpose: "confirmation",
      audience: "list",
      session: { id: phone.sessionId },
      templateText: expect.stringMatching(/“Friends”.*Answer YES/),
    });
    const other = await createHeldSession(stage.db, user.id);
    await expect(user.api.contacts.askToConfirm({ listId: list.id })).rejects.toMatchObject({
      message: expect.stringContaining("more than one phone"),
    });
    await user.api.contacts.askToConfirm({ listId: list.id, waSessionId: other.sessionId });
    await stage.db.execute(sql`update wa_sessions set status = 'removed' where id = ${other.sessionId}`);
    const stranger = await stage.signUp();
    await expect(stranger.api.contacts.askToConfirm({ listId: list.id })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("has to ask for the word YES, at first and after a change, and stays a question", async () => {
    const list = await waitingList(1);
    const id = await question(list.id);
    const settings = { name: "x", listIds: [list.id], waSessionId: phone.sessionId };
    const refused = { code: "UNPROCESSABLE_CONTENT", message: expect.stringContaining("the word YES") };
    const sly = "Yesterday {{name|YES}}";
    await expect(start(await draft(list.id, { purpose: "confirmation", templateText: sly }))).rejects.toMatchObject(
      refused,
    );
    await user.api.campaigns.update({ ...settings, id, templateText: sly });
    await expect(start(id)).rejects.toMatchObject(refused);
    await user.api.campaigns.update({ ...settings, id, templateText: "Say YES" });
    expect(await user.api.campaigns.get({ id })).toMatchObject({ purpose: "confirmation", templateText: "Say YES" });
  });

  test("is put to nobody whose list does not wait for the answer", async () => {
    const list = await createList(stage.db, user.id, 1);
    const refused = { message: expect.stringContaining("does not wait for a YES") };
    await expect(start(await question(list.id))).rejects.toMatchObject(refused);
    await stage.db.update(contactLists).set({ doubleOptIn: true }).where(eq(contactLists.id, list.id));
    const id = await question(list.id);
    await stage.db.update(contactLists).set({ doubleOptIn: false }).where(eq(contactLists.id, list.id));
    expect((await review(id)).problems).toMatchObject([{ code: "no_double_opt_in" }]);
    await expect(start(id)).rejects.toMatchObject(refused);
  });
});
