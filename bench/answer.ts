import { eq, sql } from "drizzle-orm";
import { connect, type Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { autoRules, autoSettings, messages, waSessions } from "#db/schema/index.ts";
import type { BenchResult } from "#scripts/bench.ts";
import { spawnSimulator } from "#simulator/client.ts";
import { newPhone, readViolations, testEnv } from "#tests/factories.ts";
import { spawnWorker } from "#tests/processes.ts";
import { againstLimit } from "./limits/result.ts";
import { linkProduct } from "./send/product.ts";
import { until } from "./send/until.ts";

const RULES = 100;
const PEOPLE = 100;
/** Not counted: caches are cold. */
const FIRST = 5;
const LIMIT_MS = 1_000;

/**
 * One message by itself: from the moment somebody writes it on their phone until WhatsApp has accepted the automatic answer
 * and Postgres knows. Each is of a person who was never written to, whose keys are asked for first, and fits the last of 100
 * rules. The worker is a process of its own, as in production. p95 against its limit.
 */
export async function run(): Promise<BenchResult> {
  const url = process.env.DATABASE_URL;
  if (!url) throw new Error("The bench runs on a database: set DATABASE_URL.");
  const simulator = await spawnSimulator();
  const connection = connect(url, { name: "bench" });
  const { db } = connection;
  const env = testEnv(url, { SIMULATOR_URL: simulator.url });
  const worker = spawnWorker(url, simulator.url, { LOG_LEVEL: "warn" });
  try {
    const [sender] = await linkProduct(connection, simulator.client, env, 1);
    if (!sender) throw new Error("no phone was linked");
    const [session] = await db.select().from(waSessions).where(eq(waSessions.id, sender.sessionId));
    const phone = session?.phone ?? "";
    await simulator.client.setDelays(phone, { ackMs: 0 });
    await makeRules(db, sender.userId);
    const times: number[] = [];
    for (let n = 0; n < FIRST + PEOPLE; n += 1) {
      const person = newPhone();
      const writtenAt = Date.now();
      await simulator.client.write(person, phone, `Good morning, what about word${RULES - 1}, please? (${n})`);
      const acked = () =>
        db
          .select({ at: messages.sentAt })
          .from(messages)
          .where(eq(messages.recipientKey, `pn:${person}`));
      await until("the answer", async () => Boolean((await acked())[0]?.at));
      // The time is read from the row, however often it is looked at.
      const [row] = await acked();
      if (n >= FIRST) times.push((row?.at?.getTime() ?? Number.NaN) - writtenAt);
    }
    const broken = await readViolations(db);
    if (broken.length > 0) throw new Error(`the ledger is broken: ${JSON.stringify(broken)}`);
    return againstLimit(`an automatic answer, with ${RULES} rules`, times, LIMIT_MS);
  } finally {
    worker.kill("SIGTERM");
    await worker.exited;
    await connection.close();
    await simulator.stop();
  }
}

/** Rules of all kinds, of which the last fits. */
async function makeRules(db: Db, userId: Id<"user">): Promise<void> {
  const kinds = ["contains", "exact", "starts_with", "regex", "keyword"] as const;
  await db.insert(autoSettings).values({ userId, maxPerMinute: 100_000 });
  await db.insert(autoRules).values(
    Array.from({ length: RULES }, (_, n) => {
      const match = kinds[n % kinds.length] ?? "keyword";
      return {
        id: newId("autoRule"),
        userId,
        name: `Rule ${n}`,
        position: n,
        match,
        patterns: match === "regex" ? [`\\bword${n}\\b.*\\d{9}`] : [`word${n}`, `another${n}`],
        responses: [{ text: `Hi {{name|there}}, this is answer ${n}.`, mediaId: null }],
        enabledAt: sql`now() - interval '1 hour'`,
      };
    }),
  );
}
