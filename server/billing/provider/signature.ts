import { timingSafeEqual } from "node:crypto";
import { signatureHeaders } from "../../webhooks/deliver/sign.ts";

/** So far a callback's time may be from ours, either way, in milliseconds (Standard Webhooks: 5 minutes). */
export const TOLERANCE_MS = 5 * 60_000;

/**
 * Checks a callback signed as Standard Webhooks has it, HMAC-SHA256 over "id.timestamp.body": any of the signatures sent may
 * be by any of the keys, and the time is part of what was signed.
 * @param body as it came, byte for byte
 */
export function checkSignature(
  keys: readonly Uint8Array[],
  headers: Headers,
  body: string,
  now: Date,
): { id: string } | { problem: "signature" | "time" } {
  const id = headers.get("webhook-id") ?? "";
  const timestamp = headers.get("webhook-timestamp") ?? "";
  const given = (headers.get("webhook-signature") ?? "")
    .split(" ")
    .slice(0, 10)
    .filter((one) => one.startsWith("v1,"));
  if (id === "" || !/^\d{1,12}$/.test(timestamp)) return { problem: "signature" };
  const at = new Date(Number(timestamp) * 1_000);
  const wanted = signatureHeaders(keys, id, at, body)["webhook-signature"].split(" ");
  if (!given.some((one) => wanted.some((other) => equal(one, other)))) return { problem: "signature" };
  if (Math.abs(now.getTime() - at.getTime()) > TOLERANCE_MS) return { problem: "time" };
  return { id };
}

function equal(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
