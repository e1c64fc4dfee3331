import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { format } from "node:util";
import { initAuthCreds } from "@whiskeysockets/baileys";
import { beforeEach, expect, test } from "vitest";
import { createLog } from "#server/log.ts";
import { findLeak, takeLeaks, watchOutput } from "./leaks.ts";

beforeEach(() => void takeLeaks());

test.each([
  ["credentials as an object", () => format(initAuthCreds())],
  ["credentials as JSON", () => JSON.stringify(initAuthCreds())],
  ["a ratchet", () => format("Closing session:", { currentRatchet: { rootKey: Buffer.alloc(32) } })],
  ["the key of the tests", () => Buffer.alloc(32, 7).toString("base64")],
])("%s would be noticed in an output", (_, print) => {
  expect(findLeak(print())).toBeDefined();
  expect(findLeak('{"event":"session.closed","reason":"lost"}')).toBeUndefined();
});

test("each way to print is watched", () => {
  const mark = "[planted] privKey\n";
  const ways: [string, () => void][] = [
    // oxlint-disable-next-line no-console -- what is tested
    ["console.info", () => console.info("[planted]", { privKey: 1 })],
    ["stdout", () => void process.stdout.write(mark)],
    ["stderr", () => void process.stderr.write(Buffer.from(mark))],
    ["the log", () => void fs.writeSync(1, mark)],
    ["the log", () => createLog("worker", { logLevel: "info" }).info({ event: "planted", privKey: 1 }, "planted")],
  ];
  for (const [where, print] of ways) {
    print();
    expect(takeLeaks(), where).toContain(`${where} printed "privKey"`);
  }
});

test("a mark that is cut in two by the end of a chunk is found, once", () => {
  const watch = watchOutput("a worker");
  watch('{"event":"x"}\n{"pri');
  expect(takeLeaks()).toEqual([]);
  watch('vKey":1}\n');
  watch("more");
  expect(takeLeaks()).toEqual(['a worker printed "privKey"']);
});

/** Runs the planted test file in a Vitest of its own, under the same watch as every test file. */
async function runPlanted(env: Record<string, string>): Promise<{ code: number | null; said: string }> {
  const args = ["node_modules/vitest/vitest.mjs", "run", "--config", "tests/silence/planted.config.ts"];
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk));
  await once(child, "close");
  return { code: child.exitCode, said };
}

test("a test during which a session is dumped fails, and the same one without the dump passes", async () => {
  const [quiet, loud] = await Promise.all([runPlanted({ PLANT: "" }), runPlanted({ PLANT: "1" })]);
  expect(quiet.code, quiet.said).toBe(0);
  expect(loud.code).toBe(1);
  expect(loud.said).toContain("Private keys must never be printed: console.info printed");
});
