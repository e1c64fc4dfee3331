import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { BenchResult } from "#scripts/bench.ts";
import { spawnSimulator } from "#simulator/client.ts";

const PROCESSES = 15;
const CLIENTS_EACH = 20;
const CLIENTS = fileURLToPath(new URL("simulator/clients.ts", import.meta.url));

const failure = z.object({ error: z.string() });
const linked = z.object({ linked: z.number() });
const sendAll = z.object({ sent: z.number(), ms: z.number() });
const round = z.object({ sent: z.number(), ms: z.number(), clientCpuMs: z.number(), simulatorCpuMs: z.number() });
const loops = z.object({ fresh: round, existing: round });

/**
 * One simulator holds 300 linked Baileys sockets in 15 processes, and each of them sends; then a bare send loop on one of
 * them: what it costs Baileys and what it costs the simulator, CPU ms per message. Below 1 the loop is limited by Baileys.
 */
export async function run(): Promise<BenchResult> {
  const simulator = await spawnSimulator();
  const children: ChildProcess[] = [];
  try {
    const started = performance.now();
    // Linking costs each client 0.15 s of CPU for its keys: a few processes at a time, so that none waits too long.
    for (let index = 0; index < PROCESSES; index += 3) {
      const some = [0, 1, 2].map((next) =>
        fork(CLIENTS, [simulator.url, String(index + next), String(CLIENTS_EACH)], { execArgv: ["--import", "tsx"] }),
      );
      children.push(...some);
      await Promise.all(some.map((child) => answer(child, linked)));
    }
    const linkSeconds = (performance.now() - started) / 1000;
    const before = await simulator.client.world();
    if (before.connections !== PROCESSES * CLIENTS_EACH) throw new Error(`only ${before.connections} are connected`);
    const sent = await Promise.all(children.map((child) => ask(child, "sendAll", sendAll)));
    const all = await simulator.client.world();
    const [first, ...others] = children;
    if (!first) throw new Error("no client process was started");
    const held = (await simulator.client.world()).connections;
    // Their sockets stay; their timers would take the processor from the two that are measured.
    for (const child of others) child.kill("SIGSTOP");
    const loop = await ask(first, "loop", loops);
    for (const child of others) child.kill("SIGCONT");
    const each = (kind: "simulatorCpuMs" | "clientCpuMs") => loop.fresh[kind] / loop.fresh.sent;
    const [ours, peer] = [each("simulatorCpuMs"), each("clientCpuMs")];
    const rows = [loop.fresh, loop.existing].map((one, index) => ({
      "one client's loop to": index ? "the same 200 again" : "200 new recipients",
      "msgs/s": Math.round((one.sent * 1000) / one.ms),
      "Baileys, CPU ms/msg": Number((one.clientCpuMs / one.sent).toFixed(2)),
      "simulator, CPU ms/msg": Number((one.simulatorCpuMs / one.sent).toFixed(2)),
      "Baileys, % of a core": Math.round((100 * one.clientCpuMs) / one.ms),
      "simulator, % of a core": Math.round((100 * one.simulatorCpuMs) / one.ms),
    }));
    const longest = Math.max(...sent.map(({ ms }) => ms));
    console.log(
      `${held} clients held; linked in ${linkSeconds.toFixed(0)} s; all sent within ${(longest / 1000).toFixed(1)} s, ` +
        `which cost the simulator ${all.cpuMs - before.cpuMs} ms of CPU; it uses ${Math.round(all.memoryBytes / 1e6)} MB.`,
    );
    return {
      name: "simulator",
      unit: "CPU ms per message",
      ours: Number(ours.toFixed(2)),
      peer: Number(peer.toFixed(2)),
      ratio: Number((ours / peer).toFixed(2)),
      ok: held === PROCESSES * CLIENTS_EACH && ours < peer,
      rows,
    };
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await simulator.stop();
  }
}

function answer<T extends z.ZodType>(child: ChildProcess, schema: T): Promise<z.output<T>> {
  return new Promise((resolve, reject) => {
    child.once("message", (message) => {
      const failed = failure.safeParse(message);
      if (failed.success) reject(new Error(failed.data.error));
      else resolve(schema.parse(message));
    });
    child.once("exit", (code) => reject(new Error(`a client process ended with ${code}`)));
  });
}

function ask<T extends z.ZodType>(child: ChildProcess, what: "sendAll" | "loop", schema: T): Promise<z.output<T>> {
  const answered = answer(child, schema);
  child.send({ do: what });
  return answered;
}
