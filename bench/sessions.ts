import { fileURLToPath } from "node:url";
import { type Connection, connect } from "#db/client.ts";
import type { BenchResult } from "#scripts/bench.ts";
import { buildProcesses, bundle } from "#scripts/prepare/processes.mjs";
import type { Env } from "#server/env.ts";
import { type SpawnedSimulator, spawnSimulator } from "#simulator/client.ts";
import { testEnv } from "#tests/factories.ts";
import { type BuiltWorker, countEvents, startBuiltWorker, startWorkers } from "./sessions/fleet.ts";
import { type Kill, killOwners } from "./sessions/kills.ts";
import { linkSessions } from "./sessions/linking.ts";
import { bareMegabytes, restingMegabytes } from "./sessions/memory.ts";
import { type Restart, restart } from "./sessions/restart.ts";
import { readHeld, type Shortage, watchShortage } from "./sessions/shortage.ts";

const SESSIONS = Number(process.env.SESSIONS ?? 300);
const KILLS = Number(process.env.KILLS ?? 20);
const PER_PROCESS = 20;
const MAX_RATIO = 1.5;
const MAX_RESTART_S = 60;
const MAX_KILL_S = 20;

const root = fileURLToPath(new URL("..", import.meta.url));
const WORKER = `${root}build/processes/worker.js`;
const BARE = `${root}build/bench/bare.js`;

/**
 * Linked sessions spread over worker processes (built code, 20 a process) beside as many bare Baileys sockets in as many
 * processes: their memory at rest. Then all workers are restarted, gently and not; one of them ends for good; and the
 * owner of a running campaign is killed again and again. `SESSIONS` and `KILLS` make the run shorter.
 */
export async function run(): Promise<BenchResult> {
  const url = process.env.DATABASE_URL;
  if (!url) throw new Error("The bench runs on a database: set DATABASE_URL.");
  await buildProcesses(root);
  await bundle(root, { bare: "bench/sessions/bare.ts" }, `${root}build/bench`);
  const simulator = await spawnSimulator();
  const connection = connect(url, { name: "bench" });
  try {
    const size = { sessions: SESSIONS, perProcess: PER_PROCESS };
    const peer = await bareMegabytes(BARE, simulator.url, size);
    say(`bare sockets: ${peer.toFixed(0)} MB`);
    return await runProduct(simulator, connection, url, peer);
  } finally {
    await connection.close();
    await simulator.stop();
  }
}

const say = (text: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${text}`);

const sayRestart = (signal: string, { workers, seconds, mostLoginsInASecond, cpuSeconds }: Restart) => {
  const events = countEvents(workers);
  say(`restarted by ${signal}: ${JSON.stringify({ seconds, mostLoginsInASecond, cpuSeconds, events })}`);
};

async function runProduct(
  simulator: SpawnedSimulator,
  connection: Connection,
  url: string,
  peer: number,
): Promise<BenchResult> {
  const more = {
    SIMULATOR_URL: simulator.url,
    SESSION_CAP: String(PER_PROCESS),
    WORKER_SESSIONS: String(PER_PROCESS),
    THROTTLE_FLOOR_MS: "0",
  };
  const env: Env = testEnv(url, more);
  const key = env.sessionKeys.current.key.toString("base64");
  const alive = new Set<BuiltWorker>();
  const start = () => {
    const worker = startBuiltWorker(WORKER, { ...more, DATABASE_URL: url, SESSION_KEY: key });
    alive.add(worker);
    return worker;
  };
  try {
    const linking = performance.now();
    const first = await startWorkers(Math.ceil(SESSIONS / PER_PROCESS), start);
    const sessions = await linkSessions({ db: connection.db, env, simulator: simulator.client }, SESSIONS);
    say(`${SESSIONS} phones linked in ${((performance.now() - linking) / 1_000).toFixed(0)} s`);
    const linked = await restingMegabytes(first.map(({ pid }) => pid));
    say(`events: ${JSON.stringify(countEvents(first))}`);
    say(`after linking: ${linked.toFixed(0)} MB; held: ${(await readHeld(connection.sql)).held.join(" ")}`);
    const [{ n: connections } = { n: 0 }] = await connection.sql<{ n: number }[]>`
      select count(*)::int as n from pg_stat_activity where application_name <> 'bench' and datname = current_database()`;

    const gentle = await restart(simulator.client, first, "SIGTERM", start, SESSIONS);
    sayRestart("SIGTERM", gentle);
    const restarted = await restingMegabytes(gentle.workers.map(({ pid }) => pid));
    say(`after a restart: ${restarted.toFixed(0)} MB`);
    const harsh = await restart(simulator.client, gentle.workers, "SIGKILL", start, SESSIONS);
    sayRestart("SIGKILL", harsh);
    const logins = await loginsOf(simulator, sessions);
    const shortage = await watchShortage(connection.sql, harsh.workers);
    say(`without room: ${JSON.stringify(shortage)}`);
    await Promise.all(harsh.workers.slice(1).map((worker) => worker.end("SIGTERM")));

    const [one, ...others] = sessions;
    if (!one) throw new Error("no session was linked");
    // Two workers cannot hold all of them: the others' phones are put away.
    await connection.sql`update wa_sessions set status = 'removed' where id = any(${others.map(({ id }) => id)})`;
    const kills = await killOwners(connection, env, start, one, KILLS);
    return result({ peer, linked, restarted, gentle, harsh, logins, connections, shortage, kills });
  } finally {
    await Promise.all([...alive].map((worker) => worker.end("SIGKILL")));
  }
}

/** How often each account's device logged in so far, at most. */
async function loginsOf({ client }: SpawnedSimulator, sessions: { phone: string }[]): Promise<number> {
  const figures = await Promise.all(sessions.map(({ phone }) => client.connections(phone)));
  return Math.max(...figures.map(({ logins }) => logins));
}

interface Figures {
  peer: number;
  linked: number;
  restarted: number;
  gentle: Restart;
  harsh: Restart;
  logins: number;
  connections: number;
  shortage: Shortage;
  kills: Kill[];
}

function result(seen: Figures): BenchResult {
  const { peer, linked, restarted, gentle, harsh, shortage, kills } = seen;
  const ours = Math.max(linked, restarted);
  const worstKill = Math.max(0, ...kills.map(({ seconds }) => seconds));
  const worstNew = Math.max(0, ...kills.map(({ secondsToNew }) => secondsToNew));
  const row = (what: string, figure: string | number, target: string | number = "") => ({ what, figure, target });
  const load = ({ cpuPercent, transactionsPerSecond }: Shortage["before"]) =>
    `${cpuPercent.toFixed(0)} % of a core, ${transactionsPerSecond.toFixed(0)} transactions/s`;
  const cpuOf = ({ cpuSeconds: { workers, simulator } }: Restart) => `${workers.toFixed(0)}, ${simulator.toFixed(0)}`;
  return {
    name: "sessions",
    unit: "MB",
    ours: Math.round(ours),
    peer: Math.round(peer),
    ratio: Number((ours / peer).toFixed(2)),
    ok: ours / peer <= MAX_RATIO && Math.max(gentle.seconds, harsh.seconds) <= MAX_RESTART_S && worstKill <= MAX_KILL_S,
    rows: [
      row(`${SESSIONS} bare sockets, RSS of all processes, MB`, Math.round(peer)),
      row(`${SESSIONS} sessions after linking, MB`, Math.round(linked), Math.round(peer * MAX_RATIO)),
      row(`${SESSIONS} sessions after a restart, MB`, Math.round(restarted), Math.round(peer * MAX_RATIO)),
      row("connections to Postgres, all workers", seen.connections, "< 300"),
      row("restart by SIGTERM: all ready, s", Number(gentle.seconds.toFixed(1)), MAX_RESTART_S),
      row("restart by SIGKILL: all ready, s", Number(harsh.seconds.toFixed(1)), MAX_RESTART_S),
      row(
        "  the same from the old processes' end, s",
        `${gentle.secondsAfterExit.toFixed(1)}, ${harsh.secondsAfterExit.toFixed(1)}`,
      ),
      row("  CPU until then: workers, simulator, s", `${cpuOf(gentle)}; ${cpuOf(harsh)}`),
      row("most logins begun within one second", `${gentle.mostLoginsInASecond}, ${harsh.mostLoginsInASecond}`),
      row("logins of one account in all, at most (pairing, linked, two restarts)", seen.logins),
      row("workers at rest", load(shortage.before)),
      row("  with one worker gone for good", load(shortage.after)),
      row("  sessions without an owner; held by the others", `${shortage.withoutOwner}; ${shortage.held.join(" ")}`),
      row("  sessions taken, given or lost meanwhile", shortage.moves),
      row(`SIGKILL to an accepted message, worst of ${kills.length}, s`, Number(worstKill.toFixed(1)), MAX_KILL_S),
      row("  to one that was not on its way, s", Number(worstNew.toFixed(1))),
    ],
  };
}
