import { and, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect, type Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { inboundMessages, messages } from "#db/schema/index.ts";
import { createCampaign } from "#server/campaigns/draft/draft.ts";
import { exportCampaign } from "#server/campaigns/results/export.ts";
import { getCampaign } from "#server/campaigns/results/queries.ts";
import { readResults } from "#server/campaigns/results/results.ts";
import { readFailures } from "#server/campaigns/run/failures.ts";
import { cancelCampaign, pauseCampaign } from "#server/campaigns/run/pause.ts";
import { retryFailed } from "#server/campaigns/run/retry.ts";
import { readTimeline } from "#server/campaigns/run/timeline.ts";
import { sendTest } from "#server/campaigns/trial/test-send.ts";
import type { Env } from "#server/env.ts";
import { createLog } from "#server/log.ts";
import { confirmWrite } from "#server/messages/before-write.ts";
import { claimNext } from "#server/messages/claim.ts";
import { applyFacts } from "#server/messages/facts.ts";
import type { Fact } from "#server/messages/rules.ts";
import { receiveInbound } from "#server/opt-outs/receive-inbound.ts";
import { tombstonePads } from "#server/opt-outs/tombstones.ts";
import { createTasks } from "#worker/tasks/index.ts";
import { useDatabase } from "../database.ts";
import {
  createHeldSession,
  createList,
  createRunningCampaign,
  createUser,
  readViolations,
  readWallet,
  testEnv,
} from "../factories.ts";

const url = useDatabase();
let connection: Connection;
let db: Db;
let env: Env;
let userId: Id<"user">;
let session: Awaited<ReturnType<typeof createHeldSession>>;
beforeAll(async () => {
  connection = connect(url());
  db = connection.db;
  env = testEnv(url());
  userId = await createUser(db);
  session = await createHeldSession(db, userId);
});
afterAll(() => connection.close());

/** Writes the next message, and WhatsApp says this of it. */
async function sent(...facts: Fact[]): Promise<void> {
  const next = await claimNext(db, session, { caps: env.caps, ackTimeoutMs: 30_000, chance: 0 });
  if (next.type !== "send") throw new Error(`expected a message, got ${next.type}`);
  expect(await confirmWrite(db, session, next.messages[0], Buffer.from(`sealed ${next.messages[0].text}`))).toBe(true);
  for (const fact of facts) {
    await applyFacts(db, { waSessionId: session.sessionId, facts: [{ waMsgId: next.messages[0].waMsgId, fact }] });
  }
}
async function comesIn(from: string | undefined, text: string): Promise<void> {
  const keys = { sessionKeys: env.sessionKeys, pads: await tombstonePads(db, env.sessionKeys) };
  await receiveInbound(db, keys, {
    waSessionId: session.sessionId,
    waMsgId: `IN ${text}`,
    from: [`pn:${from}`],
    group: null,
    text,
    content: "text",
    live: true,
    at: new Date(),
  });
}
/** Runs the daily job as if it were so much later. */
async function wipeAfter(time: string): Promise<void> {
  const wipe = createTasks({ env, db, log: createLog("worker", env) })["bodies:wipe"];
  await db.execute(sql`update app_clock set shift = ${time}::interval`);
  // A job's handler looks at nothing of its helpers but the job's tries.
  const run = wipe as unknown as (payload: unknown, helpers: { job: object }) => Promise<void>;
  await run({}, { job: { attempts: 1, max_attempts: 2 } });
  await db.execute(sql`update app_clock set shift = '0'`);
}
/** What is kept of texts, by the kind of message: the text, and the encoded form. */
async function texts() {
  const out = await db.execute<{ kept: string }>(sql`
    select kind || ' ' || status || ' ' || (resolved_text is not null)::int || (encoded is not null)::int as kept
      from messages where user_id = ${userId} order by 1`);
  const inbound = await db.$count(
    inboundMessages,
    and(eq(inboundMessages.userId, userId), sql`${inboundMessages.body} is not null`),
  );
  return [...out.map(({ kept }) => kept), `inbound ${inbound}`];
}

test("after 14 days no text of what went out or came in is kept, whatever it was; its figures stay, and nothing can be sent without it", async () => {
  const { id: draft } = await createCampaign(db, userId, {
    name: "Draft",
    listIds: [(await createList(db, userId, 1)).id],
    waSessionId: session.sessionId,
    templateText: "Only to look at",
    throttleMinSeconds: 0,
    throttleMaxSeconds: 0,
  });
  await db.transaction((tx) => sendTest(tx, env, userId, { id: draft }));
  await sent({ type: "ack" });
  const { id, phones } = await createRunningCampaign(db, env, userId, session.sessionId, 5);
  await sent({ type: "ack" }, { type: "delivered" }, { type: "read" });
  await sent({ type: "ack" }, { type: "delivered" });
  await sent({ type: "nack", code: 479 });
  await comesIn(phones[0], "Thank you");
  await comesIn(phones[1], "STOP");
  await sent({ type: "ack" });
  await db.transaction((tx) => pauseCampaign(tx, userId, { id }));

  const campaign = () => getCampaign(db, userId, { id }, env.caps.messagesPerDay);
  const failures = () => readFailures(db, userId, { id });
  const figures = async () => {
    let csv = "";
    for await (const piece of exportCampaign(db, userId, id)) csv += piece;
    const rows = await db.select().from(messages).where(eq(messages.campaignId, id)).orderBy(messages.id);
    const lives = await Promise.all(rows.map((row) => readTimeline(db, userId, { id, messageId: row.id })));
    return {
      campaign: await campaign(),
      results: await readResults(db, userId, { id }),
      reasons: (await failures()).map(({ status, code, count }) => ({ status, code, count })),
      lives: lives.map(({ moments }) => moments.map(({ kind, at }) => ({ kind, at }))),
      csv,
      wallet: await readWallet(db, userId),
    };
  };
  const before = await figures();
  expect(before).toMatchObject({ campaign: { pointsCharged: 4 }, results: { replied: 2, optedOut: 1 } });
  expect(await failures()).toMatchObject([{ code: "479", able: 1 }]);
  const kept = [
    "campaign delivered 11",
    "campaign failed 11",
    "campaign queued 10",
    "campaign queued 10",
    "campaign read 11",
    "opt_out sent 11",
    "test sent 11",
    "inbound 2",
  ];
  expect(await texts()).toEqual(kept);
  await wipeAfter("13 days 23 hours");
  expect(await texts()).toEqual(kept);

  await wipeAfter("14 days 1 minute");
  expect(await texts()).toEqual([
    "campaign delivered 00",
    "campaign failed 00",
    // What is still to be sent is needed.
    "campaign queued 10",
    "campaign queued 10",
    "campaign read 00",
    "opt_out sent 00",
    "test sent 00",
    "inbound 0",
  ]);
  expect(await figures()).toEqual(before);
  expect(await failures()).toMatchObject([{ code: "479", able: 0 }]);
  await expect(db.transaction((tx) => retryFailed(tx, userId, { id }))).rejects.toMatchObject({
    code: "nothing_to_retry",
  });

  await db.transaction((tx) => cancelCampaign(tx, userId, { id }));
  await wipeAfter("14 days 1 minute");
  expect((await texts()).filter((row) => !row.endsWith("00"))).toEqual(["inbound 0"]);
  expect(await readViolations(db)).toEqual([]);
});
