import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect } from "#db/client.ts";
import { campaigns, messages, waSessions } from "#db/schema/index.ts";
import { useDatabase } from "#tests/database.ts";
import {
  createHeldSession,
  createList,
  createRunningCampaign,
  createUser,
  newPhone,
  readViolations,
  testEnv,
} from "#tests/factories.ts";
import { createCampaign } from "../campaigns/draft/draft.ts";
import { scheduleCampaign } from "../campaigns/schedule/schedule.ts";
import { sendTest } from "../campaigns/trial/test-send.ts";
import { claimNext } from "../messages/claim.ts";
import { liftEndedRestrictions, reportReachout } from "./limits.ts";
import { reportLinked } from "./report.ts";

const url = useDatabase();
let connection: Connection;
beforeAll(() => {
  connection = connect(url());
});
afterAll(() => connection.close());

test("after a new link nothing of the old one goes on by itself, and what was on its way is not called unsent", async () => {
  const { db } = connection;
  const env = testEnv(url());
  const userId = await createUser(db);
  const session = await createHeldSession(db, userId);
  const { id } = await createRunningCampaign(db, env, userId, session.sessionId, 2);
  const claim = await claimNext(db, session, { caps: env.caps, ackTimeoutMs: 30_000, chance: 0 });
  if (claim.type !== "send") throw new Error("nothing was claimed");
  await db.update(waSessions).set({ status: "waiting" }).where(eq(waSessions.id, session.sessionId));

  await reportLinked(db, { ...session, userId }, { phone: session.phone, lid: null, pushName: null });

  const [campaign] = await db.select().from(campaigns).where(eq(campaigns.id, id));
  expect(campaign).toMatchObject({ status: "paused", pauseReason: "logged_out", holdOpen: 4 });
  const [message] = await db.select().from(messages).where(eq(messages.id, claim.messages[0].id));
  expect(message).toMatchObject({ status: "unknown", encoded: null });
  expect(await readViolations(db)).toEqual([]);
});

test("when another phone takes its place nothing starts from that by itself, and no test goes to the number before", async () => {
  const { db } = connection;
  const env = testEnv(url());
  const userId = await createUser(db);
  const session = await createHeldSession(db, userId);
  const list = await createList(db, userId, 1);
  const draft = { listIds: [list.id], waSessionId: session.sessionId, name: "Reminder", templateText: "Hello" };
  const { id } = await createCampaign(db, userId, draft);
  const wall = new Date(Date.now() + 86_400_000).toISOString().slice(0, 16);
  await scheduleCampaign(db, env, userId, { id, recipients: 1, wall, tz: "UTC" });
  const test = await sendTest(db, env, userId, { id });
  const link = async (phone: string) => {
    await db.update(waSessions).set({ status: "waiting" }).where(eq(waSessions.id, session.sessionId));
    await reportLinked(db, { ...session, userId }, { phone, lid: null, pushName: null });
    const [campaign] = await db.select().from(campaigns).where(eq(campaigns.id, id));
    const [message] = await db.select().from(messages).where(eq(messages.id, test.id));
    return { campaign: campaign?.status, test: message?.status };
  };
  expect(await link(session.phone)).toEqual({ campaign: "scheduled", test: "queued" });
  expect(await link(newPhone())).toEqual({ campaign: "draft", test: "skipped" });
  expect(await readViolations(db)).toEqual([]);
});

test("a restriction that WhatsApp holds to, with an end that has passed, is not lifted by the clock", async () => {
  const { db } = connection;
  const userId = await createUser(db);
  const session = await createHeldSession(db, userId);
  await reportReachout(db, { ...session, userId }, { active: true, until: new Date(Date.now() - 1_000) });
  await liftEndedRestrictions(db);
  const [row] = await db.select().from(waSessions).where(eq(waSessions.id, session.sessionId));
  expect(row).toMatchObject({ status: "restricted", statusReason: "reachout" });
});
