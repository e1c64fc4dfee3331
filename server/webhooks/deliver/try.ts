import { PAYLOAD_VERSION } from "../schema.ts";
import type { SecretBox } from "../secrets.ts";
import type { Taken } from "./outbox.ts";
import { type Answer, type PostOptions, post } from "./post.ts";
import { signatureHeaders } from "./sign.ts";

/** The body of a delivery, the same at each try. */
export function bodyOf({
  eventId,
  type,
  sequence,
  occurredAt,
  payload,
}: Pick<Taken, "eventId" | "type" | "sequence" | "occurredAt" | "payload">): string {
  return JSON.stringify({
    id: eventId,
    type,
    version: PAYLOAD_VERSION,
    sequence,
    timestamp: occurredAt.toISOString(),
    data: payload,
  });
}

/** Signs a delivery and posts it to its endpoint, once. @throws SealBroken, or the signal's reason */
export function tryOnce(taken: Taken, box: SecretBox, options: PostOptions): Promise<Answer> {
  const owner = { id: taken.endpointId, userId: taken.userId };
  const secrets = [taken.secret, taken.previousSecret].flatMap((sealed) => (sealed ? [box.open(owner, sealed)] : []));
  const body = bodyOf(taken);
  return post(taken.url, signatureHeaders(secrets, taken.eventId, new Date(), body), body, options);
}
