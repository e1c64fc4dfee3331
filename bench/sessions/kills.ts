import { setTimeout as sleep } from "node:timers/promises";
import { eq } from "drizzle-orm";
import type { Connection } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { waSessions } from "#db/schema/index.ts";
import { wholeList } from "#server/campaigns/draft/audience.ts";
import { createCampaign } from "#server/campaigns/draft/draft.ts";
import { startCampaign } from "#server/campaigns/run/start.ts";
import type { Env } from "#server/env.ts";
import { createList, topUp } from "#tests/factories.ts";
import { type BuiltWorker, until } from "./fleet.ts";
import type { LinkedSession } from "./linking.ts";

const RECIPIENTS = 200;
/** So many are accepted between two kills; then it comes at any moment of the next second, or of the lease. */
const BETWEEN = 2;
const LEASE_RHYTHM_MS = 5_000;

export interface Kill {
  /** From SIGKILL of the owner until WhatsApp's acceptance of a message is in the database. */
  seconds: number;
  /** Until that of a message which was not yet on its way. */
  secondsToNew: number;
}

/**
 * A campaign with a second between its messages, on one session and two workers. Its owner is killed again and again; the
 * other goes on, and another takes the dead one's place after that.
 */
export async function killOwners(
  { db, sql }: Connection,
  env: Env,
  start: () => BuiltWorker,
  session: LinkedSession,
  kills: number,
): Promise<Kill[]> {
  const workers = new Set([start(), start()]);
  try {
    const campaignId = await startSlowCampaign(db, env, session);
    const ownerOf = async () => {
      const [row] = await db.select({ id: waSessions.ownerId }).from(waSessions).where(eq(waSessions.id, session.id));
      for (const worker of workers) if ((await worker.id) === row?.id) return worker;
      return undefined;
    };
    const acceptedSince = async (at: Date) => {
      const [row] = await sql<{ n: number; first: Date | null; firstNew: Date | null }[]>`
        select count(*)::int as n, min(sent_at) as first, min(sent_at) filter (where sending_at > ${at}) as "firstNew"
          from messages where campaign_id = ${campaignId} and sent_at > ${at}`;
      return row;
    };
    const seen: Kill[] = [];
    for (let n = 0; n < kills; n += 1) {
      const calm = new Date();
      await until("the campaign to go on", async () => ((await acceptedSince(calm))?.n ?? 0) >= BETWEEN);
      await sleep(Math.random() * LEASE_RHYTHM_MS);
      const owner = await ownerOf();
      if (!owner) throw new Error("nobody owns the session");
      const killed = new Date();
      await owner.end("SIGKILL");
      workers.delete(owner);
      let found: { first: Date; firstNew: Date } | undefined;
      await until("the next message", async () => {
        const row = await acceptedSince(killed);
        if (row?.first && row.firstNew) found = { first: row.first, firstNew: row.firstNew };
        return found !== undefined;
      });
      if (!found) throw new Error("no message was accepted");
      const since = (at: Date) => (at.getTime() - killed.getTime()) / 1_000;
      seen.push({ seconds: since(found.first), secondsToNew: since(found.firstNew) });
      workers.add(start());
    }
    return seen;
  } finally {
    await Promise.all([...workers].map((worker) => worker.end("SIGTERM")));
  }
}

async function startSlowCampaign(db: Connection["db"], env: Env, session: LinkedSession): Promise<Id<"campaign">> {
  await topUp(db, session.userId, RECIPIENTS * 2);
  const list = await createList(db, session.userId, RECIPIENTS);
  const { id } = await createCampaign(db, session.userId, {
    name: "Slow",
    ...wholeList(list.id),
    waSessionId: session.id,
    templateText: "Hello {{name}} of {{class}}",
    throttleMinSeconds: 1,
    throttleMaxSeconds: 1,
  });
  await db.transaction((tx) => startCampaign(tx, env, session.userId, { id, recipients: null }));
  return id;
}
