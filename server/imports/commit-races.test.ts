import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type Connection, connect, type Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { campaigns, messages } from "#db/schema/index.ts";
import { useDatabase } from "#tests/database.ts";
import {
  createHeldSession,
  createRunningCampaign,
  createUser,
  readViolations,
  readWallet,
  testEnv,
} from "#tests/factories.ts";
import { during } from "#tests/races.ts";
import { retryFailed } from "../campaigns/run/retry.ts";
import { confirmWrite } from "../messages/before-write.ts";
import { type ClaimedMessage, claimNext } from "../messages/claim.ts";
import { applyFacts } from "../messages/facts.ts";
import type { Fact } from "../messages/rules.ts";
import { settleSilence } from "../messages/silence.ts";
import { lockPairs } from "../opt-outs/known-identities.ts";
import { commitUpload } from "./commit.ts";
import { mapColumns } from "./map.ts";
import { stageImport } from "./stage.ts";

const url = useDatabase();
let connection: Connection;
let db: Db;
let userId: Id<"user">;
let session: Awaited<ReturnType<typeof createHeldSession>>;
const env = () => testEnv(url());
beforeAll(() => {
  connection = connect(url(), { max: 8 });
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

const start = (recipients: number) => createRunningCampaign(db, env(), userId, session.sessionId, recipients);
const claim = () => claimNext(db, session, { caps: env().caps, ackTimeoutMs: 30_000, chance: 0 });
async function claimed(): Promise<ClaimedMessage> {
  const next = await claim();
  if (next.type !== "send") throw new Error(`expected a message, got ${next.type}`);
  return next.messages[0];
}
const answer = (on: Db, { waMsgId }: ClaimedMessage, fact: Fact) =>
  applyFacts(on, { waSessionId: session.sessionId, facts: [{ waMsgId, fact }] });
const rowsOf = async (id: Id<"campaign">) =>
  (await db.select().from(messages).where(eq(messages.campaignId, id)).orderBy(messages.id)).map(
    ({ status, errorCode }) => [status, errorCode],
  );
const lockCampaign = (tx: Db, id: Id<"campaign">) =>
  tx.select().from(campaigns).where(eq(campaigns.id, id)).for("no key update");

/** A file with these lines under the usual header, up to its decision. */
async function staged(lines: string): Promise<Id<"import">> {
  const bytes = Buffer.from(`name,phone_e164,consent,opted_out\n${lines}`);
  const { id } = await stageImport(db, env(), userId, { fileName: "people.csv", bytes });
  const mapping = { name: 0, phone: 1, consent: 2, optedOut: 3, attributes: [] };
  await mapColumns(db, env(), userId, { importId: id, mapping });
  return id;
}
const commit = (on: Db, importId: Id<"import">) =>
  commitUpload(on, env(), userId, { importId, consentStatement: "They told us on the phone." });

test.each([
  ["no_consent", "no", ""],
  ["opted_out", "yes", "yes"],
] as const)(
  "what failed to somebody and is tried again while a file says %s of them is not written, whichever comes first",
  async (reason, consent, optedOut) => {
    /** A campaign that ended with a failure, and the file. */
    async function scene() {
      const { id, phones } = await start(1);
      await answer(db, await claimed(), { type: "nack", code: 479 });
      const importId = await staged(`Ayu,${phones[0]},${consent},${optedOut}\n`);
      return { id, importId, retry: () => db.transaction((tx) => retryFailed(tx, userId, { id })) };
    }
    const first = await scene();
    await commit(db, first.importId);
    await expect(first.retry()).rejects.toMatchObject({ code: "nothing_to_retry" });

    const second = await scene();
    await second.retry();
    await commit(db, second.importId);
    expect(await rowsOf(second.id)).toEqual([["skipped", reason]]);

    // The retry looks before the file is in, and the file when nothing is queued yet.
    const third = await scene();
    await during(db, (tx) => commit(tx, third.importId), third.retry);
    expect(await rowsOf(third.id)).toEqual([["queued", null]]);
    const next = await claim();
    if (next.type === "send") expect(await confirmWrite(db, session, next.messages[0], Buffer.from("x"))).toBe(false);
    expect(await rowsOf(third.id)).toEqual([["skipped", reason]]);
    expect(await readWallet(db, userId)).toEqual({ balance: 400, held: 0 });
  },
);

test("a file that opts out and takes agreements back waits in no circle with an answer to a campaign that has ended", async () => {
  const ended = await start(1);
  const message = await claimed();
  await db.update(messages).set({ sendingAt: sql`now() - interval '2 days'` }).where(eq(messages.id, message.id));
  await settleSilence(db);
  const running = await start(1);
  const importId = await staged(`Ayu,${running.phones[0]},yes,yes\nBima,${ended.phones[0]},no,\n`);
  // The answer has the campaign, and comes to the wallet when the file has been there.
  await during(
    db,
    (tx) => lockCampaign(tx, ended.id),
    () => commit(db, importId),
    (tx) => answer(tx, message, { type: "ack" }),
  );
  expect([await rowsOf(ended.id), await rowsOf(running.id)]).toEqual([[["sent", null]], [["skipped", "opted_out"]]]);
  expect(await readWallet(db, userId)).toEqual({ balance: 398, held: 0 });
});

test("a file that opts out waits in no circle with who learns that two identities are one person", async () => {
  const { id, phones } = await start(1);
  const importId = await staged(`Ayu,${phones[0]},yes,yes\n`);
  await during(
    db,
    (tx) => lockPairs(tx, userId),
    () => commit(db, importId),
    (tx) => lockCampaign(tx, id),
  );
  expect(await rowsOf(id)).toEqual([["skipped", "opted_out"]]);
});
