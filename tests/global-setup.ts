import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { migrate } from "#db/migrate.ts";
import { bundle } from "#scripts/prepare/processes.mjs";
import { makeTemplate, startTestServer } from "./postgres.ts";

/** What does not stop within this is left to the next run, which sweeps what it finds. */
const STEP_MS = 30_000;

const root = fileURLToPath(new URL("..", import.meta.url));

/** Once per run: a private Postgres with a migrated template, stopped at the end, also on failure; and a local WhatsApp, built. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const undo: { what: string; stop: () => Promise<void> }[] = [];
  const stopAll = async () => {
    for (const { what, stop } of undo.splice(0).reverse()) {
      const tooLong = sleep(STEP_MS, "too long", { ref: false });
      if ((await Promise.race([stop(), tooLong])) === "too long") process.stderr.write(`${what} did not stop.\n`);
    }
  };
  try {
    const server = await startTestServer();
    undo.push({ what: "Postgres", stop: server.stop });
    const template = await makeTemplate(server.url, migrate);
    undo.push({ what: "the template database", stop: template.drop });
    const built = join(root, "build", "for-tests");
    await bundle(root, { simulator: "simulator/main.ts" }, built);
    project.provide("databaseServerUrl", server.url);
    project.provide("templateDatabase", template.url);
    project.provide("simulatorProgram", join(built, "simulator.js"));
    return stopAll;
  } catch (error) {
    await stopAll();
    throw error;
  }
}
