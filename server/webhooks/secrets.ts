import { randomBytes } from "node:crypto";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { readAppKey } from "../keys/app-keys.ts";
import { openValue, type SessionKeys, sealValue } from "../keys/seal.ts";

/** Whose secret it is: part of its seal, so that a row copied to another endpoint or user does not open. */
export interface SecretOwner {
  id: Id<"webhookEndpoint">;
  userId: Id<"user">;
}

/** Seals and opens the secrets of endpoints. */
export interface SecretBox {
  seal(owner: SecretOwner, secret: Uint8Array): Buffer;
  /** @throws SealBroken */
  open(owner: SecretOwner, sealed: Uint8Array): Buffer;
}

const ofOwner = ({ id, userId }: SecretOwner) => `webhook|${id}|${userId}`;

/**
 * The box, under the product's key for secrets of webhooks.
 * @param db the system path
 * @throws SealBroken if SESSION_KEY is another than the one that wrapped that key
 */
export async function openSecretBox(db: Db, keys: SessionKeys): Promise<SecretBox> {
  const key = await readAppKey(db, keys, "webhooks");
  return {
    seal: (owner, secret) => sealValue(key, ofOwner(owner), secret),
    open: (owner, sealed) => openValue(key, ofOwner(owner), sealed),
  };
}

/** 32 random bytes: Standard Webhooks asks for 24 to 64. */
export const newSecret = (): Buffer => randomBytes(32);

/** A secret as people copy it, in the form of Standard Webhooks. */
export const secretText = (secret: Uint8Array): string => `whsec_${Buffer.from(secret).toString("base64")}`;
