import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundle } from "#scripts/prepare/processes.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** In the project, so that the packages are found. */
let folder: string;

beforeAll(() => {
  mkdirSync(join(root, "build"), { recursive: true });
  folder = mkdtempSync(join(root, "build", "test-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Builds a program the way the processes are built, runs it, and answers what it printed. */
async function runBuilt(source: string, more: Record<string, string> = {}): Promise<string> {
  writeFileSync(join(folder, "program.ts"), source);
  await bundle(root, { program: join(folder, "program.ts"), ...more }, folder);
  return execFileSync(process.execPath, [join(folder, "program.js")], { encoding: "utf8" });
}

test("built code checks signatures, and prints nothing that libsignal says", async () => {
  const said = await runBuilt(`
    import "#worker/gateway/baileys/socket.ts";
    import { Curve } from "@whiskeysockets/baileys";
    console.log(Curve.verify(new Uint8Array(32), new Uint8Array(8), new Uint8Array(64)));
    console.info("Closing session: { privKey }");`);
  expect(said).toBe("false\n");
});

test("an error in built code is logged with the lines of its sources", async () => {
  const said = await runBuilt(`
    import { createLog } from "#server/log.ts";
    import { readEnv } from "#server/env.ts";
    try {
      readEnv({});
    } catch (err) {
      createLog("worker", { logLevel: "error" }).error({ err }, "failed");
    }`);
  expect(said).toMatch(/at readEnv \(file:[^)]*\/server\/env\.ts:\d+:\d+\)/);
});

test("built code reads an uploaded file with its built parser", async () => {
  const said = await runBuilt(
    `import { readFile } from "#server/imports/parse/read-file.ts";
    for await (const part of readFile(new TextEncoder().encode("name,phone_e164\\nAni,+628111"))) console.log(JSON.stringify(part));`,
    { "parse-file": "server/imports/parse/child.ts" },
  );
  expect(said).toContain('"Ani"');
});
