import { fileURLToPath } from "node:url";
import { connect } from "#db/client.ts";
import type { BenchResult } from "#scripts/bench.ts";
import { buildProcesses } from "#scripts/prepare/processes.mjs";
import { spawnSimulator } from "#simulator/client.ts";
import { readViolations, testEnv } from "#tests/factories.ts";
import { spawnWorker } from "#tests/processes.ts";
import { bareLoop, linkBare } from "./send/bare.ts";
import { linkProduct, sendCampaigns } from "./send/product.ts";

const RECIPIENTS = 200;
const SESSIONS = [1, 4] as const;
/** Until the engine has compiled what is used often, in all three. */
const WARM_UP = 3;
const ROUNDS = 9;
const MIN_RATIO = 0.9;

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Messages acked per second to 200 fresh recipients for each phone with no throttle: campaigns of the product (claimed,
 * charged and recorded in Postgres, keys encrypted there too), beside two bare loops with keys in memory, plain and prepared
 * in bulk the same way, on the same local WhatsApp in the same run; with one phone and with four. The better loop counts.
 */
export async function run(): Promise<BenchResult> {
  const url = process.env.DATABASE_URL;
  if (!url) throw new Error("The bench runs on a database: set DATABASE_URL.");
  // As in the worker.
  process.setSourceMapsEnabled(false);
  await buildProcesses(root);
  const simulator = await spawnSimulator();
  const connection = connect(url, { name: "bench" });
  const env = testEnv(url, { SIMULATOR_URL: simulator.url, DAILY_CAP: "100000", SESSION_CAP: "10" });
  // Built and in a process of its own, as in production: the bare loops have this one for themselves.
  const settings = { DAILY_CAP: "100000", LOG_LEVEL: "warn" };
  const worker = spawnWorker(url, simulator.url, settings, [`${root}build/processes/worker.js`]);
  try {
    const most = Math.max(...SESSIONS);
    const bare = await linkBare(simulator.client, most);
    const product = await linkProduct(connection, simulator.client, env, most);
    const figures = [];
    for (const sessions of SESSIONS) {
      const rates = { ours: [] as number[], plain: [] as number[], prepared: [] as number[] };
      // In turns, so that a busy moment of the machine hits all alike.
      for (let round = 1; round <= WARM_UP + ROUNDS; round += 1) {
        const plain = await bareLoop(bare.slice(0, sessions), "plain", RECIPIENTS);
        const prepared = await bareLoop(bare.slice(0, sessions), "prepared", RECIPIENTS);
        const ours = await sendCampaigns(connection, env, product.slice(0, sessions), RECIPIENTS);
        if (round <= WARM_UP) continue;
        rates.plain.push(plain);
        rates.prepared.push(prepared);
        rates.ours.push(ours);
      }
      const [ours, plain, prepared] = [median(rates.ours), median(rates.plain), median(rates.prepared)];
      figures.push({ sessions, ours, plain, prepared, ratio: ours / Math.max(plain, prepared) });
    }
    const broken = await readViolations(connection.db);
    if (broken.length > 0) throw new Error(`the ledger is broken: ${JSON.stringify(broken)}`);
    for (const { sock } of bare) await sock.end(undefined);
    const worst = figures.toSorted((a, b) => a.ratio - b.ratio)[0];
    if (!worst) throw new Error("nothing was measured");
    return {
      name: `send, ${worst.sessions} phones`,
      unit: "msgs/s",
      ours: Math.round(worst.ours),
      peer: Math.round(Math.max(worst.plain, worst.prepared)),
      ratio: Number(worst.ratio.toFixed(2)),
      ok: worst.ratio >= MIN_RATIO,
      rows: figures.map(({ sessions, ours, plain, prepared, ratio }) => ({
        phones: sessions,
        "campaigns, msgs/s": Math.round(ours),
        "bare loop, msgs/s": Math.round(plain),
        "prepared loop, msgs/s": Math.round(prepared),
        ratio: ratio.toFixed(2),
        target: `>= ${MIN_RATIO}`,
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
