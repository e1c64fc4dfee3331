import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { createApiClient, openAccount } from "#scripts/api-client.ts";
import type { BenchResult } from "#scripts/bench.ts";
import { createLog } from "#server/log.ts";
import { applyFacts } from "#server/messages/facts.ts";
import { createHeldSession, createRunningCampaign, PASSWORD } from "#tests/factories.ts";
import { startWeb } from "#tests/web.ts";
import { createAnnounce } from "#worker/announce.ts";
import { againstLimit } from "./limits/result.ts";

const CLIENTS = 200;
const ACKS = 40;
/** Longer than announcements of one campaign are apart: each ack is by itself. */
const APART_MS = 400;
const LIMIT_MS = 150;
const PATIENCE_MS = 30_000;

/**
 * One ack by itself: from its commit until each of 200 open screens has the event, over HTTP and server-sent events as a
 * browser reads them. All screens are read by the process that serves them, so this is more than a browser waits. p95
 * against its limit.
 */
export async function run(): Promise<BenchResult> {
  const url = process.env.DATABASE_URL;
  if (!url) throw new Error("The bench runs on a database: set DATABASE_URL.");
  const web = await startWeb(url, { LOG_LEVEL: "warn" });
  const { db } = web.connection;
  const news = createAnnounce(web.connection.sql, createLog("worker", web.env));
  try {
    const account = { email: "bench@example.org", password: PASSWORD, tz: "Asia/Jakarta" };
    const api = createApiClient(web.origin, await openAccount(web.origin, account));
    const user = await api.auth.me.query();
    if (!user) throw new Error("not signed in");
    const { sessionId } = await createHeldSession(db, user.id);
    const { id } = await createRunningCampaign(db, web.env, user.id, sessionId, ACKS);
    const rows = await db.execute<{ waMsgId: string }>(sql`
      update messages set status = 'sending', sending_at = now() where campaign_id = ${id} returning wa_msg_id as "waMsgId"`);

    let heard: number[] = [];
    const streams = Array.from({ length: CLIENTS }, () =>
      api.live.events.subscribe(undefined, {
        onData: (event) => {
          if (event.topic === "campaign") heard.push(performance.now());
        },
      }),
    );
    await until(() => web.live.clients() >= CLIENTS);
    await sleep(APART_MS);
    const waits: number[] = [];
    for (const { waMsgId } of rows) {
      heard = [];
      await applyFacts(db, { waSessionId: sessionId, facts: [{ waMsgId, fact: { type: "ack" } }] });
      const committed = performance.now();
      news.announce(user.id, "campaign", id);
      await until(() => heard.length >= CLIENTS);
      waits.push(...heard.map((at) => at - committed));
      await sleep(APART_MS);
    }
    for (const stream of streams) stream.unsubscribe();
    return againstLimit(`an ack on ${CLIENTS} screens`, waits, LIMIT_MS);
  } finally {
    news.stop();
    await web.stop();
  }
}

async function until(look: () => boolean): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !look(); await sleep(1)) {
    if (Date.now() > end) throw new Error("waited in vain for the screens");
  }
}
