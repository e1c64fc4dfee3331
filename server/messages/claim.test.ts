import { and, eq, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { campaigns, messages, schedules, suppressions, wallets, waNumbers, waSessions } from "#db/schema/index.ts";
import { createRunningCampaign, readViolations, readWallet, testEnv } from "#tests/factories.ts";
import { type HeldSession, useHeldSession } from "#tests/held-session.ts";
import { cancelCampaign, pauseCampaign } from "../campaigns/run/pause.ts";
import { type ClaimedMessage, claimNext } from "./claim.ts";
import { applyFacts } from "./facts.ts";
import type { Fact } from "./rules.ts";
import { settleSilence } from "./silence.ts";

let db: Db;
let userId: Id<"user">;
let session: HeldSession;
const env = () => testEnv(url());

const url = useHeldSession((held) => {
  ({ db, userId, session } = held);
});

const claim = (limits = {}) => claimNext(db, session, { caps: env().caps, ackTimeoutMs: 30_000, chance: 0, ...limits });
async function claimed(): Promise<ClaimedMessage> {
  const next = await claim();
  if (next.type !== "send") throw new Error(`expected a message, got ${next.type}`);
  return next.messages[0];
}
const fact = (message: ClaimedMessage, said: Fact) =>
  applyFacts(db, { waSessionId: session.sessionId, facts: [{ waMsgId: message.waMsgId, fact: said }] });
const statusOf = async (id: Id<"message">) => (await db.select().from(messages).where(eq(messages.id, id)))[0];
const start = (recipients: number) => createRunningCampaign(db, env(), userId, session.sessionId, recipients);

describe("a claim", () => {
  test("takes recipients in the list's order, with the text fixed at start", async () => {
    await start(3);
    const first = await claimed();
    expect(first).toMatchObject({ text: "Hello Person 1 of 7B", redrive: false });
    expect((await claimed()).text).toBe("Hello Person 2 of 7B");
  });

  test("is refused to an owner of an earlier epoch, or without a lease", async () => {
    await start(1);
    expect(await claimNext(db, { ...session, epoch: 0 }, { caps: env().caps, ackTimeoutMs: 1, chance: 0 })).toEqual({
      type: "lost",
    });
    await db
      .update(waSessions)
      .set({ leaseUntil: sql`now() - interval '1 second'` })
      .where(eq(waSessions.id, session.sessionId));
    expect(await claim()).toEqual({ type: "lost" });
  });

  test("is refused in its own transaction too: the lease may pass on after the first look", async () => {
    await start(1);
    const ask = (epoch: number) =>
      db.execute<{ outcome: string }>(
        sql`select outcome from claim_message(${session.sessionId}, ${session.workerId}, ${epoch}, 500, 0, 0::float8, array[30000], '{}', '{}', '{}')`,
      );
    expect([...(await ask(0))]).toEqual([{ outcome: "lost" }]);
    expect([...(await ask(1))]).toEqual([{ outcome: "send" }]);
  });

  test("keeps the throttle across claims, whoever claims", async () => {
    const { id } = await start(2);
    await db.update(campaigns).set({ throttleMinMs: 200_000, throttleMaxMs: 500_000 }).where(eq(campaigns.id, id));
    expect((await claim({ chance: 0.5 })).type).toBe("send");
    const next = await claim();
    expect(next).toMatchObject({ type: "wait" });
    expect(next.type === "wait" && next.ms).toBeGreaterThan(300_000);
  });

  test("stops at the daily cap of the phone number, and goes on the next day", async () => {
    await start(2);
    const caps = { ...env().caps, messagesPerDay: 1 };
    expect((await claim({ caps })).type).toBe("send");
    const capped = await claim({ caps });
    // Not at once again: it would only burn the database until midnight.
    expect(capped.type === "wait" && capped.ms).toBeGreaterThan(1_000);
    await db
      .update(waNumbers)
      .set({ day: sql`${waNumbers.day} - 1` })
      .where(eq(waNumbers.phone, session.phone));
    expect((await claim({ caps })).type).toBe("send");
  });

  test("waits outside the active hours and while everything is paused", async () => {
    await start(1);
    await db.update(schedules).set({ windows: [] }).where(eq(schedules.userId, userId));
    expect((await claim()).type).toBe("wait");
    await db.update(schedules).set({ windows: null, paused: true }).where(eq(schedules.userId, userId));
    expect((await claim()).type).toBe("wait");
  });

  test("pauses the campaigns when the plan has expired, and keeps the points", async () => {
    const { id } = await start(1);
    await db.update(wallets).set({ planExpiresAt: sql`now() - interval '1 minute'` }).where(eq(wallets.userId, userId));
    expect((await claim()).type).toBe("idle");
    const [campaign] = await db.select().from(campaigns).where(eq(campaigns.id, id));
    expect(campaign).toMatchObject({ status: "paused", pauseReason: "plan_expired" });
    expect(await readWallet(db, userId)).toEqual({ balance: 400, held: 2 });
  });

  test("skips who opted out since the start, and gives the points back", async () => {
    const { phones } = await start(2);
    await db
      .insert(suppressions)
      .values({ id: newId("suppression"), userId, identity: `pn:${phones[0]}`, source: "keyword" });
    expect((await claimed()).text).toContain("Person 2");
    expect(await readWallet(db, userId)).toEqual({ balance: 400, held: 2 });
    expect(await readViolations(db)).toEqual([]);
  });

  test("repeats a message of an earlier owner first, under the same id", async () => {
    await start(2);
    const first = await claimed();
    await db.update(waSessions).set({ epoch: 2 }).where(eq(waSessions.id, session.sessionId));
    session = { ...session, epoch: 2 };
    expect(await claimed()).toMatchObject({ id: first.id, waMsgId: first.waMsgId, redrive: true });
    expect((await claimed()).redrive).toBe(false);
  });

  test("waits with a second message to a person whose first is still on its way", async () => {
    const { phones } = await start(1);
    await claimed();
    const second = await start(1);
    await db
      .update(messages)
      .set({ recipientKey: `pn:${phones[0]}` })
      .where(eq(messages.campaignId, second.id));
    expect((await claim()).type).toBe("wait");
    await db.update(messages).set({ status: "cancelled" }).where(eq(messages.status, "sending"));
    expect(await claimed()).toMatchObject({ campaignId: second.id });
    await db.update(messages).set({ status: "queued", sendingEpoch: null }).where(eq(messages.status, "cancelled"));
  });

  test("does not repeat a message while its campaign is paused or cancelled", async () => {
    const { id } = await start(1);
    await claimed();
    await db.update(messages).set({ redriveAt: sql`now()` }).where(eq(messages.campaignId, id));
    await db.transaction((tx) => pauseCampaign(tx, userId, { id }));
    expect((await claim()).type).toBe("idle");
    await db.transaction((tx) => cancelCampaign(tx, userId, { id }));
    expect((await claim()).type).toBe("idle");
  });

  test("never repeats to somebody who opted out: the message becomes unknown and keeps its hold", async () => {
    const { phones } = await start(1);
    const message = await claimed();
    await db
      .insert(suppressions)
      .values({ id: newId("suppression"), userId, identity: `pn:${phones[0]}`, source: "keyword" });
    await db.update(messages).set({ redriveAt: sql`now()` }).where(eq(messages.id, message.id));
    expect((await claim()).type).not.toBe("send");
    expect(await statusOf(message.id)).toMatchObject({ status: "unknown" });
    expect(await readWallet(db, userId)).toEqual({ balance: 400, held: 2 });
    await fact(message, { type: "delivered" });
    expect(await readWallet(db, userId)).toEqual({ balance: 398, held: 0 });
  });
});

describe("facts", () => {
  test("the account's refusal pauses every campaign of the session", async () => {
    const { id } = await start(2);
    await fact(await claimed(), { type: "nack", code: 463 });
    const [campaign] = await db.select().from(campaigns).where(eq(campaigns.id, id));
    expect(campaign).toMatchObject({ status: "paused", pauseReason: "restricted" });
  });

  test("the last answer completes the campaign", async () => {
    const { id } = await start(2);
    await fact(await claimed(), { type: "ack" });
    await fact(await claimed(), { type: "nack", code: 400 });
    const [campaign] = await db.select().from(campaigns).where(eq(campaigns.id, id));
    expect(campaign).toMatchObject({ status: "completed", holdOpen: 0 });
    expect(await readWallet(db, userId)).toEqual({ balance: 398, held: 0 });
  });

  test("a cancelled campaign stays honest about a message on its way", async () => {
    const { id } = await start(3);
    const message = await claimed();
    await db.transaction((tx) => cancelCampaign(tx, userId, { id }));
    const status = async () => (await db.select().from(campaigns).where(eq(campaigns.id, id)))[0]?.status;
    expect(await status()).toBe("cancelling");
    expect(await readWallet(db, userId)).toEqual({ balance: 400, held: 2 });
    await fact(message, { type: "ack" });
    expect(await status()).toBe("cancelled");
    expect(await readWallet(db, userId)).toEqual({ balance: 398, held: 0 });
  });

  test("silence ends as unknown after a day and unconfirmed after 14; a late acceptance is charged, or noted when it cannot be", async () => {
    await start(2);
    const [first, second] = [await claimed(), await claimed()];
    const age = (days: number) =>
      db
        .update(messages)
        .set({ sendingAt: sql`now() - ${days} * interval '1 day'` })
        .where(and(eq(messages.waSessionId, session.sessionId), sql`status in ('sending', 'unknown')`));
    await age(2);
    await settleSilence(db);
    expect(await statusOf(first.id)).toMatchObject({ status: "unknown" });
    await age(15);
    await settleSilence(db);
    expect(await statusOf(first.id)).toMatchObject({ status: "failed", errorCode: "unconfirmed" });
    expect(await readWallet(db, userId)).toEqual({ balance: 400, held: 0 });
    await fact(first, { type: "ack" });
    expect(await readWallet(db, userId)).toEqual({ balance: 398, held: 0 });
    await db.update(wallets).set({ held: 398 }).where(eq(wallets.userId, userId));
    await fact(second, { type: "ack" });
    expect(await statusOf(second.id)).toMatchObject({ status: "sent", costPoints: 0, uncharged: true });
    await db.update(wallets).set({ held: 0 }).where(eq(wallets.userId, userId));
    expect(await readViolations(db)).toEqual([]);
  });
});
