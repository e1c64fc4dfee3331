import { eq, sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { contacts, messages, schedules, suppressions, wallets } from "#db/schema/index.ts";
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
  const campaign = await createRunningCampaign(db, env(), userId, session.sessionId, 2);
  phones = campaign.phones;
  const rows = await db.select().from(messages).where(eq(messages.campaignId, campaign.id)).orderBy(messages.id);
  ids = rows.map(({ id }) => id);
});

/** A claim while the first message of the campaign is ready, unless told otherwise. */
async function claim(ready: Partial<ReadyMessage> = {}, more = {}) {
  const [id] = ids;
  if (!id) throw new Error("a campaign has messages");
  const next = await claimNext(db, session, {
    caps: env().caps,
    ackTimeoutMs: 30_000,
    chance: 0,
    ready: { id, sealed, alias: null, ...ready },
    ...more,
  });
  if (next.type !== "send") throw new Error(`expected a message, got ${next.type}`);
  return next.message;
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
  const message = await claim({ id: ids[1] });
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
