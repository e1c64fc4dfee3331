// One process full of real Baileys sockets, each linked to an account of its own.
// usage: clients.ts SIMULATOR_URL BATCH COUNT; obeys {do: "sendAll" | "loop"} and answers over IPC.
import { connectSimulator } from "#simulator/client.ts";
import { type BaileysClient, link, until } from "#simulator/tests/baileys.ts";

const [url = "", batch = "0", count = "1"] = process.argv.slice(2);
const simulator = connectSimulator(url);
const numberOf = (index: number) => `+62811${batch.padStart(3, "0")}${String(index).padStart(4, "0")}`;
const jidOf = (phone: string) => `${phone.slice(1)}@s.whatsapp.net`;
const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const say = (answer: object) => process.send?.(answer);

const acked = (client: BaileysClient, before: number, expected: number) =>
  until("the acks", () => client.seen.acks.length - before >= expected, 120_000);

let recipient = 0;
const freshJid = () => jidOf(`+5511${batch.padStart(3, "0")}${String(recipient++).padStart(6, "0")}`);

/** Each client writes to one new person: all of them work, none is only held. */
async function sendAll(clients: BaileysClient[]): Promise<object> {
  const from = performance.now();
  for (const client of clients) {
    const before = client.seen.acks.length;
    await client.sock.sendMessage(freshJid(), { text: "Hello" });
    await acked(client, before, 1);
  }
  return { ms: performance.now() - from, sent: clients.length };
}

/** One client sends as fast as it can, to new recipients and then to the same again. */
async function loop(client: BaileysClient): Promise<object> {
  const recipients = Array.from({ length: 200 }, freshJid);
  const round = async () => {
    const [from, cpu, before] = [performance.now(), cpuMs(), client.seen.acks.length];
    const { cpuMs: theirs } = await simulator.world();
    for (const jid of recipients) await client.sock.sendMessage(jid, { text: "Hello friend of 7B" });
    await acked(client, before, recipients.length);
    const ms = performance.now() - from;
    const simulated = (await simulator.world()).cpuMs - theirs;
    return { sent: recipients.length, ms, clientCpuMs: cpuMs() - cpu, simulatorCpuMs: simulated };
  };
  return { fresh: await round(), existing: await round() };
}

const clients: BaileysClient[] = [];
for (let index = 0; index < Number(count); index++) clients.push(await link(simulator, numberOf(index)));
process.on("message", (message: { do: "sendAll" | "loop" }) => {
  const [first] = clients;
  const done = message.do === "sendAll" || !first ? sendAll(clients) : loop(first);
  done.then(say, (error: unknown) => say({ error: String(error) }));
});
say({ linked: clients.length });
