import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type Connection, connect, type Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { campaigns, identityPairs, messages, suppressions, waNumbers } from "#db/schema/index.ts";
import { useDatabase } from "#tests/database.ts";
import {
  createHeldSession,
  createRunningCampaign,
  createUser,
  readViolations,
  readWallet,
  testEnv,
} from "#tests/factories.ts";
import { cancelCampaign, pauseCampaign } from "../campaigns/run/pause.ts";
import { LIVE_CHANNEL } from "../events.ts";
import { backToQueue, confirmWrite, failBeforeWrite, failUnreachable } from "./before-write.ts";
import { type ClaimedMessage, claimNext } from "./claim.ts";

const url = useDatabase();
let connection: Connection;
let db: Db;
let userId: Id<"user">;
let session: Awaited<ReturnType<typeof createHeldSession>>;
const env = () => testEnv(url());
/** What screens were told. */
const told: string[] = [];

beforeAll(async () => {
  connection = connect(url());
  db = connection.db;
  await connection.sql.listen(LIVE_CHANNEL, (event) => told.push(event));
});
afterAll(() => connection.close());
beforeEach(async () => {
  userId = await createUser(db);
  session = await createHeldSession(db, userId);
});

async function claimed(): Promise<ClaimedMessage> {
  const next = await claimNext(db, session, { caps: env().caps, ackTimeoutMs: 30_000, chance: 0 });
  if (next.type !== "send") throw new Error(`expected a message, got ${next.type}`);
  return next.messages[0];
}
const statusOf = async (id: Id<"message">) => (await db.select().from(messages).where(eq(messages.id, id)))[0];
const sentToday = async () => (await db.select().from(waNumbers).where(eq(waNumbers.phone, session.phone)))[0]?.daySent;
const pauses = async (id: Id<"campaign">) =>
  (
    await db.execute<{ reason: string }>(sql`
      select meta->>'reason' as reason from audit_logs where action = 'campaign.paused' and meta->>'campaignId' = ${id}`)
  ).map(({ reason }) => ({ reason }));
const start = (recipients: number) => createRunningCampaign(db, env(), userId, session.sessionId, recipients);

test("a pause since the claim sends the message back to the queue, and nothing is counted", async () => {
  const { id } = await start(1);
  const message = await claimed();
  await db.transaction((tx) => pauseCampaign(tx, userId, { id }));
  expect(await confirmWrite(db, session, message, Buffer.from("x"))).toBe(false);
  expect(await statusOf(message.id)).toMatchObject({ status: "queued", submissions: 0 });
  expect(await sentToday()).toBe(0);
});

test("whoever opted out under a name that only WhatsApp knows them by is left out, not queued again and again", async () => {
  const { id, phones } = await start(2);
  const optOut = (identity: string) =>
    db.insert(suppressions).values({ id: newId("suppression"), userId, identity, source: "keyword" });
  await optOut("lid:77");
  const message = await claimed();
  expect(await confirmWrite(db, session, message, Buffer.from("x"), "lid:77")).toBe(false);
  expect(await statusOf(message.id)).toMatchObject({ status: "skipped", errorCode: "opted_out" });
  expect(await sentToday()).toBe(0);
  // By way of a number that became theirs when two contacts were merged.
  await db.insert(identityPairs).values([
    { userId, pn: `pn:${phones[1]}`, lid: "pn:+6299" },
    { userId, pn: "pn:+6299", lid: "lid:88" },
  ]);
  await optOut("lid:88");
  const other = await claimed();
  expect(await confirmWrite(db, session, other, Buffer.from("x"))).toBe(false);
  expect(await statusOf(other.id)).toMatchObject({ status: "skipped", errorCode: "opted_out" });
  const [campaign] = await db.select().from(campaigns).where(eq(campaigns.id, id));
  expect(campaign).toMatchObject({ status: "completed", holdOpen: 0 });
  expect(await readWallet(db, userId)).toEqual({ balance: 400, held: 0 });
});

test("what may have been written already to somebody who opted out under such a name is not handed over again", async () => {
  await start(1);
  const first = await claimed();
  await db.insert(suppressions).values({ id: newId("suppression"), userId, identity: "lid:99", source: "keyword" });
  await db
    .update(messages)
    .set({ encoded: Buffer.from("x"), redriveAt: sql`now() - interval '1 second'` })
    .where(eq(messages.id, first.id));
  const again = await claimed();
  expect(again).toMatchObject({ id: first.id, redrive: true });
  expect(await confirmWrite(db, session, again, Buffer.from("x"), "lid:99")).toBe(false);
  expect(await statusOf(first.id)).toMatchObject({ status: "unknown", errorCode: "opted_out" });
});

test("a message that could not be written does not count to the phone's day, however often it is tried", async () => {
  await start(3);
  for (let row = 1; row <= 2; row += 1) {
    const message = await claimed();
    await db.update(messages).set({ transportErrors: 2 }).where(eq(messages.id, message.id));
    for (const status of ["queued", "failed"]) {
      expect(await sentToday()).toBe(1);
      await failBeforeWrite(db, session, message);
      expect(await statusOf(message.id)).toMatchObject({ status });
      expect(await sentToday()).toBe(0);
      await db.update(messages).set({ notBefore: sql`now() - interval '1 day'` }).where(eq(messages.id, message.id));
      if (status === "queued") expect(await claimed()).toMatchObject({ id: message.id });
    }
  }
  // About this one WhatsApp was asked.
  await failUnreachable(db, session, await claimed());
  expect(await sentToday()).toBe(1);
});

test.each([
  ["goes back to the queue", backToQueue],
  ["is tried again", failBeforeWrite],
])("what was claimed before the phone's midnight and %s after it takes nothing off the new day", async (_, end) => {
  await start(3);
  const message = await claimed();
  await db
    .update(messages)
    .set({ sendingAt: sql`${messages.sendingAt} - interval '1 day'` })
    .where(eq(messages.id, message.id));
  await claimed();
  const { phone } = session;
  await db.update(waNumbers).set({ daySent: 1 }).where(eq(waNumbers.phone, phone));
  await end(db, session, message);
  expect(await statusOf(message.id)).toMatchObject({ status: "queued" });
  expect(await sentToday()).toBe(1);
});

test("a cancel since the claim cancels the message with the rest, and its points come back", async () => {
  const { id } = await start(2);
  const [first, second] = [await claimed(), await claimed()];
  await db.transaction((tx) => cancelCampaign(tx, userId, { id }));
  expect(await confirmWrite(db, session, first, Buffer.from("x"))).toBe(false);
  expect(await statusOf(first.id)).toMatchObject({ status: "cancelled" });
  await failBeforeWrite(db, session, second);
  const [campaign] = await db.select().from(campaigns).where(eq(campaigns.id, id));
  expect(campaign).toMatchObject({ status: "cancelled", holdOpen: 0 });
  expect(await readWallet(db, userId)).toEqual({ balance: 400, held: 0 });
});

test("a campaign whose last row fails for a transport reason is completed, not paused", async () => {
  const { id } = await start(1);
  await db.update(campaigns).set({ consecutiveFailures: 2 }).where(eq(campaigns.id, id));
  const message = await claimed();
  await db.update(messages).set({ transportErrors: 3 }).where(eq(messages.id, message.id));
  await failBeforeWrite(db, session, message);
  const [campaign] = await db.select().from(campaigns).where(eq(campaigns.id, id));
  expect(campaign).toMatchObject({ status: "completed" });
  expect(await pauses(id)).toEqual([]);
});

test("an owner that lost the session changes nothing", async () => {
  await start(1);
  const message = await claimed();
  const stale = { ...session, epoch: 0 };
  expect(await confirmWrite(db, stale, message, Buffer.from("x"))).toBe(false);
  await backToQueue(db, stale, message);
  await failBeforeWrite(db, stale, message);
  expect(await statusOf(message.id)).toMatchObject({ status: "sending", sendingEpoch: 1 });
});

test("three rows that end for a transport reason pause the campaign; a number without WhatsApp does not", async () => {
  const { id } = await start(5);
  await failUnreachable(db, session, await claimed());
  for (let row = 0; row < 3; row += 1) {
    const message = await claimed();
    for (let error = 0; error < 4; error += 1) {
      await failBeforeWrite(db, session, message);
      if (error === 3) break;
      expect(await statusOf(message.id)).toMatchObject({ status: "queued", transportErrors: error + 1 });
      await db.update(messages).set({ notBefore: sql`now() - interval '1 day'` }).where(eq(messages.id, message.id));
      expect(await claimed()).toMatchObject({ id: message.id });
    }
    expect(await statusOf(message.id)).toMatchObject({ status: "failed", errorCode: "transport" });
  }
  const [campaign] = await db.select().from(campaigns).where(eq(campaigns.id, id));
  expect(campaign).toMatchObject({ status: "paused", pauseReason: "failures" });
  expect(await pauses(id)).toEqual([{ reason: "failures" }]);
  await vi.waitFor(() => expect(told).toContain(JSON.stringify({ u: userId, topic: "campaign", id })), 30_000);
  expect(await readWallet(db, userId)).toEqual({ balance: 400, held: 2 });
  expect(await readViolations(db)).toEqual([]);
});
