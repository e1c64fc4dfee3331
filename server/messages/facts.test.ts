import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Connection, connect, type Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { messages } from "#db/schema/index.ts";
import { useDatabase } from "#tests/database.ts";
import {
  createHeldSession,
  createRunningCampaign,
  createUser,
  readViolations,
  readWallet,
  testEnv,
} from "#tests/factories.ts";
import { confirmWrite } from "./before-write.ts";
import { type ClaimedMessage, claimNext } from "./claim.ts";
import { applyFacts } from "./facts.ts";
import type { Fact } from "./rules.ts";

const url = useDatabase();
let connection: Connection;
let db: Db;
let userId: Id<"user">;
let session: Awaited<ReturnType<typeof createHeldSession>>;
beforeAll(() => {
  connection = connect(url());
  db = connection.db;
});
afterAll(() => connection.close());
beforeEach(async () => {
  userId = await createUser(db);
  session = await createHeldSession(db, userId);
  await createRunningCampaign(db, testEnv(url()), userId, session.sessionId, 1);
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
