import { eq, sql } from "drizzle-orm";
import { afterEach, describe, expect, test } from "vitest";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { campaigns, contacts, messages, suppressions, waSessions } from "#db/schema/index.ts";
import { createRunningCampaign, createUser, readViolations, readWallet, testEnv } from "#tests/factories.ts";
import { type HeldSession, useHeldSession } from "#tests/held-session.ts";
import { confirmWrite } from "../../messages/before-write.ts";
import { type ClaimedMessage, claimNext } from "../../messages/claim.ts";
import { applyFacts } from "../../messages/facts.ts";
import type { Fact } from "../../messages/rules.ts";
import { settleSilence, wipeBodies } from "../../messages/silence.ts";
import { withUser } from "../../users/with-user.ts";
import { readFailures } from "./failures.ts";
import { treatAsFailed } from "./give-up.ts";
import { cancelCampaign, pauseCampaign } from "./pause.ts";
import { repeatUnknown, retryFailed } from "./retry.ts";
import { readTimeline } from "./timeline.ts";

let db: Db;
let userId: Id<"user">;
let session: HeldSession;
const env = () => testEnv(url());
const url = useHeldSession((held) => {
  ({ db, userId, session } = held);
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
/** Takes the next message to the wire, and lets WhatsApp answer. */
async function sent(said?: Fact): Promise<ClaimedMessage> {
  const message = await claimed();
  expect(await confirmWrite(db, session, message, Buffer.from("as it was sent"))).toBe(true);
  if (said) await answer(message, said);
  return message;
}
const answer = (message: ClaimedMessage, fact: Fact) =>
  applyFacts(db, { waSessionId: session.sessionId, facts: [{ waMsgId: message.waMsgId, fact }] });
const nack = (code: number) => ({ type: "nack" as const, code });
const rowOf = async (id: Id<"message">) => (await db.select().from(messages).where(eq(messages.id, id)))[0];
const campaignOf = async (id: Id<"campaign">) => (await db.select().from(campaigns).where(eq(campaigns.id, id)))[0];
const optOut = (identity: string) =>
  db.insert(suppressions).values({ id: newId("suppression"), userId, identity, source: "keyword" });
/** A day of silence. */
async function silence(message: ClaimedMessage): Promise<void> {
  await db.update(messages).set({ sendingAt: sql`now() - interval '2 days'` }).where(eq(messages.id, message.id));
  await settleSilence(db);
  expect(await rowOf(message.id)).toMatchObject({ status: "unknown" });
}
const failures = (id: string) => asUser((tx) => readFailures(tx, userId, { id }));

describe("what failed, tried again", () => {
  test("goes back to the queue under its id with a new hold, and a completed campaign runs again", async () => {
    const { id } = await start(2);
    await sent({ type: "ack" });
    const refused = await sent(nack(479));
    expect(await campaignOf(id)).toMatchObject({ status: "completed" });
    expect(await readWallet(db, userId)).toEqual({ balance: 398, held: 0 });
    expect(await failures(id)).toMatchObject([{ status: "failed", code: "479", count: 1, able: 1, points: 2 }]);

    expect(await asUser((tx) => retryFailed(tx, userId, { id }))).toEqual({ messages: 1 });
    expect(await campaignOf(id)).toMatchObject({ status: "running", holdOpen: 2, finishedAt: null });
    expect(await readWallet(db, userId)).toEqual({ balance: 398, held: 2 });
    const again = await sent();
    expect(again).toMatchObject({ id: refused.id, waMsgId: refused.waMsgId, redrive: false, text: refused.text });
    // The wait for an answer begins anew, as after any first write; when it is over, what was written now is repeated.
    const row = await rowOf(again.id);
    expect(row).toMatchObject({ submissions: 1, waMsgId: refused.waMsgId });
    expect(Number(row?.redriveAt) - Number(row?.sendingAt)).toBeLessThan(120_000);
    await db.update(messages).set({ redriveAt: sql`now()` }).where(eq(messages.id, again.id));
    expect(await claimed()).toMatchObject({ id: refused.id, waMsgId: refused.waMsgId, redrive: true });
    await answer(again, { type: "ack" });
    expect(await campaignOf(id)).toMatchObject({ status: "completed", holdOpen: 0 });
    expect(await readWallet(db, userId)).toEqual({ balance: 396, held: 0 });
    const { moments } = await asUser((tx) => readTimeline(tx, userId, { id, messageId: refused.id }));
    expect(moments.map(({ kind }) => kind)).toEqual(["queued", "retried", "handed_over", "sent"]);
  });

  test("is refused as a whole without enough points, and nothing has changed", async () => {
    const { id } = await start(3);
    const refused = [await sent(nack(479)), await sent(nack(479)), await sent(nack(400))];
    await db.execute(sql`update wallets set held = balance - 4 where user_id = ${userId}`);
    const before = await Promise.all(refused.map((message) => rowOf(message.id)));
    await expect(asUser((tx) => retryFailed(tx, userId, { id }))).rejects.toMatchObject({
      code: "insufficient_points",
      details: { need: 6, available: 4, missing: 2 },
    });
    expect(await Promise.all(refused.map((message) => rowOf(message.id)))).toEqual(before);
    expect(await campaignOf(id)).toMatchObject({ status: "completed", holdOpen: 0 });
    await db.execute(sql`update wallets set held = 0 where user_id = ${userId}`);
  });

  test("leaves out who opted out, took consent back, was removed or has another number since", async () => {
    const { id, phones } = await start(5);
    const rows: ClaimedMessage[] = [];
    for (let n = 0; n < 5; n += 1) rows.push(await sent(nack(479)));
    await optOut(`pn:${phones[0]}`);
    const contact = (n: number) => eq(contacts.phoneE164, phones[n] ?? "");
    await db.update(contacts).set({ consent: false }).where(contact(1));
    await db
      .update(contacts)
      .set({ phoneE164: `${phones[2]}9` })
      .where(contact(2));
    await db.execute(
      sql`delete from contact_list_members where contact_id in (select id from contacts where phone_e164 = ${phones[3]})`,
    );
    await db.delete(contacts).where(contact(3));
    expect(await failures(id)).toMatchObject([{ code: "479", count: 5, able: 1 }]);
    const one = (n: number) => asUser((tx) => retryFailed(tx, userId, { id, messageId: rows[n]?.id }));
    await expect(one(0)).rejects.toMatchObject({ code: "cannot_retry", message: /START/ });
    await expect(one(1)).rejects.toMatchObject({ code: "cannot_retry", message: /consent/ });
    await expect(one(2)).rejects.toMatchObject({ code: "cannot_retry", message: /number/ });
    await expect(one(3)).rejects.toMatchObject({ code: "cannot_retry", message: /removed/ });
    expect(await asUser((tx) => retryFailed(tx, userId, { id }))).toEqual({ messages: 1 });
    expect(await rowOf(rows[4]?.id ?? "msg_")).toMatchObject({ status: "queued" });
  });

  test("waits until the account is free again when it was the account's", async () => {
    const { id } = await start(3);
    await sent(nack(463));
    expect(await campaignOf(id)).toMatchObject({ status: "paused", pauseReason: "restricted" });
    await expect(asUser((tx) => retryFailed(tx, userId, { id }))).rejects.toMatchObject({ code: "nothing_to_retry" });
    await db.update(campaigns).set({ pauseReason: "user" }).where(eq(campaigns.id, id));
    expect(await asUser((tx) => retryFailed(tx, userId, { id }))).toEqual({ messages: 1 });
    // It goes when the campaign is resumed, not before.
    expect(await campaignOf(id)).toMatchObject({ status: "paused", holdOpen: 6 });
  });

  test("waits for the account also when the campaign had ended, and says until when", async () => {
    const { id } = await start(1);
    const refused = await sent(nack(463));
    expect(await campaignOf(id)).toMatchObject({ status: "completed", pauseReason: null });
    const phone = (set: Partial<typeof waSessions.$inferInsert>) =>
      db.update(waSessions).set(set).where(eq(waSessions.id, session.sessionId));
    await phone({ status: "restricted", restrictedUntil: new Date("2030-11-24T03:00:00Z") });
    expect(await failures(id)).toMatchObject([{ code: "463", able: 0 }]);
    const option = async () => (await asUser((tx) => readTimeline(tx, userId, { id, messageId: refused.id }))).canDo;
    expect(await option()).toMatchObject({ retry: false });
    for (const again of [retryFailed, repeatUnknown]) {
      await expect(asUser((tx) => again(tx, userId, { id }))).rejects.toMatchObject({
        code: "account_restricted",
        message: expect.stringContaining("until 24 Nov 2030, 10:00 GMT+7"),
      });
    }
    await phone({ restrictedUntil: null });
    await expect(asUser((tx) => retryFailed(tx, userId, { id }))).rejects.toMatchObject({
      code: "account_restricted",
      message: expect.stringContaining("Open WhatsApp on the phone"),
    });
    await phone({ status: "linked" });
    expect(await failures(id)).toMatchObject([{ code: "463", able: 1 }]);
    expect(await asUser((tx) => retryFailed(tx, userId, { id }))).toEqual({ messages: 1 });
  });

  test("needs a linked phone and a campaign that was not cancelled", async () => {
    const { id } = await start(2);
    await sent(nack(479));
    await db.update(waSessions).set({ status: "logged_out" }).where(eq(waSessions.id, session.sessionId));
    await expect(asUser((tx) => retryFailed(tx, userId, { id }))).rejects.toMatchObject({ code: "session_not_linked" });
    await db.update(waSessions).set({ status: "linked" }).where(eq(waSessions.id, session.sessionId));
    await asUser((tx) => cancelCampaign(tx, userId, { id }));
    await expect(asUser((tx) => retryFailed(tx, userId, { id }))).rejects.toMatchObject({ code: "wrong_state" });
  });

  test("is not for somebody else, nor twice: of two at once one finds nothing left", async () => {
    const { id } = await start(1);
    await sent(nack(479));
    const stranger = await createUser(db);
    await expect(withUser(db, stranger, (tx) => retryFailed(tx, stranger, { id }))).rejects.toMatchObject({
      code: "not_found",
    });
    const both = await Promise.allSettled([1, 2].map(() => asUser((tx) => retryFailed(tx, userId, { id }))));
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await readWallet(db, userId)).toEqual({ balance: 400, held: 2 });
  });
});

describe("what WhatsApp never answered for", () => {
  test("is repeated safely: the very message under the very id, with the hold it has", async () => {
    const { id } = await start(1);
    const message = await sent();
    await silence(message);
    expect(await campaignOf(id)).toMatchObject({ status: "completed" });
    expect(await failures(id)).toMatchObject([{ status: "unknown", code: "no_answer", able: 1, points: 0 }]);
    expect(await asUser((tx) => repeatUnknown(tx, userId, { id }))).toEqual({ messages: 1 });
    expect(await readWallet(db, userId)).toEqual({ balance: 400, held: 2 });
    const again = await claimed();
    expect(again).toMatchObject({ id: message.id, waMsgId: message.waMsgId, redrive: true });
    expect(again.encoded?.toString()).toBe("as it was sent");
    // A day has to pass anew before it counts as unanswered.
    await settleSilence(db);
    expect(await rowOf(message.id)).toMatchObject({ status: "sending", submissions: 2 });
    await answer(message, { type: "ack" });
    expect(await campaignOf(id)).toMatchObject({ status: "completed", holdOpen: 0 });
    expect(await readWallet(db, userId)).toEqual({ balance: 398, held: 0 });
  });

  test("is not repeated after an opt-out, nor when it is not kept any more", async () => {
    const { id, phones } = await start(2);
    const [first, second] = [await sent(), await sent()];
    await silence(first);
    await silence(second);
    await optOut(`pn:${phones[0]}`);
    await db.update(messages).set({ createdAt: sql`now() - interval '15 days'` }).where(eq(messages.id, second.id));
    await wipeBodies(db);
    const one = (message: ClaimedMessage) => asUser((tx) => repeatUnknown(tx, userId, { id, messageId: message.id }));
    await expect(one(first)).rejects.toMatchObject({ code: "cannot_retry", message: /START/ });
    await expect(one(second)).rejects.toMatchObject({ code: "cannot_retry", message: /not kept any more/ });
    await expect(asUser((tx) => repeatUnknown(tx, userId, { id }))).rejects.toMatchObject({ code: "nothing_to_retry" });
    expect(await readWallet(db, userId)).toEqual({ balance: 400, held: 4 });
  });

  test("stopped by an opt-out stays stopped, and can be taken for failed", async () => {
    const { id, phones } = await start(1);
    const message = await sent();
    await optOut(`pn:${phones[0]}`);
    await db.update(messages).set({ redriveAt: sql`now()` }).where(eq(messages.id, message.id));
    await claimNext(db, session, { caps: env().caps, ackTimeoutMs: 30_000, chance: 0 });
    await db.delete(suppressions).where(eq(suppressions.userId, userId));
    expect(await rowOf(message.id)).toMatchObject({ status: "unknown", errorCode: "opted_out" });
    await expect(asUser((tx) => repeatUnknown(tx, userId, { id, messageId: message.id }))).rejects.toMatchObject({
      code: "cannot_retry",
    });
    await asUser((tx) => treatAsFailed(tx, userId, { id }));
    expect(await readWallet(db, userId)).toEqual({ balance: 400, held: 0 });
  });

  test("is taken for failed, which frees its points and is never tried again; a late acceptance is charged", async () => {
    const { id } = await start(2);
    const [first, second] = [await sent(), await sent()];
    await silence(first);
    await silence(second);
    expect(await asUser((tx) => treatAsFailed(tx, userId, { id, messageId: first.id }))).toEqual({ messages: 1 });
    expect(await readWallet(db, userId)).toEqual({ balance: 400, held: 2 });
    expect(await asUser((tx) => treatAsFailed(tx, userId, { id }))).toEqual({ messages: 1 });
    expect(await failures(id)).toMatchObject([{ status: "failed", code: "treated_as_failed", count: 2, able: 0 }]);
    await expect(asUser((tx) => retryFailed(tx, userId, { id }))).rejects.toMatchObject({ code: "nothing_to_retry" });
    await answer(first, { type: "ack" });
    expect(await rowOf(first.id)).toMatchObject({ status: "sent", errorCode: null });
    expect(await readWallet(db, userId)).toEqual({ balance: 398, held: 0 });
  });

  test("of a cancelled campaign can only be taken for failed", async () => {
    const { id } = await start(2);
    const message = await sent();
    await asUser((tx) => cancelCampaign(tx, userId, { id }));
    await silence(message);
    expect(await campaignOf(id)).toMatchObject({ status: "cancelled", holdOpen: 2 });
    expect(await failures(id)).toMatchObject([{ status: "unknown", able: 0 }]);
    await expect(asUser((tx) => repeatUnknown(tx, userId, { id }))).rejects.toMatchObject({ code: "wrong_state" });
    await asUser((tx) => treatAsFailed(tx, userId, { id }));
    expect(await campaignOf(id)).toMatchObject({ status: "cancelled", holdOpen: 0 });
    expect(await readWallet(db, userId)).toEqual({ balance: 400, held: 0 });
  });

  test("is not repeated while its campaign is paused", async () => {
    const { id } = await start(2);
    const message = await sent();
    await silence(message);
    await asUser((tx) => pauseCampaign(tx, userId, { id }));
    await asUser((tx) => repeatUnknown(tx, userId, { id }));
    const next = await claimNext(db, session, { caps: env().caps, ackTimeoutMs: 30_000, chance: 0 });
    expect(next.type).toBe("idle");
  });
});
