import { connect } from "#db/client.ts";
import type { BenchResult } from "#scripts/bench.ts";
import { wholeList } from "#server/campaigns/draft/audience.ts";
import { createCampaign } from "#server/campaigns/draft/draft.ts";
import { startCampaign } from "#server/campaigns/run/start.ts";
import { withUser } from "#server/users/with-user.ts";
import { createHeldSession, createList, createUser, testEnv, topUp } from "#tests/factories.ts";
import { againstLimit } from "./limits/result.ts";

const RECIPIENTS = 200;
const ROUNDS = 40;
const LIMIT_MS = 300;

/**
 * The start of a campaign of 200 as the web process does it, behind row-level security: everyone judged again, texts filled
 * in, rows written, points held, pump booked, committed. p95 against its limit.
 */
export async function run(): Promise<BenchResult> {
  const url = process.env.DATABASE_URL;
  if (!url) throw new Error("The bench runs on a database: set DATABASE_URL.");
  const connection = connect(url, { name: "bench" });
  try {
    const { db } = connection;
    const env = testEnv(url);
    const times: number[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const userId = await createUser(db);
      const { sessionId } = await createHeldSession(db, userId);
      const list = await createList(db, userId, RECIPIENTS);
      await topUp(db, userId, RECIPIENTS * 2);
      const { id } = await createCampaign(db, userId, {
        name: "Bench",
        ...wholeList(list.id),
        waSessionId: sessionId,
        templateText: "Hello {{name}} of {{class}}",
        throttleMinSeconds: 2,
        throttleMaxSeconds: 5,
      });
      const started = performance.now();
      await withUser(db, userId, (tx) => startCampaign(tx, env, userId, { id, recipients: RECIPIENTS }));
      // The first is not counted: compilers and caches are cold.
      if (round > 0) times.push(performance.now() - started);
    }
    return againstLimit(`start of ${RECIPIENTS} recipients`, times, LIMIT_MS);
  } finally {
    await connection.close();
  }
}
