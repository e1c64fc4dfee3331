import { eq, sql } from "drizzle-orm";
import { type Connection, connect } from "#db/client.ts";
import { newId } from "#db/ids.ts";
import { campaigns, messages, waSessions } from "#db/schema/index.ts";
import type { BenchResult } from "#scripts/bench.ts";
import { createSession } from "#server/wa/link.ts";
import { type SimulatorClient, spawnSimulator } from "#simulator/client.ts";
import { type BaileysClient, link } from "#simulator/tests/baileys.ts";
import { createRunningCampaign, createUser, newPhone, readViolations, testEnv, topUp } from "#tests/factories.ts";
import { spawnWorker } from "#tests/processes.ts";

const RECIPIENTS = 200;
const ROUNDS = 5;
const MIN_RATIO = 0.8;
const PATIENCE_MS = 120_000;

/**
 * Messages acked per second to 200 fresh recipients with no throttle: a campaign of the product (claimed, charged and
 * recorded in Postgres, its keys encrypted there too), beside a bare `sock.sendMessage` loop with keys in memory, on the
 * same local WhatsApp in the same run.
 */
export async function run(): Promise<BenchResult> {
  const url = process.env.DATABASE_URL;
  if (!url) throw new Error("The bench runs on a database: set DATABASE_URL.");
  // As in the worker.
  process.setSourceMapsEnabled(false);
  const simulator = await spawnSimulator();
  const connection = connect(url, { name: "bench" });
  const env = testEnv(url, { SIMULATOR_URL: simulator.url, DAILY_CAP: "100000" });
  // A process of its own, as in production: the bare loop has this one for itself.
  const worker = spawnWorker(url, simulator.url, { DAILY_CAP: "100000", LOG_LEVEL: "warn" });
  try {
    const bare = await link(simulator.client, newPhone());
    const product = await linkProduct(connection, simulator.client, env);
    const ours: number[] = [];
    const peer: number[] = [];
    // One round of each is not counted: compilers and caches are cold.
    await bareLoop(bare);
    await topUp(connection.db, product.userId, RECIPIENTS * 2);
    await campaign(connection, env, product);
    // In turns, so that a busy moment of the machine hits both alike.
    for (let round = 0; round < ROUNDS; round += 1) {
      peer.push(await bareLoop(bare));
      await topUp(connection.db, product.userId, RECIPIENTS * 2);
      ours.push(await campaign(connection, env, product));
    }
    const broken = await readViolations(connection.db);
    if (broken.length > 0) throw new Error(`the ledger is broken: ${JSON.stringify(broken)}`);
    await bare.sock.end(undefined);
    const ratio = median(ours) / median(peer);
    return {
      name: "send",
      unit: "msgs/s",
      ours: Math.round(median(ours)),
      peer: Math.round(median(peer)),
      ratio: Number(ratio.toFixed(2)),
      ok: ratio >= MIN_RATIO,
      rows: ours.map((rate, i) => ({
        round: i + 1,
        "campaign, msgs/s": Math.round(rate),
        "bare loop, msgs/s": Math.round(peer[i] ?? 0),
      })),
    };
  } finally {
    worker.kill("SIGTERM");
    await worker.exited;
    await connection.close();
    await simulator.stop();
  }
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function until(what: string, look: () => Promise<boolean>, everyMs = 10): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !(await look()); ) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** From the first call to the last ack. */
async function bareLoop(client: BaileysClient): Promise<number> {
  const recipients = Array.from({ length: RECIPIENTS }, () => `${newPhone().slice(1)}@s.whatsapp.net`);
  const before = client.seen.acks.length;
  const started = performance.now();
  for (const jid of recipients) await client.sock.sendMessage(jid, { text: "Hello friend of 7B" });
  await until("the bare loop's acks", () => Promise.resolve(client.seen.acks.length - before >= RECIPIENTS));
  return (RECIPIENTS * 1_000) / (performance.now() - started);
}

async function linkProduct({ db }: Connection, simulator: SimulatorClient, env: ReturnType<typeof testEnv>) {
  const userId = await createUser(db, `${newId("user")}@bench.example`);
  const phone = newPhone();
  await simulator.openAccount(phone, "Bench");
  const { id: sessionId } = await db.transaction((tx) => createSession(tx, userId, env));
  const row = async () => (await db.select().from(waSessions).where(eq(waSessions.id, sessionId)))[0];
  await until("a QR code", async () => Boolean((await row())?.qr));
  await simulator.scan(phone, (await row())?.qr ?? "");
  await until("the phone to be linked", async () => (await row())?.status === "linked");
  return { userId, sessionId };
}

/** From the start of the campaign to the last message that is accepted and charged, by the database's own clock. */
async function campaign(
  { db }: Connection,
  env: ReturnType<typeof testEnv>,
  { userId, sessionId }: Awaited<ReturnType<typeof linkProduct>>,
): Promise<number> {
  const { id } = await createRunningCampaign(db, env, userId, sessionId, RECIPIENTS);
  await until(
    "the campaign's end",
    async () => (await db.select().from(campaigns).where(eq(campaigns.id, id)))[0]?.status === "completed",
    // The time is read from the rows afterwards: looking often would only slow the database down.
    100,
  );
  const [took] = await db
    .select({
      ms: sql<number>`(extract(epoch from max(${messages.sentAt}) - min(${campaigns.startedAt})) * 1000)::float8`,
    })
    .from(messages)
    .innerJoin(campaigns, eq(campaigns.id, messages.campaignId))
    .where(eq(messages.campaignId, id));
  return (RECIPIENTS * 1_000) / (took?.ms ?? Number.NaN);
}
