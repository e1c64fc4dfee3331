import { createHmac } from "node:crypto";

/**
 * The headers of Standard Webhooks (github.com/standard-webhooks/standard-webhooks, spec 1.0): the event's id, the time of this
 * try in seconds, and for each secret in force an HMAC-SHA256 over "id.timestamp.body".
 * @param secrets the newest first; more than one while a receiver changes over
 */
export function signatureHeaders(
  secrets: readonly Uint8Array[],
  eventId: string,
  at: Date,
  body: string,
): Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string> {
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  const sign = (secret: Uint8Array) =>
    createHmac("sha256", secret).update(`${eventId}.${timestamp}.${body}`).digest("base64");
  return {
    "webhook-id": eventId,
    "webhook-timestamp": timestamp,
    "webhook-signature": secrets.map((secret) => `v1,${sign(secret)}`).join(" "),
  };
}
