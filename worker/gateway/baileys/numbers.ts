import "./quiet.ts";
import { type makeWASocket, USyncQuery, USyncUser } from "@whiskeysockets/baileys";
import { phoneOf } from "./translate.ts";

type Socket = Pick<ReturnType<typeof makeWASocket>, "executeUSyncQuery">;

interface Entry {
  /** As WhatsApp spells it, which may be another way than it was asked. */
  phone: string | null;
  known: boolean;
}

/** One question for all. Unlike Baileys' `onWhatsApp` it keeps what WhatsApp says of numbers it does not know. */
async function ask(sock: Socket, phones: readonly string[]): Promise<Entry[]> {
  const query = new USyncQuery().withContactProtocol();
  for (const phone of phones) query.withUser(new USyncUser().withPhone(phone));
  const answer = await sock.executeUSyncQuery(query);
  if (!answer) throw new Error("WhatsApp did not answer which numbers it knows");
  return answer.list.map(({ id, contact }) => ({ phone: phoneOf(id), known: contact === true }));
}

/**
 * Which of these numbers (E.164) have WhatsApp. Some it answers under another spelling: as many as numbers without an answer
 * of their own means that those are they; only if it cannot be told whose answer is missing they are asked one by one.
 */
export async function findOnWhatsApp(sock: Socket, phones: readonly string[]): Promise<Set<string>> {
  if (phones.length === 0) return new Set();
  const entries = await ask(sock, phones);
  const named = new Set(entries.map(({ phone }) => phone));
  const known = entries.filter((entry) => entry.known);
  const knownNames = new Set(known.map(({ phone }) => phone));
  const found = new Set(phones.filter((phone) => knownNames.has(phone)));
  const unnamed = phones.filter((phone) => !named.has(phone));
  const spare = known.length - found.size;
  for (const phone of spare > 0 ? unnamed : []) {
    if (spare === unnamed.length || (await ask(sock, [phone])).some((entry) => entry.known)) found.add(phone);
  }
  return found;
}
