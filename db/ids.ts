import { z } from "zod";

/** Prefixed, typed ids. The prefix says what an id names, so that a wrong id does not compile and a log line reads itself. */
const prefixes = {
  user: "usr",
  apiToken: "tok",
  waSession: "was",
  waCommand: "wac",
  waDisconnect: "wad",
  contactList: "lst",
  contact: "con",
  import: "imp",
  suppression: "sup",
  campaign: "cmp",
  messageTemplate: "tpl",
  media: "med",
  message: "msg",
  messageEvent: "mev",
  inboundMessage: "inb",
  conversation: "cnv",
  autoRule: "rul",
  autoReply: "arp",
  webhookEndpoint: "whe",
  webhookEvent: "evt",
  webhookDelivery: "whd",
  wallet: "wal",
  walletTxn: "wtx",
  planPeriod: "per",
  purchase: "pur",
  invoice: "ivc",
  grant: "gra",
  schedule: "sch",
  audit: "aud",
  worker: "wrk",
} as const;

export type IdKind = keyof typeof prefixes;
export type Id<K extends IdKind> = `${(typeof prefixes)[K]}_${string}`;

const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";
let lastMs = 0;
let sequence = 0;

/** A new id. Ids made by one process sort in the order of their making: paging and the sending order rely on it. */
export function newId<K extends IdKind>(kind: K): Id<K> {
  const ms = Math.max(Date.now(), lastMs);
  sequence = ms === lastMs ? sequence + 1 : 0;
  lastMs = ms;
  const time = ms.toString(36).padStart(9, "0");
  const order = sequence.toString(36).padStart(4, "0");
  const random = Array.from(crypto.getRandomValues(new Uint8Array(10)), (byte) => ALPHABET[byte % 36]).join("");
  return `${prefixes[kind]}_${time}${order}${random}`;
}

/** Whether a string from outside has the form of an id of this kind. It says nothing about the row's existence. */
export function isId<K extends IdKind>(kind: K, value: unknown): value is Id<K> {
  return typeof value === "string" && new RegExp(`^${prefixes[kind]}_[0-9a-z]{20,30}$`).test(value);
}

/** An id of this kind, from outside. */
export const idSchema = <K extends IdKind>(kind: K) =>
  z.custom<Id<K>>((value) => isId(kind, value), "This is not a valid id.");
