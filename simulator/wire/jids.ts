import { jidDecode } from "@whiskeysockets/baileys";

/** Who a JID names: a phone number (E.164 with +) and one of its devices (0 is the phone itself). */
export interface Address {
  phone: string;
  device: number;
  /** Whether the JID said the hidden identity (LID) or the number. */
  by: "pn" | "lid";
}

const BASE = 10n ** 14n;
const SPAN = 9n * BASE;
const FACTOR = 274_876_858_367n;
const SHIFT = 611_953_000_000_007n;

const modularInverse = (value: bigint, modulus: bigint): bigint => {
  let [r0, r1, s0, s1] = [modulus, value, 0n, 1n];
  while (r1 > 0n) [r0, r1, s0, s1] = [r1, r0 % r1, s1, s0 - (r0 / r1) * s1];
  return ((s0 % modulus) + modulus) % modulus;
};
const UNFACTOR = modularInverse(FACTOR, SPAN);

/** Whether this is a number that can have WhatsApp: E.164 with a leading +. */
export const isPhone = (text: string): boolean => /^\+[1-9]\d{6,14}$/.test(text) && BigInt(text.slice(1)) < SPAN;

/**
 * The 15-digit LID user of a number. A permutation of the numbers, so that it can be turned back without having been
 * kept anywhere: a simulator that lost its memory still knows whom a LID names.
 */
export const lidUserOf = (phone: string): string => String(BASE + ((BigInt(phone.slice(1)) * FACTOR + SHIFT) % SPAN));

const phoneOfLidUser = (user: string): string => {
  const value = (((BigInt(user) - BASE - SHIFT) % SPAN) + SPAN) % SPAN;
  return `+${(value * UNFACTOR) % SPAN}`;
};

const withDevice = (device: number): string => (device ? `:${device}` : "");

/** `628…@s.whatsapp.net`, with `:device` unless it is the phone itself. */
export const pnJid = (phone: string, device = 0): string => `${phone.slice(1)}${withDevice(device)}@s.whatsapp.net`;

/** `1234…@lid`, with `:device` unless it is the phone itself. */
export const lidJid = (phone: string, device = 0): string => `${lidUserOf(phone)}${withDevice(device)}@lid`;

/** Reads a user JID of either kind; undefined for groups, broadcasts, the server and anything that names no number. */
export const readJid = (jid: string | undefined): Address | undefined => {
  const decoded = jidDecode(jid);
  if (!decoded || !/^\d{7,15}$/.test(decoded.user)) return undefined;
  if (decoded.server !== "lid" && decoded.server !== "s.whatsapp.net") return undefined;
  const by = decoded.server === "lid" ? "lid" : "pn";
  const phone = by === "lid" ? phoneOfLidUser(decoded.user) : `+${decoded.user}`;
  return isPhone(phone) ? { phone, device: decoded.device ?? 0, by } : undefined;
};

/** Whether a JID names a group. */
export const isGroup = (jid: string): boolean => /^[\d-]{5,40}@g\.us$/.test(jid);
