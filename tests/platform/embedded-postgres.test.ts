import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import postgres from "postgres";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "#scripts/embedded-postgres.ts";
import { freePort } from "#scripts/ports.ts";
import { openTestFolder, type TestFolder } from "../postgres.ts";

// Each test makes a cluster of its own: seconds on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

let folder: TestFolder;
let servers: EmbeddedPostgres[];

beforeEach(() => {
  folder = openTestFolder();
  servers = [];
});
afterEach(async () => {
  for (const server of servers) await server.stop(2);
  folder.remove();
});

const dataDir = () => join(folder.path, "postgres");
const pidFile = () => join(dataDir(), "data", "postmaster.pid");

async function start(port?: number): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir: dataDir(), port, settings: { fsync: "off" } });
  servers.push(server);
  return server;
}

async function ask(url: string, query: string): Promise<postgres.RowList<postgres.Row[]>> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await sql.unsafe(query);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** A process of its own that starts the server and then waits, as the launcher does. */
async function startInAnotherProcess(): Promise<ChildProcess> {
  const program = `import("#scripts/embedded-postgres.ts").then(async (m) => {
    await m.startEmbeddedPostgres({ dataDir: process.argv[1], settings: { fsync: "off" } });
    console.log("started");
    setInterval(() => {}, 1000);
  })`;
  const child = spawn(process.execPath, ["--import", "tsx", "-e", program, dataDir()], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (child.stdout) await once(child.stdout, "data");
  return child;
}

test("data is kept between starts", async () => {
  const first = await start();
  await ask(first.url, "create table kept as select 42 as answer");
  await first.stop();
  expect(first.isRunning()).toBe(false);

  const second = await start();
  expect(second.adopted).toBe(false);
  expect(await ask(second.url, "select answer from kept")).toEqual([{ answer: 42 }]);
});

test("a server killed with -9 recovers at the next start, with everything that was committed", async () => {
  const first = await start();
  await ask(first.url, "create table kept as select 42 as answer");
  process.kill(first.pid, "SIGKILL");

  const second = await start();
  expect(second.pid).not.toBe(first.pid);
  expect(await ask(second.url, "select answer from kept")).toEqual([{ answer: 42 }]);
});

test("a server whose launcher was killed with -9 is taken over, not started twice", async () => {
  const launcher = await startInAnotherProcess();
  const orphan = Number(readFileSync(pidFile(), "utf8").split("\n")[0]);
  launcher.kill("SIGKILL");
  await once(launcher, "exit");

  const server = await start();
  expect(server.adopted).toBe(true);
  expect(server.pid).toBe(orphan);
  expect(await ask(server.url, "select 1 as one")).toEqual([{ one: 1 }]);
});

test("a process id in the lock file that another program has now is no obstacle", async () => {
  const first = await start();
  const lines = readFileSync(pidFile(), "utf8").split("\n");
  await first.stop();
  // Of the server's own account: Postgres takes no notice of other people's processes, nor of its parent.
  const { uid, gid } = statSync(dataDir());
  const stranger = spawn("sleep", ["60"], { uid, gid });
  writeFileSync(pidFile(), [String(stranger.pid), ...lines.slice(1)].join("\n"));
  try {
    const second = await start();
    expect(second.adopted).toBe(false);
    expect(second.isRunning()).toBe(true);
  } finally {
    stranger.kill();
  }
});

test("a taken port makes it choose another one", async () => {
  const port = await freePort();
  const other = createServer().listen(port, "127.0.0.1");
  await once(other, "listening");
  try {
    const server = await start(port);
    expect(server.port).not.toBe(port);
    expect(await ask(server.url, "select 1 as one")).toEqual([{ one: 1 }]);
  } finally {
    other.close();
  }
});

test("two starts on the same new folder end up with one server", async () => {
  const [one, two] = await Promise.all([start(), start()]);
  expect(one.pid).toBe(two.pid);
});

test("only this machine can reach it, only with the password, and only its owner can read that", async () => {
  const server = await start();
  const [settings] = await ask(
    server.url,
    "select current_setting('listen_addresses') as addresses, current_setting('unix_socket_directories') as sockets",
  );
  expect(settings).toEqual({ addresses: "127.0.0.1", sockets: "" });
  expect(statSync(join(dataDir(), "password")).mode & 0o777).toBe(0o600);
  const url = new URL(server.url);
  url.password = "guessed";
  await expect(ask(url.href, "select 1")).rejects.toThrow(/password authentication failed/);
});

test("a folder that cannot hold a database is refused in one sentence", async () => {
  writeFileSync(join(folder.path, "file"), "");
  const starting = startEmbeddedPostgres({ dataDir: join(folder.path, "file", "postgres") });
  await expect(starting).rejects.toThrow(/^Cannot make a database in .*: .*\.$/);
});
