import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort, portIsFree } from "#scripts/ports.ts";
import { findPostmaster } from "#scripts/postgres/postmaster.ts";
import { openTestFolder, type TestFolder } from "../postgres.ts";

// One story: each test goes on where the one before it left the product. `--dev` needs no build; everything else is `npm start`.

let folder: TestFolder;
let ports: Record<"PORT" | "SIMULATOR_PORT" | "WORKER_HTTP_PORT", string>;
let product: ReturnType<typeof npmStart>;
const launchers: ChildProcess[] = [];

beforeAll(async () => {
  folder = openTestFolder();
  const [web, simulator, worker] = await Promise.all([freePort(), freePort(), freePort()]);
  ports = { PORT: String(web), SIMULATOR_PORT: String(simulator), WORKER_HTTP_PORT: String(worker) };
});
afterAll(async () => {
  for (const launcher of launchers.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
    launcher.kill("SIGTERM");
    await once(launcher, "exit");
  }
  const orphan = postmaster();
  if (orphan) process.kill(orphan.pid, "SIGKILL");
  folder.remove();
});

// A developer's own .env is read too; a variable that is there, even empty, wins over it.
const nothingElse = {
  NODE_ENV: "development",
  WHATSAPP: "simulator",
  DATABASE_URL: "",
  APP_ORIGIN: "",
  SESSION_KEY: "",
  HOST: "",
} as const;

/** `npm start -- --dev`, and what it has said so far. */
function npmStart(
  environment: Record<string, string> = {},
  command = [process.execPath, "scripts/start.mjs", "--dev"],
) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("VITEST"));
  const [program = "", ...args] = command;
  const launcher = spawn(program, args, {
    env: { ...Object.fromEntries(inherited), ...nothingElse, ...ports, DATA_DIR: folder.path, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  launchers.push(launcher);
  let said = "";
  for (const stream of [launcher.stdout, launcher.stderr]) stream.on("data", (chunk) => (said += chunk));
  const ended = once(launcher, "close");
  return {
    launcher,
    said: () => said,
    ended: async () => {
      await ended;
      return { code: launcher.exitCode, said };
    },
    ready: () => expect.poll(() => said).toMatch(/^ready \S+ \S+ \S+$/m),
  };
}

const everyPortIsFree = async () =>
  (await Promise.all(Object.values(ports).map((port) => portIsFree(Number(port))))).every(Boolean);
const postmaster = () => findPostmaster(join(folder.path, "postgres", "data"));

test("one command starts everything, and a second one says that it runs already", async () => {
  product = npmStart();
  await product.ready();
  expect(product.said()).toContain(`ready http://localhost:${ports.PORT} `);
  const { headers } = await fetch(`http://127.0.0.1:${ports.PORT}/healthz`);
  expect(headers.get("keep-alive"), "longer than a proxy keeps its connections").toBe("timeout=125");
  expect(statSync(join(folder.path, "session.key")).mode & 0o777).toBe(0o600);

  const second = await npmStart().ended();
  expect(second.code).toBe(1);
  expect(second.said).toMatch(
    /^MassSender is already running in .* \(process \d+\): stop it first, or set DATA_DIR\.\n$/,
  );
}, 90_000);

test("a database that dies is started again, and the pages find it", async () => {
  const died = postmaster();
  if (!died) throw new Error("no database runs");
  process.kill(died.pid, "SIGKILL");
  await expect.poll(product.said).toContain("The database ended unexpectedly: starting it again.");
  await expect.poll(() => postmaster()?.port).toBe(died.port);
  await expect.poll(webIsReady).toBe(true);
}, 200_000);

test("a launcher killed with -9 takes its children with it, and the next start works on the same data", async () => {
  const key = readFileSync(join(folder.path, "session.key"), "utf8");
  product.launcher.kill("SIGKILL");
  await expect.poll(everyPortIsFree).toBe(true);

  product = npmStart();
  await product.ready();
  expect(product.said()).toContain("The database was still running: taken over.");
  expect(readFileSync(join(folder.path, "session.key"), "utf8")).toBe(key);
}, 150_000);

test("Ctrl-C stops everything", async () => {
  product.launcher.kill("SIGINT");
  expect((await product.ended()).code).toBe(0);
  expect(await everyPortIsFree()).toBe(true);
  expect(postmaster()).toBeUndefined();
});

test("a stop of npm in the middle of a start reaches the launcher through npm's shell, and leaves nothing", async () => {
  const shell = npmStart({ npm_lifecycle_event: "start" }, ["sh", "-c", "node scripts/start.mjs --dev; exit $?"]);
  await expect.poll(postmaster).toBeDefined();
  shell.launcher.kill("SIGTERM");
  // Its output closes when the last process that could write to it is gone.
  await shell.ended();
  expect(await everyPortIsFree()).toBe(true);
  expect(postmaster()).toBeUndefined();
});

test("a taken port is told in one sentence, with the way to choose another", async () => {
  // It is not tried whether the port is free: that takes it for a moment.
  const listens = `require("net").createServer().listen(${ports.PORT}, "127.0.0.1", () => console.log("listening"))`;
  const other = spawn(process.execPath, ["-e", listens], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    await once(other.stdout, "data");
    const { code, said } = await npmStart().ended();
    expect(code).toBe(1);
    expect(said).toBe(
      `Port ${ports.PORT} is taken by another program: choose another one, for example PORT=${Number(ports.PORT) + 1} npm start.\n`,
    );
  } finally {
    other.kill();
    await once(other, "exit");
  }
});

test("a data folder that cannot be written is told in one sentence", async () => {
  const { code, said } = await npmStart({ DATA_DIR: join(folder.path, "session.key", "data") }).ended();
  expect(code).toBe(1);
  expect(said).toMatch(/^Cannot write to .*data \(ENOTDIR\): set DATA_DIR to a folder of yours\.\n$/);
});

function webIsReady(): Promise<boolean> {
  return fetch(`http://127.0.0.1:${ports.PORT}/readiness`).then(
    (response) => response.ok,
    () => false,
  );
}
