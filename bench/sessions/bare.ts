// One process full of bare Baileys sockets with their keys in memory, each linked to an account of its own.
// usage: bare.js SIMULATOR_URL BATCH COUNT; says {linked} over IPC, then only holds them.
import { connectSimulator } from "#simulator/client.ts";
import { type BaileysClient, link } from "#simulator/tests/baileys.ts";

const [url = "", batch = "0", count = "1"] = process.argv.slice(2);
const simulator = connectSimulator(url);
const clients: BaileysClient[] = [];
for (let index = 0; index < Number(count); index += 1) {
  const phone = `+62813${batch.padStart(3, "0")}${String(index).padStart(5, "0")}`;
  clients.push(await link(simulator, phone));
}
process.on("disconnect", () => process.exit(0));
process.send?.({ linked: clients.length });
