import { readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { migrate } from "#db/migrate.ts";
import { makeTemplate } from "#tests/postgres.ts";
import { startEmbeddedPostgres } from "./embedded-postgres.ts";

/** What `bench/NAME.ts` answers from `run()`. It finds a migrated, empty database of its own in DATABASE_URL. */
export interface BenchResult {
  name: string;
  unit: string;
  ours: number;
  /** The peer, or the limit, measured in the same run. */
  peer: number;
  ratio: number;
  /** A table for people. */
  rows?: Record<string, string | number>[];
  /** False when the target is missed: the exit code is then 1. */
  ok?: boolean;
}

const folder = fileURLToPath(new URL("../bench/", import.meta.url));
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -3));

/** Postgres that DATABASE_URL names, or a private one with the settings of production. */
async function openServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  if (process.env.DATABASE_URL) return { url: process.env.DATABASE_URL, stop: async () => {} };
  const dataDir = await mkdtemp(join(tmpdir(), "mass-sender-bench-"));
  const server = await startEmbeddedPostgres({ dataDir: join(dataDir, "postgres"), database: "bench" });
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function main(name: string): Promise<void> {
  const server = await openServer();
  try {
    const database = await makeTemplate(server.url, migrate);
    try {
      process.env.DATABASE_URL = database.url;
      const bench: { run(): Promise<BenchResult> } = await import(`../bench/${name}.ts`);
      const { rows = [], ok = true, ...result } = await bench.run();
      if (rows.length > 0) console.table(rows);
      console.log(ok ? "The target is met." : "The target is missed.");
      console.log(JSON.stringify(result));
      if (!ok) process.exitCode = 1;
    } finally {
      await database.drop();
    }
  } finally {
    await server.stop();
  }
}

const name = process.argv[2];
if (name && names.includes(name)) await main(name);
else {
  console.error(`Say which: npm run bench -- NAME, one of: ${names.join(", ")}.`);
  process.exitCode = 1;
}
