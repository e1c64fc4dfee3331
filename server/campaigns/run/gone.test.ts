import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Connection, connect, type Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { contactListMembers, contactLists, contacts, messages } from "#db/schema/index.ts";
import { useDatabase } from "#tests/database.ts";
import {
  createHeldSession,
  createList,
  createRunningCampaign,
  createUser,
  readViolations,
  testEnv,
} from "#tests/factories.ts";
import { mergeContacts } from "../../contacts/person/merge.ts";
import { removeContacts } from "../../contacts/remove.ts";
import { backToQueue, confirmWrite } from "../../messages/before-write.ts";
import { type ClaimedMessage, claimNext } from "../../messages/claim.ts";
import { applyFacts } from "../../messages/facts.ts";
import type { Fact } from "../../messages/rules.ts";
import { settleSilence } from "../../messages/silence.ts";
import { withUser } from "../../users/with-user.ts";
import { type Aim, countAudience, wholeList } from "../draft/audience.ts";
import { createCampaign } from "../draft/draft.ts";
import { treatAsFailed } from "./give-up.ts";
import { repeatUnknown, retryFailed } from "./retry.ts";
import { startCampaign } from "./start.ts";

const url = useDatabase();
let connection: Connection;
let db: Db;
let userId: Id<"user">;
let session: Awaited<ReturnType<typeof createHeldSession>>;
const env = () => testEnv(url());
beforeAll(() => {
  connection = connect(url());
  db = connection.db;
});
afterAll(() => connection.close());
beforeEach(async () => {
  userId = await createUser(db);
  session = await createHeldSession(db, userId);
});
afterEach(async () => {
  expect(await readViolations(db)).toEqual([]);
});

const asUser = <T>(act: (tx: Db) => Promise<T>) => withUser(db, userId, act);
const start = (recipients: number) => createRunningCampaign(db, env(), userId, session.sessionId, recipients);
async function claimed(): Promise<ClaimedMessage> {
  const next = await claimNext(db, session, { caps: env().caps, ackTimeoutMs: 30_000, chance: 0 });
  if (next.type !== "send") throw new Error(`expected a message, got ${next.type}`);
  return next.messages[0];
}
const written = (message: ClaimedMessage) => confirmWrite(db, session, message, Buffer.from("as it was sent"));
async function sent(said?: Fact): Promise<ClaimedMessage> {
  const message = await claimed();
  expect(await written(message)).toBe(true);
  if (said) await applyFacts(db, { waSessionId: session.sessionId, facts: [{ waMsgId: message.waMsgId, fact: said }] });
  return message;
}
const refused = { type: "nack" as const, code: 479 };
async function silence(message: ClaimedMessage): Promise<void> {
  await db.update(messages).set({ sendingAt: sql`now() - interval '2 days'` }).where(eq(messages.id, message.id));
  await settleSilence(db);
}
const rowOf = async (id: Id<"message">) => (await db.select().from(messages).where(eq(messages.id, id)))[0];
async function contactOf(phone: string | undefined): Promise<Id<"contact">> {
  const [row] = await db
    .select({ id: contacts.id })
    .from(contacts)
    .where(eq(contacts.phoneE164, phone ?? ""));
  if (!row) throw new Error("no such contact");
  return row.id;
}
const remove = async (phone: string | undefined) => {
  const id = await contactOf(phone);
  await asUser((tx) => removeContacts(tx, userId, { ids: [id] }));
};

describe("somebody who was removed", () => {
  test("gets nothing again of what had failed, or was not answered for", async () => {
    const { id, phones } = await start(2);
    const failed = await sent(refused);
    const unanswered = await sent();
    await silence(unanswered);
    await remove(phones[0]);
    await remove(phones[1]);
    const removed = { code: "cannot_retry", message: expect.stringContaining("removed") };
    await expect(asUser((tx) => retryFailed(tx, userId, { id, messageId: failed.id }))).rejects.toMatchObject(removed);
    await expect(asUser((tx) => repeatUnknown(tx, userId, { id, messageId: unanswered.id }))).rejects.toMatchObject(
      removed,
    );
  });

  test("between the claim and the write gets nothing, and what goes back to the queue ends there", async () => {
    const { phones } = await start(3);
    const [first, second] = [await claimed(), await claimed()];
    await remove(phones[0]);
    await remove(phones[1]);
    expect(await written(first)).toBe(false);
    await backToQueue(db, session, second);
    for (const { id } of [first, second]) {
      expect(await rowOf(id)).toMatchObject({ status: "skipped", errorCode: "contact_removed" });
    }
    expect(await written(await claimed())).toBe(true);
  });

  test("after what may have been written: that is repeated under its id", async () => {
    const { phones } = await start(1);
    const message = await sent();
    await remove(phones[0]);
    await db.update(messages).set({ redriveAt: sql`now()` }).where(eq(messages.id, message.id));
    const again = await claimed();
    expect(again).toMatchObject({ id: message.id, redrive: true });
    expect(await written(again)).toBe(true);
  });
});

test("who became one with somebody that got the message does not get it again", async () => {
  const { id, phones } = await start(2);
  const failed = await sent(refused);
  await sent({ type: "ack" });
  const [keepId, otherId] = [await contactOf(phones[0]), await contactOf(phones[1])];
  await asUser((tx) => mergeContacts(tx, userId, { keepId, otherId }));
  await expect(asUser((tx) => retryFailed(tx, userId, { id, messageId: failed.id }))).rejects.toMatchObject({
    code: "cannot_retry",
    message: expect.stringContaining("became one"),
  });
});

async function waitingList(people: number) {
  const list = await createList(db, userId, people);
  await db.update(contactLists).set({ doubleOptIn: true }).where(eq(contactLists.id, list.id));
  return wholeList(list.id, "confirmation");
}
async function ask(aim: Aim): Promise<Id<"campaign">> {
  const { id } = await createCampaign(db, userId, {
    name: "Question",
    ...aim,
    waSessionId: session.sessionId,
    templateText: "May I write to you? Answer YES.",
    throttleMinSeconds: 0,
    throttleMaxSeconds: 0,
  });
  await db.transaction((tx) => startCampaign(tx, env(), userId, { id, recipients: null }));
  return id;
}

test("who was asked for a YES by a second question does not get the first, that failed, after all", async () => {
  const aim = await waitingList(1);
  const first = await ask(aim);
  const failed = await sent(refused);
  await ask(aim);
  await sent({ type: "ack" });
  await expect(asUser((tx) => retryFailed(tx, userId, { id: first, messageId: failed.id }))).rejects.toMatchObject({
    code: "cannot_retry",
    message: expect.stringContaining("asked before"),
  });
});

test("who may have been asked for a YES is not asked again, though their user took the question for failed", async () => {
  const aim = await waitingList(2);
  const id = await ask(aim);
  await silence(await sent());
  await sent(refused);
  await asUser((tx) => treatAsFailed(tx, userId, { id }));
  // The other was refused by WhatsApp, which is certain.
  expect(await asUser((tx) => countAudience(tx, userId, aim))).toMatchObject({ queued: 1, already_asked: 1 });
});

test("the time to wait for an answer begins with the write, however long what came before took", async () => {
  await start(1);
  const message = await claimed();
  await db
    .update(messages)
    .set({ sendingAt: sql`sending_at - interval '100 seconds'`, redriveAt: sql`redrive_at - interval '100 seconds'` })
    .where(eq(messages.id, message.id));
  expect(await written(message)).toBe(true);
  const next = await claimNext(db, session, { caps: env().caps, ackTimeoutMs: 30_000, chance: 0 });
  expect(next).toMatchObject({ type: "wait" });
});

test("after a message that was given up the keys of that person are made anew, once", async () => {
  const { id, phones } = await start(1);
  await silence(await sent());
  await asUser((tx) => treatAsFailed(tx, userId, { id }));
  const again = async () => {
    const copy = await createCampaign(db, userId, {
      name: "Again",
      listIds: await listsOf(phones[0]),
      waSessionId: session.sessionId,
      templateText: "Hello again",
      throttleMinSeconds: 0,
      throttleMaxSeconds: 0,
    });
    await db.transaction((tx) => startCampaign(tx, env(), userId, { id: copy.id, recipients: null }));
    return sent({ type: "ack" });
  };
  expect(await again()).toMatchObject({ rebuild: true });
  expect(await again()).toMatchObject({ rebuild: false });
});

async function listsOf(phone: string | undefined): Promise<Id<"contactList">[]> {
  const rows = await db
    .select({ id: contactListMembers.contactListId })
    .from(contactListMembers)
    .where(eq(contactListMembers.contactId, await contactOf(phone)));
  return rows.map((row) => row.id);
}
