import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, test } from "vitest";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { contacts, conversations, messages, wallets } from "#db/schema/index.ts";
import { createRunningCampaign, newPhone, readViolations, readWallet, testEnv } from "#tests/factories.ts";
import { type HeldSession, useHeldSession } from "#tests/held-session.ts";
import { isHeldUp } from "#tests/races.ts";
import { eraseContact } from "../contacts/person/erase.ts";
import { reply, retryReply } from "../inbox/reply.ts";
import { receiveInbound } from "../opt-outs/receive-inbound.ts";
import { tombstonePads } from "../opt-outs/tombstones.ts";
import { confirmWrite } from "./before-write.ts";
import { type ClaimedMessage, claimNext } from "./claim.ts";
import { applyFacts } from "./facts.ts";
import type { Fact } from "./rules.ts";

let db: Db;
let userId: Id<"user">;
let session: HeldSession;
let phone: string | undefined;
const url = useHeldSession(
  (held) => {
    ({ db, userId, session } = held);
  },
  { max: 8 },
);
beforeEach(async () => {
  const { phones } = await createRunningCampaign(db, testEnv(url()), userId, session.sessionId, 1);
  [phone] = phones;
});

async function handOver(): Promise<ClaimedMessage> {
  const claim = await claimNext(db, session, { caps: testEnv(url()).caps, ackTimeoutMs: 30_000, chance: 0 });
  if (claim.type !== "send") throw new Error(`nothing was claimed: ${claim.type}`);
  await confirmWrite(db, session, claim.messages[0], Buffer.from("as it was sent"));
  return claim.messages[0];
}
const say = ({ waMsgId }: ClaimedMessage, ...facts: Fact[]) =>
  applyFacts(db, { waSessionId: session.sessionId, facts: facts.map((fact) => ({ waMsgId, fact })) });
const ack: Fact = { type: "ack" };
const nack: Fact = { type: "nack", code: 470 };
async function stateOf({ id }: ClaimedMessage) {
  const [row] = await db.select().from(messages).where(eq(messages.id, id));
  expect(await readViolations(db)).toEqual([]);
  const { balance, held } = await readWallet(db, userId);
  return { status: row?.status, code: row?.errorCode, uncharged: row?.uncharged, balance, held };
}

test("what is taken back is given back once; that it arrived all the same is shown, and costs nothing", async () => {
  const message = await handOver();
  await say(message, ack);
  expect(await stateOf(message)).toMatchObject({ status: "sent", balance: 398, held: 0 });
  await Promise.all([say(message, nack), say(message, nack), say(message, nack)]);
  const refunded = { status: "failed", code: "late_470", balance: 400, held: 0 };
  expect(await stateOf(message)).toMatchObject(refunded);
  expect(await say(message, ack, nack)).toEqual([]);
  expect(await stateOf(message)).toMatchObject(refunded);
  await say(message, { type: "delivered" });
  expect(await stateOf(message)).toMatchObject({ status: "delivered", code: null, uncharged: true, balance: 400 });
  await say(message, { type: "failed", code: 471 });
  expect(await stateOf(message)).toMatchObject({ status: "failed", code: "late_471", balance: 400 });
});

test("accepted and taken back in one breath it is charged and given back", async () => {
  const message = await handOver();
  await say(message, ack, nack);
  expect(await stateOf(message)).toMatchObject({ status: "failed", code: "late_470", balance: 400, held: 0 });
});

test("of a message that was handed over twice a refusal takes back nothing that was accepted", async () => {
  const message = await handOver();
  await db.update(messages).set({ redriveAt: sql`now()` }).where(eq(messages.id, message.id));
  expect(await handOver()).toMatchObject({ id: message.id, redrive: true });
  await say(message, ack, nack);
  expect(await stateOf(message)).toMatchObject({ status: "sent", code: null, balance: 398 });
  await say(message, { type: "delivered" });
  expect(await stateOf(message)).toMatchObject({ status: "delivered", balance: 398 });
});

const paid = () => testEnv(url(), { AUTO_REPLY_POINTS: "3" });
/** Somebody writes, is answered for 3 points, and the answer is handed over. */
async function answer(person: string | undefined, text: string): Promise<ClaimedMessage> {
  const { sessionKeys } = paid();
  const identity = `pn:${person as `+${string}`}` as const;
  await receiveInbound(
    db,
    { sessionKeys, pads: await tombstonePads(db, sessionKeys) },
    {
      waSessionId: session.sessionId,
      waMsgId: text,
      from: [identity],
      group: null,
      text: "Are you open?",
      content: "text",
      live: true,
      at: new Date(),
    },
  );
  const [to] = await db.select().from(conversations).where(eq(conversations.person, identity));
  if (!to) throw new Error("there is no conversation");
  await db.transaction((tx) => reply(tx, paid(), userId, { id: to.id, text, key: text, mediaId: undefined }));
  return handOver();
}
/** Begins one after the other while points cannot be moved; lets go when both are held up. */
async function bothHeldUp<A, B>(first: () => Promise<A>, second: () => Promise<B>) {
  const { ended } = await db.transaction(async (tx) => {
    await tx.select().from(wallets).where(eq(wallets.userId, userId)).for("no key update");
    const one = first();
    await isHeldUp(db, one);
    const two = second();
    await isHeldUp(db, two, 2);
    return { ended: Promise.allSettled([one, two]) };
  });
  return ended;
}
const batch = (accepted: ClaimedMessage, arrived: ClaimedMessage) => () =>
  applyFacts(db, {
    waSessionId: session.sessionId,
    facts: [
      { waMsgId: accepted.waMsgId, fact: ack },
      { waMsgId: arrived.waMsgId, fact: { type: "delivered" } },
    ],
  });

describe("a batch of facts waits, and not in a circle,", () => {
  test("with a reply in it that is queued again at the same moment", async () => {
    const refused = await answer(phone, "Yes");
    await say(refused, { type: "nack", code: 479 });
    const accepted = await answer(phone, "From nine");
    const again = () => db.transaction((tx) => retryReply(tx, paid(), userId, { id: refused.id }));
    const [told, queued] = await bothHeldUp(batch(accepted, refused), again);
    expect(told).toEqual({ status: "fulfilled", value: [expect.anything(), expect.anything()] });
    // It has arrived by then.
    expect(queued).toMatchObject({ status: "rejected", reason: { code: "cannot_retry" } });
    expect(await stateOf(accepted)).toMatchObject({ status: "sent", balance: 394 });
    expect(await stateOf(refused)).toMatchObject({ status: "delivered", held: 2 });
  });

  test("with an erasure of somebody in it, who has something queued too", async () => {
    const theirs = await answer(phone, "Yes");
    await say(theirs, ack);
    const accepted = await answer(newPhone(), "From nine");
    const pads = await tombstonePads(db, paid().sessionKeys);
    const [contact] = await db.select().from(contacts).where(eq(contacts.userId, userId));
    if (!contact) throw new Error("nobody is there to be erased");
    const erase = () =>
      db.transaction((tx) => eraseContact(tx, pads, userId, { id: contact.id, confirm: contact.phoneE164 }));
    const ended = await bothHeldUp(erase, batch(accepted, theirs));
    expect(ended.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
    expect(await stateOf(theirs)).toMatchObject({ status: "delivered", balance: 394, held: 0 });
  });
});
