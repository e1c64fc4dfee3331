import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect } from "#db/client.ts";
import { campaigns, messages, waSessions } from "#db/schema/index.ts";
import { useDatabase } from "#tests/database.ts";
import { createHeldSession, createRunningCampaign, createUser, readViolations, testEnv } from "#tests/factories.ts";
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
  const [message] = await db.select().from(messages).where(eq(messages.id, claim.message.id));
  expect(message).toMatchObject({ status: "unknown", encoded: null });
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
