import { readFileSync } from "node:fs";
import { inject } from "vitest";
import { type SpawnedSimulator, spawnSimulator } from "#simulator/client.ts";

const PATIENCE_MS = 10_000;

let running: Promise<SpawnedSimulator> | undefined;

/** Address of this test file's own local WhatsApp, which starts when it is first asked for. */
export async function simulatorUrl(): Promise<string> {
  running ??= spawnSimulator({ built: inject("simulatorProgram") });
  return (await running).url;
}

/** After the last test of a file. One that has stopped answering is told of, with what the system knows of it. */
export async function stopSimulator(): Promise<void> {
  const simulator = await running?.catch(() => undefined);
  if (!simulator) return;
  const answer = await fetch(new URL("/trust", simulator.url), { signal: AbortSignal.timeout(PATIENCE_MS) }).catch(
    (error: unknown) => String(error),
  );
  if (typeof answer === "string") process.stderr.write(`The local WhatsApp: ${answer}\n${stateOf(simulator.pid)}\n`);
  await simulator.stop();
}

function stateOf(pid: number): string {
  const read = (name: string) => {
    try {
      return `${name}: ${readFileSync(`/proc/${pid}/${name}`, "utf8").trim()}`;
    } catch {
      return `${name}: unknown`;
    }
  };
  return ["status", "wchan", "stat"].map(read).join("\n");
}
