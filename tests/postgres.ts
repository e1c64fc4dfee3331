import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { startEmbeddedPostgres } from "#scripts/embedded-postgres.ts";
import { findPostmaster, isAlive } from "#scripts/postgres/postmaster.ts";

// No import of vitest here: the global setup loads this file outside of a test.

/** The Postgres that a test run uses. */
export interface TestServer {
  /** Connection string of an account that may make databases. */
  url: string;
  stop: () => Promise<void>;
}

/** A folder of a test, removed with all that is in it. */
export interface TestFolder {
  path: string;
  remove: () => void;
}

/** A database of a test file. */
export interface TestDatabase {
  url: string;
  /** Ends its connections and removes it. */
  drop: () => Promise<void>;
}

const PREFIX = "mass-sender-test-";

/** The DATA_DIR of this process's tests. Nobody has to remove it: a later run does, when this process is gone. */
export const testDataDir = join(tmpdir(), `${PREFIX}${process.pid}-data`);

/**
 * A private server in a temporary folder, gone after `stop`; or the one that `TEST_DATABASE_URL` names.
 * What earlier runs left behind because they were killed is removed first.
 */
export async function startTestServer(): Promise<TestServer> {
  const given = process.env.TEST_DATABASE_URL;
  if (given) return { url: given, stop: async () => {} };
  await sweepKilledRuns();
  const folder = openTestFolder();
  const settings = { fsync: "off", synchronous_commit: "off", full_page_writes: "off", shared_buffers: "128MB" };
  const server = await startEmbeddedPostgres({ dataDir: join(folder.path, "postgres"), settings, database: "tests" });
  return {
    url: server.url,
    async stop() {
      await server.stop(2);
      folder.remove();
    },
  };
}

/**
 * A temporary folder of a test. If this run is killed, a later run removes it, and stops a Postgres that runs in its
 * `postgres`, where `DATA_DIR` has it.
 */
export function openTestFolder(): TestFolder {
  const path = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  return { path, remove: () => removeFolder(path) };
}

/**
 * Makes an empty database, lets `prepare` fill it, and answers it: the template of the clones. Dropping it drops every
 * clone that was made of it and is still there.
 */
export async function makeTemplate(serverUrl: string, prepare: (url: string) => Promise<void>): Promise<TestDatabase> {
  const name = `masssender_test_${randomBytes(4).toString("hex")}`;
  const url = await makeDatabase(serverUrl, name, "template0");
  await prepare(url);
  return {
    url,
    drop: () =>
      onServer(serverUrl, async (sql) => {
        const all = await sql<{ name: string }[]>`
          select datname as name from pg_database where starts_with(datname, ${name})`;
        for (const { name } of all) await sql`drop database if exists ${sql(name)} with (force)`;
      }),
  };
}

/** A copy of the template, for one test file. Takes about 40 ms. */
export async function cloneTemplate(serverUrl: string, templateUrl: string): Promise<TestDatabase> {
  const template = new URL(templateUrl).pathname.slice(1);
  const name = `${template}_${randomBytes(4).toString("hex")}`;
  const url = await makeDatabase(serverUrl, name, template);
  const drop = () =>
    onServer(serverUrl, async (sql) => {
      await sql`drop database if exists ${sql(name)} with (force)`;
    });
  return { url, drop };
}

async function makeDatabase(serverUrl: string, name: string, template: string): Promise<string> {
  await onServer(serverUrl, (sql) => copyDatabase(sql, name, template));
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function copyDatabase(sql: postgres.Sql, name: string, template: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await sql`create database ${sql(name)} template ${sql(template)}`;
      return;
    } catch (error) {
      // 55006: somebody (autovacuum, a closing connection) is in the template at this moment.
      if (!(error instanceof postgres.PostgresError) || error.code !== "55006" || attempt === 20) throw error;
      await sleep(100);
    }
  }
}

async function onServer(serverUrl: string, work: (sql: postgres.Sql) => Promise<void>): Promise<void> {
  const sql = postgres(serverUrl, { max: 1, onnotice: () => {} });
  try {
    await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Removes the clusters of runs whose process is gone: a run that is killed cannot tidy up. */
async function sweepKilledRuns(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const pid = Number(name.slice(PREFIX.length).split("-")[0]);
    if (isAlive(pid)) continue;
    const folder = join(tmpdir(), name);
    try {
      const cluster = clusterIn(folder);
      const server = cluster && findPostmaster(join(cluster, "data"));
      if (server) process.kill(server.pid, "SIGQUIT");
      for (let waited = 0; server && isAlive(server.pid) && waited < 3000; waited += 50) await sleep(50);
      removeFolder(folder);
    } catch {
      // Another user's, or another run is sweeping it right now.
    }
  }
}

function removeFolder(folder: string): void {
  for (const path of [clusterIn(folder), folder])
    if (path) rmSync(path, { recursive: true, force: true, maxRetries: 5 });
}

/** The folder's cluster; elsewhere, behind a link, when root's temporary folder lies in a closed home. */
function clusterIn(folder: string): string | undefined {
  const link = join(folder, "postgres");
  return existsSync(link) ? realpathSync(link) : undefined;
}
