import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { StartError } from "../start-error.mjs";
import { provideBrowser } from "./browser.mjs";
import { buildIfStale } from "./build.mjs";
import { installIfNeeded } from "./install.mjs";
import { run } from "./run.mjs";
import { asksForBrowser } from "./test-filters.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Prepares the clone, runs vitest and ends with its exit code.
 * @param {string[]} args passed on to vitest
 */
export async function test(args) {
  try {
    process.chdir(root);
    await installIfNeeded(root);
    /** @type {NodeJS.ProcessEnv} */
    const env = { ...process.env, NODE_ENV: "test" };
    if (asksForBrowser(args, browserTests())) {
      env.CHROMIUM_PATH = await provideBrowser(root);
      await buildIfStale(root);
    }
    const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
    process.exit(await run(process.execPath, [vitest, "run", ...args], { env }));
  } catch (error) {
    console.error(error instanceof StartError ? error.message : error);
    process.exit(1);
  }
}

function browserTests() {
  const folder = join(root, "tests", "e2e");
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => `tests/e2e/${name.replaceAll("\\", "/")}`);
}
