import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Connection, connect, type Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { campaigns, messages, waSessions } from "#db/schema/index.ts";
import { useDatabase } from "#tests/database.ts";
import { createHeldSession, createRunningCampaign, createUser, readViolations, testEnv } from "#tests/factories.ts";
import { backToQueue } from "./before-write.ts";
import { claimNext } from "./claim.ts";

const url = useDatabase();
let connection: Connection;
let db: Db;
let userId: Id<"user">;
type Session = Awaited<ReturnType<typeof createHeldSession>>;
let session: Session;
const env = () => testEnv(url(), { DAILY_CAP: "5" });
beforeAll(() => {
  connection = connect(url(), { max: 16 });
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

const claim = (by: Session) => claimNext(db, by, { caps: env().caps, ackTimeoutMs: 30_000, chance: 0 });
const start = (who: Id<"user">, by: Session, people: number) =>
  createRunningCampaign(db, env(), who, by.sessionId, people);
/** The same number, linked once more by somebody: another device of the same phone. */
async function linkAgain(who: Id<"user">): Promise<Session> {
  const again = { ...session, sessionId: newId("waSession"), workerId: newId("worker") };
  await db.insert(waSessions).values({
    id: again.sessionId,
    userId: who,
    network: "simulator",
    status: "linked",
    phone: session.phone,
    ownerId: again.workerId,
    epoch: again.epoch,
    leaseUntil: sql`now() + interval '1 hour'`,
  });
  return again;
}
async function takeAll(by: Session): Promise<number> {
  for (let taken = 0; ; taken += 1) if ((await claim(by)).type !== "send") return taken;
}

describe("the daily cap is of the number", () => {
  test("unlinking it and linking it again keeps the count", async () => {
    await start(userId, session, 8);
    expect(await takeAll(session)).toBe(5);
    await db.update(waSessions).set({ status: "removed" }).where(eq(waSessions.id, session.sessionId));
    const again = await linkAgain(userId);
    await start(userId, again, 8);
    expect(await takeAll(again)).toBe(0);
  });

  test("another account that links it has what is left of the day", async () => {
    await start(userId, session, 3);
    expect(await takeAll(session)).toBe(3);
    const other = await createUser(db);
    const theirs = await linkAgain(other);
    await start(other, theirs, 8);
    expect(await takeAll(theirs)).toBe(2);
  });

  test("two accounts that send from it at the same time pass it together, not each", async () => {
    const other = await createUser(db);
    const theirs = await linkAgain(other);
    await start(userId, session, 10);
    await start(other, theirs, 10);
    const claims = await Promise.all(
      Array.from({ length: 10 }, async (_, n) => takeAll(n % 2 === 0 ? session : theirs)),
    );
    expect(claims.reduce((sum, n) => sum + n, 0)).toBe(5);
  });

  test("what goes back to the queue while the next is claimed is not counted, and nobody waits for ever", async () => {
    await start(userId, session, 40);
    const high = testEnv(url(), { DAILY_CAP: "1000" });
    const claimOne = () => claimNext(db, session, { caps: high.caps, ackTimeoutMs: 30_000, chance: 0 });
    for (let n = 0; n < 12; n += 1) {
      const first = await claimOne();
      if (first.type !== "send") throw new Error(first.type);
      await Promise.all([backToQueue(db, session, first.messages[0]), claimOne()]);
    }
    const [count] = await db.execute<{ sending: number; counted: number }>(sql`
      select (select count(*)::int from messages where user_id = ${userId} and status = 'sending') as sending,
             (select day_sent from wa_numbers where phone = ${session.phone}) as counted`);
    expect(count?.counted).toBe(count?.sending);
    await db.update(messages).set({ status: "queued", sendingEpoch: null }).where(eq(messages.status, "sending"));
    await db.update(campaigns).set({ status: "paused" }).where(eq(campaigns.userId, userId));
  });
});
