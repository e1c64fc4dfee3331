import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Child } from "#scripts/launch/child.ts";
import { openLog } from "#scripts/launch/log-file.ts";
import { isAlive } from "#scripts/postgres/postmaster.ts";
import { openTestFolder, type TestFolder } from "../postgres.ts";

let folder: TestFolder;
let child: Child | undefined;
let gaveUp: string | undefined;

beforeEach(() => {
  folder = openTestFolder();
  gaveUp = undefined;
});
afterEach(() => {
  child?.kill();
  folder.remove();
});

/** Runs the program under the launcher's care. It may write its pids to `pids`, one on each line. */
function run(program: string): Child {
  const file = join(folder.path, "program.mjs");
  writeFileSync(
    file,
    `import { appendFileSync } from "node:fs"; import { spawn } from "node:child_process";
    const tell = (pid) => appendFileSync(${JSON.stringify(join(folder.path, "pids"))}, pid + "\\n");
    ${program}`,
  );
  const log = openLog(folder.path, "program", false);
  child = new Child({ name: "program", args: [file], env: {}, log, giveUp: (reason) => (gaveUp = reason.message) });
  return child;
}

function pids(): number[] {
  const file = join(folder.path, "pids");
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean).map(Number) : [];
}

test("a program that dies is started again", async () => {
  run("tell(process.pid); setInterval(() => {}, 1000);");
  await expect.poll(() => pids().length).toBe(1);
  const [first] = pids();
  if (!first) throw new Error("it did not say who it is");
  process.kill(first, "SIGKILL");
  await expect.poll(() => pids().length).toBe(2);
  expect(gaveUp).toBeUndefined();
});

test("three quick deaths in a row end it, with the program's last lines", async () => {
  run('tell(process.pid); console.error("no such setting: X"); process.exit(3);');
  await expect.poll(() => gaveUp).toMatch(/^The program died 3 times in a row\..*no such setting: X/s);
  expect(pids()).toHaveLength(3);
});

test("a program that does not listen is ended all the same, with what it started", async () => {
  const deaf = run(`process.on("SIGTERM", () => {}); tell(process.pid);
    tell(spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]).pid); setInterval(() => {}, 1000);`);
  await expect.poll(() => pids().length).toBe(2);
  await deaf.stop(200);
  await expect.poll(() => pids().some(isAlive)).toBe(false);
});

test("an error in its log is told on one line; the log keeps everything and is cut when it has grown too big", async () => {
  const file = join(folder.path, "logs", "program.log");
  const told: string[] = [];
  const log = openLog(folder.path, "program", false, (line) => told.push(line));
  log.write('{"level":30,"msg":"all is well"}');
  log.write('{"level":50,"msg":"import failed","err":{"message":"row 3\\nis odd"}}');
  expect(told).toEqual(["[program] import failed: row 3 is odd"]);
  await expect.poll(() => readFileSync(file, "utf8").split("\n").length).toBe(3);

  writeFileSync(file, "x".repeat(10_000_001));
  openLog(folder.path, "program", false);
  expect(readFileSync(file, "utf8")).toBe("");
});
