import { eq, sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { conversations, messages, wallets } from "#db/schema/index.ts";
import { createRunningCampaign, readViolations, readWallet, testEnv } from "#tests/factories.ts";
import { type HeldSession, useHeldSession } from "#tests/held-session.ts";
import { isHeldUp } from "#tests/races.ts";
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
  await confirmWrite(db, session, claim.message, Buffer.from("as it was sent"));
  return claim.message;
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

test("a batch of facts and a reply in it that is queued again at the same moment wait for each other, not in a circle", async () => {
  const env = testEnv(url(), { AUTO_REPLY_POINTS: "3" });
  await receiveInbound(
    db,
    { sessionKeys: env.sessionKeys, pads: await tombstonePads(db, env.sessionKeys) },
    {
      waSessionId: session.sessionId,
      waMsgId: "IN1",
      from: [`pn:${phone as `+${string}`}`],
      group: null,
      text: "Are you open?",
      content: "text",
      live: true,
      at: new Date(),
    },
  );
  const [with_] = await db.select().from(conversations).where(eq(conversations.userId, userId));
  if (!with_) throw new Error("there is no conversation");
  const answer = (text: string) =>
    db.transaction((tx) => reply(tx, env, userId, { id: with_.id, text, key: text, mediaId: undefined }));
  await answer("Yes");
  const refused = await handOver();
  await say(refused, { type: "nack", code: 479 });
  await answer("From nine");
  const accepted = await handOver();

  const { batch, again } = await db.transaction(async (tx) => {
    await tx.select().from(wallets).where(eq(wallets.userId, userId)).for("no key update");
    const batch = applyFacts(db, {
      waSessionId: session.sessionId,
      facts: [
        { waMsgId: accepted.waMsgId, fact: ack },
        { waMsgId: refused.waMsgId, fact: { type: "delivered" } },
      ],
    });
    await isHeldUp(db, batch);
    const again = db.transaction((own) => retryReply(own, env, userId, { id: refused.id }));
    await isHeldUp(db, again, 2);
    return { batch: Promise.allSettled([batch]), again: Promise.allSettled([again]) };
  });
  expect(await batch).toEqual([{ status: "fulfilled", value: [expect.anything(), expect.anything()] }]);
  // It has arrived by then.
  expect(await again).toMatchObject([{ status: "rejected", reason: { code: "cannot_retry" } }]);
  expect(await stateOf(accepted)).toMatchObject({ status: "sent", balance: 394 });
  expect(await stateOf(refused)).toMatchObject({ status: "delivered", held: 2 });
});
