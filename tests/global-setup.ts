import type { TestProject } from "vitest/node";
import { migrate } from "#db/migrate.ts";
import { spawnSimulator } from "#simulator/client.ts";
import { makeTemplate, startTestServer } from "./postgres.ts";

/** Once per run: a private Postgres with a migrated template, and one local WhatsApp; stopped at the end, also on failure. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const undo: (() => Promise<void>)[] = [];
  const stopAll = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const server = await startTestServer();
    undo.push(server.stop);
    const template = await makeTemplate(server.url, migrate);
    undo.push(template.drop);
    const simulator = await spawnSimulator({ port: 0 });
    undo.push(() => simulator.stop());
    project.provide("databaseServerUrl", server.url);
    project.provide("templateDatabase", template.url);
    project.provide("simulatorUrl", simulator.url);
    return stopAll;
  } catch (error) {
    await stopAll();
    throw error;
  }
}
