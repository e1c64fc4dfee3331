import type { SimulatorClient } from "#simulator/client.ts";
import { type BaileysClient, link } from "#simulator/tests/baileys.ts";
import { newPhone } from "#tests/factories.ts";
import { until } from "./until.ts";

/** As many recipients are prepared at once as in the product. */
const AHEAD = 20;

const freshJids = (count: number) => Array.from({ length: count }, () => `${newPhone().slice(1)}@s.whatsapp.net`);

/** Bare sockets with their keys in memory, each of an account of its own. */
export async function linkBare(simulator: SimulatorClient, sessions: number): Promise<BaileysClient[]> {
  const clients: BaileysClient[] = [];
  for (let i = 0; i < sessions; i += 1) clients.push(await link(simulator, newPhone()));
  return clients;
}

/** `sendMessage` to one fresh recipient after the other, which fetches devices and keys of each by itself. */
async function plain({ sock }: BaileysClient, jids: readonly string[]): Promise<void> {
  for (const jid of jids) await sock.sendMessage(jid, { text: "Hello friend of 7B" });
}

/** The same with devices and keys fetched for twenty at a time beforehand. */
async function prepared({ sock }: BaileysClient, jids: readonly string[]): Promise<void> {
  for (let at = 0; at < jids.length; at += AHEAD) {
    const next = jids.slice(at, at + AHEAD);
    const devices = await sock.getUSyncDevices(next, true, false);
    await sock.assertSessions(devices.map(({ jid }) => jid));
    for (const jid of next) await sock.sendMessage(jid, { text: "Hello friend of 7B" });
  }
}

export const ways = { plain, prepared };

/** All sockets at once, each to its own fresh recipients. @returns messages a second, from the first call to the last ack */
export async function bareLoop(
  clients: readonly BaileysClient[],
  way: keyof typeof ways,
  recipients: number,
): Promise<number> {
  const before = clients.map((client) => client.seen.acks.length);
  const jids = clients.map(() => freshJids(recipients));
  const started = performance.now();
  await Promise.all(clients.map((client, i) => ways[way](client, jids[i] ?? [])));
  await until("the acks of the bare loop", async () =>
    clients.every((client, i) => client.seen.acks.length - (before[i] ?? 0) >= recipients),
  );
  return (clients.length * recipients * 1_000) / (performance.now() - started);
}
