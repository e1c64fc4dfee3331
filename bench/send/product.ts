import { eq, inArray, sql } from "drizzle-orm";
import type { Connection } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { campaigns, messages, waSessions } from "#db/schema/index.ts";
import type { Env } from "#server/env.ts";
import { createSession } from "#server/wa/link.ts";
import type { SimulatorClient } from "#simulator/client.ts";
import { createRunningCampaign, createUser, newPhone, topUp } from "#tests/factories.ts";
import { until } from "./until.ts";

/** A user of the product with one linked phone. */
export interface Sender {
  userId: Id<"user">;
  sessionId: Id<"waSession">;
}

/** Links phones as people do, by the code that the worker brings. */
export async function linkProduct(
  { db }: Connection,
  simulator: SimulatorClient,
  env: Env,
  sessions: number,
): Promise<Sender[]> {
  const senders: Sender[] = [];
  for (let i = 0; i < sessions; i += 1) {
    const userId = await createUser(db, `${newId("user")}@bench.example`);
    const phone = newPhone();
    await simulator.openAccount(phone, "Bench");
    const { id: sessionId } = await db.transaction((tx) => createSession(tx, userId, env));
    const row = async () => (await db.select().from(waSessions).where(eq(waSessions.id, sessionId)))[0];
    await until("a QR code", async () => Boolean((await row())?.qr));
    await simulator.scan(phone, (await row())?.qr ?? "");
    await until("the phone to be linked", async () => (await row())?.status === "linked");
    senders.push({ userId, sessionId });
  }
  return senders;
}

/**
 * A campaign from each phone, all at once.
 * @returns messages a second, from the first claim to the last message that is accepted and charged, by the database's clock; what
 * a start takes is for `bench/start.ts` to tell
 */
export async function sendCampaigns(
  { db }: Connection,
  env: Env,
  senders: readonly Sender[],
  recipients: number,
): Promise<number> {
  for (const { userId } of senders) await topUp(db, userId, recipients * 2);
  const started = await Promise.all(
    senders.map(({ userId, sessionId }) => createRunningCampaign(db, env, userId, sessionId, recipients)),
  );
  const ids = started.map(({ id }) => id);
  await until(
    "the campaigns' end",
    async () =>
      (await db.select().from(campaigns).where(inArray(campaigns.id, ids))).every(
        ({ status }) => status === "completed",
      ),
    // The time is read from the rows afterwards: looking often would only slow the database down.
    100,
  );
  const [took] = await db
    .select({
      ms: sql<number>`(extract(epoch from max(${messages.sentAt}) - min(${messages.sendingAt})) * 1000)::float8`,
    })
    .from(messages)
    .where(inArray(messages.campaignId, ids));
  return (senders.length * recipients * 1_000) / (took?.ms ?? Number.NaN);
}
