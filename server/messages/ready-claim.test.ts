import { eq, sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { campaigns, contacts, messages, schedules, suppressions, wallets, waNumbers } from "#db/schema/index.ts";
import { createRunningCampaign, testEnv } from "#tests/factories.ts";
import { type HeldSession, useHeldSession } from "#tests/held-session.ts";
import { confirmWrite } from "./before-write.ts";
import { claimNext, type ReadyMessage } from "./claim.ts";
import { readGate } from "./gate.ts";

let db: Db;
let userId: Id<"user">;
let session: HeldSession;
let phones: string[];
let ids: Id<"message">[];
const env = () => testEnv(url());
const url = useHeldSession((held) => {
  ({ db, userId, session } = held);
});
const sealed = Buffer.from("as it will be written");

beforeEach(async () => {
  const campaign = await createRunningCampaign(db, env(), userId, session.sessionId, 4);
  phones = campaign.phones;
  const rows = await db.select().from(messages).where(eq(messages.campaignId, campaign.id)).orderBy(messages.id);
  ids = rows.map(({ id }) => id);
});

/** A claim while some messages of the campaign are ready: the first one, unless told otherwise. */
async function claimAll(ready: readonly Partial<ReadyMessage>[] = [{}], more = {}) {
  const next = await claimNext(db, session, {
    caps: env().caps,
    ackTimeoutMs: 30_000,
    chance: 0,
    ready: ready.map((one, i) => ({ id: ids[i] ?? "msg_", sealed, alias: null, ...one })),
    ...more,
  });
  if (next.type !== "send") throw new Error(`expected a message, got ${next.type}`);
  return next.messages;
}
async function claim(ready: Partial<ReadyMessage> = {}, more = {}) {
  const [message, ...others] = await claimAll([ready], more);
  expect(others).toEqual([]);
  return message;
}
const rowOf = async (id: Id<"message">) => (await db.select().from(messages).where(eq(messages.id, id)))[0];
const optOut = (identity: string) =>
  db.insert(suppressions).values({ id: newId("suppression"), userId, identity, source: "keyword" });

test("what is ready is kept by its claim, and its answer is waited for from then on", async () => {
  const message = await claim();
  expect(message).toMatchObject({
    id: ids[0],
    text: "Hello Person 1 of 7B",
    lookedAt: expect.any(Number),
    redrive: false,
  });
  expect(await rowOf(message.id)).toMatchObject({ status: "sending", submissions: 1, encoded: sealed });
  const [waits] = await db.execute<{ ms: number }>(
    sql`select (extract(epoch from redrive_at - sending_at) * 1000)::float8 as ms from messages where id = ${message.id}`,
  );
  expect(waits?.ms).toBeCloseTo(30_000, -1);
});

test("what comes before it is claimed as if nothing were ready", async () => {
  const message = await claim({ id: ids[1] ?? "msg_" });
  expect(message).toMatchObject({ id: ids[0], lookedAt: null, encoded: null });
  expect(await rowOf(message.id)).toMatchObject({ status: "sending", encoded: null });
});

test("who opted out is skipped by the claim, also under a name that only WhatsApp knows them by", async () => {
  await optOut("lid:77");
  const message = await claim({ alias: "lid:77" });
  expect(message).toMatchObject({ id: ids[1], lookedAt: null });
  expect(await rowOf(ids[0] ?? message.id)).toMatchObject({ status: "skipped", errorCode: "opted_out", encoded: null });
});

test("another person's opt-out holds nobody up", async () => {
  await optOut(`pn:${phones[1]}`);
  expect(await claim({ alias: "lid:77" })).toMatchObject({ id: ids[0], lookedAt: expect.any(Number) });
});

test.each<[string, string, () => Promise<unknown>]>([
  ["took the consent back", "no_consent", () => db.update(contacts).set({ consent: false })],
  ["is no contact any more", "contact_removed", () => db.delete(contacts)],
])("to somebody who %s it is not kept, and the look before the write ends it", async (_, errorCode, change) => {
  await change();
  const message = await claim();
  expect(message).toMatchObject({ id: ids[0], lookedAt: null });
  expect(await confirmWrite(db, session, message, sealed)).toBe(false);
  expect(await rowOf(message.id)).toMatchObject({ status: "skipped", errorCode });
});

test.each<[string, () => Promise<unknown>]>([
  ["the active hours end", () => db.update(schedules).set({ windows: [] }).where(eq(schedules.userId, userId))],
  ["everything is paused", () => db.update(schedules).set({ paused: true }).where(eq(schedules.userId, userId))],
  [
    "the plan ends",
    () => db.update(wallets).set({ planExpiresAt: sql`now() - interval '1 minute'` }).where(eq(wallets.userId, userId)),
  ],
])("when %s after the pump's last look, the claim sees it and the message goes back", async (_, change) => {
  const gate = await readGate(db, session);
  await change();
  const message = await claim({}, { gate });
  expect(message.lookedAt).toBe(null);
  expect(await confirmWrite(db, session, message, sealed)).toBe(false);
  expect(await rowOf(message.id)).toMatchObject({ status: "queued", submissions: 0, encoded: null });
});

const both = [{}, {}];
const statuses = async () => Promise.all(ids.map(async (id) => (await rowOf(id))?.status));

test("where no pause has to be kept, all that is ready is claimed at once, in order", async () => {
  const messages = await claimAll([{}, {}, {}]);
  expect(messages.map(({ id }) => id)).toEqual(ids.slice(0, 3));
  expect(messages.every(({ lookedAt }) => lookedAt !== null)).toBe(true);
  for (const { id } of messages) expect(await rowOf(id)).toMatchObject({ status: "sending", encoded: sealed });
  const [number] = await db.select().from(waNumbers).where(eq(waNumbers.phone, session.phone));
  expect(number?.daySent).toBe(3);
  expect(await statuses()).toEqual(["sending", "sending", "sending", "queued"]);
});

test("where a pause has to be kept, one is", async () => {
  await db.update(campaigns).set({ throttleMinMs: 1, throttleMaxMs: 1 });
  expect(await claimAll(both)).toHaveLength(1);
  expect(await statuses()).toEqual(["sending", "queued", "queued", "queued"]);
});

test("what comes in between is left to the next claim, with all that is after it", async () => {
  const messages = await claimAll([{}, { id: ids[2] ?? "msg_" }]);
  expect(messages.map(({ id }) => id)).toEqual(ids.slice(0, 1));
  expect(await statuses()).toEqual(["sending", "queued", "queued", "queued"]);
});

test("the last of a campaign is claimed like any other", async () => {
  await claimAll([{}, {}, {}]);
  const [, , , last] = ids;
  expect(await claimAll([{ id: last ?? "msg_" }, { id: ids[0] ?? "msg_" }])).toHaveLength(1);
});

test("not more are claimed at once than the phone's day has room for", async () => {
  const caps = { ...env().caps, messagesPerDay: 1 };
  expect(await claimAll(both, { caps })).toHaveLength(1);
  expect(await statuses()).toEqual(["sending", "queued", "queued", "queued"]);
});

test("who opted out is skipped among them, and the rest waits for the next claim", async () => {
  await optOut(`pn:${phones[1]}`);
  expect(await claimAll([{}, {}, {}])).toHaveLength(1);
  expect(await statuses()).toEqual(["sending", "skipped", "queued", "queued"]);
});
