import "./quiet.ts";
import type { makeWASocket } from "@whiskeysockets/baileys";
import { phoneOf } from "./translate.ts";

type Socket = Pick<ReturnType<typeof makeWASocket>, "onWhatsApp">;

async function known(sock: Socket, phones: readonly string[]): Promise<string[]> {
  const answer = await sock.onWhatsApp(...phones);
  if (!answer) throw new Error("WhatsApp did not answer which numbers it knows");
  return answer.filter(({ exists }) => exists === true).flatMap(({ jid }) => phoneOf(jid) ?? []);
}

/**
 * Which of these numbers (E.164) have WhatsApp, with one question for all. Numbers it does not know are left out of the
 * answer; some it knows under another spelling, so those that are missing are asked once more, one by one.
 */
export async function findOnWhatsApp(sock: Socket, phones: readonly string[]): Promise<Set<string>> {
  if (phones.length === 0) return new Set();
  const found = new Set(await known(sock, phones));
  const exact = new Set(phones.filter((phone) => found.has(phone)));
  // Every answer was one of the numbers as they were asked: nothing is hidden behind another spelling.
  if (exact.size === found.size) return exact;
  for (const phone of phones) {
    if (!exact.has(phone) && (await known(sock, [phone])).length > 0) exact.add(phone);
  }
  return exact;
}
