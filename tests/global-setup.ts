import { setTimeout as sleep } from "node:timers/promises";
import type { TestProject } from "vitest/node";
import { migrate } from "#db/migrate.ts";
import { spawnSimulator } from "#simulator/client.ts";
import { makeTemplate, startTestServer } from "./postgres.ts";

/** What does not stop within this is left to the next run, which sweeps what it finds. */
const STEP_MS = 30_000;

/** Once per run: a private Postgres with a migrated template, and one local WhatsApp; stopped at the end, also on failure. */
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
    const simulator = await spawnSimulator({ port: 0 });
    undo.push({ what: "the local WhatsApp", stop: simulator.stop });
    project.provide("databaseServerUrl", server.url);
    project.provide("templateDatabase", template.url);
    project.provide("simulatorUrl", simulator.url);
    return stopAll;
  } catch (error) {
    await stopAll();
    throw error;
  }
}
