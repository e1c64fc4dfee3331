import { setTimeout as sleep } from "node:timers/promises";
import type { Sql } from "#db/client.ts";
import { type BuiltWorker, countEvents } from "./fleet.ts";

/** Longer than a lease: what a restart or a death left behind is over. */
const SETTLE_MS = 20_000;
const WATCH_MS = 15_000;

/** What workers that have nothing to do cost. */
export interface Load {
  /** Of one core, all workers together. */
  cpuPercent: number;
  transactionsPerSecond: number;
}

export interface Shortage {
  before: Load;
  after: Load;
  /** Sessions without an owner while there is no room for them. */
  withoutOwner: number;
  /** How many each of the others holds. */
  held: number[];
  /** How often the others took or gave a session, or lost one, meanwhile. */
  moves: number;
}

/** How many sessions each living worker holds, by the leases in the database. */
export async function readHeld(sql: Sql): Promise<{ held: number[]; withoutOwner: number }> {
  const rows = await sql<{ owner: string | null; n: number }[]>`
    select case when lease_until > now() then owner_id end as owner, count(*)::int as n from wa_sessions
     where status in ('linked', 'reconnecting') group by 1 order by n`;
  return {
    held: rows.filter(({ owner }) => owner !== null).map(({ n }) => n),
    withoutOwner: rows.find(({ owner }) => owner === null)?.n ?? 0,
  };
}

/** Ends one worker of a full house for good: nobody has room for its sessions, and nobody may get hot over it. */
export async function watchShortage(sql: Sql, workers: BuiltWorker[]): Promise<Shortage> {
  await sleep(SETTLE_MS);
  const before = await watchLoad(sql, workers);
  const [leaver, ...others] = workers;
  await leaver?.end("SIGTERM");
  await sleep(SETTLE_MS);
  const moved = countMoves(others);
  const after = await watchLoad(sql, others);
  return { before, after, ...(await readHeld(sql)), moves: countMoves(others) - moved };
}

function countMoves(workers: readonly BuiltWorker[]): number {
  const events = countEvents(workers);
  return ["lease.acquired", "lease.given", "lease.lost", "session.closed"].reduce(
    (n, name) => n + (events[name] ?? 0),
    0,
  );
}

async function watchLoad(sql: Sql, workers: readonly BuiltWorker[]): Promise<Load> {
  const look = async () => {
    const [row] = await sql<{ n: number }[]>`
      select xact_commit::float8 as n from pg_stat_database where datname = current_database()`;
    const cpu = await Promise.all(workers.map((worker) => worker.cpuSeconds()));
    return { cpu: cpu.reduce((a, b) => a + b, 0), transactions: row?.n ?? 0, at: performance.now() };
  };
  const from = await look();
  await sleep(WATCH_MS);
  const to = await look();
  const seconds = (to.at - from.at) / 1_000;
  return {
    cpuPercent: (100 * (to.cpu - from.cpu)) / seconds,
    transactionsPerSecond: (to.transactions - from.transactions) / seconds,
  };
}
