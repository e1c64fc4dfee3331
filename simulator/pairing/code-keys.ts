import { createCipheriv, createDecipheriv, hkdfSync, pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";

// The figures of Baileys' requestPairingCode, derivePairingCodeKey and its link_code_companion_reg notification.
const ITERATIONS = 131_072;
const SALT = 32;
const CTR_IV = 16;
const GCM_IV = 12;
const GCM_TAG = 16;
const KEY = 32;

/** The length of a key wrapped with a code: salt, iv, key. */
export const WRAPPED_BYTES = SALT + CTR_IV + KEY;

/** Off the event loop: it takes tens of milliseconds. */
const keyOfCode = (code: string, salt: Uint8Array): Promise<Buffer> =>
  promisify(pbkdf2)(code, salt, ITERATIONS, KEY, "sha256");

/** Encrypts a public key with the code: salt(32) | iv(16) | AES-256-CTR. */
export const wrapKey = async (code: string, publicKey: Uint8Array): Promise<Buffer> => {
  const [salt, iv] = [randomBytes(SALT), randomBytes(CTR_IV)];
  return Buffer.concat([salt, iv, createCipheriv("aes-256-ctr", await keyOfCode(code, salt), iv).update(publicKey)]);
};

/** The other direction. A wrong code gives 32 bytes too, only not the right ones. */
export const unwrapKey = async (code: string, wrapped: Buffer): Promise<Buffer> => {
  const key = await keyOfCode(code, wrapped.subarray(0, SALT));
  const iv = wrapped.subarray(SALT, SALT + CTR_IV);
  return createDecipheriv("aes-256-ctr", key, iv).update(wrapped.subarray(SALT + CTR_IV));
};

const derived = (secret: Uint8Array, salt: Uint8Array, info: string): Buffer =>
  Buffer.from(hkdfSync("sha256", secret, salt, info, KEY));

/** What a client entrusts to the phone once both have the same shared key. */
export interface KeyBundle {
  companionIdentity: Buffer;
  primaryIdentity: Buffer;
  random: Buffer;
}

/** Opens salt(32) | iv(12) | AES-256-GCM of a bundle. Throws when it was closed with another key. */
export const openBundle = (shared: Uint8Array, sealed: Buffer): KeyBundle => {
  const head = SALT + GCM_IV;
  const key = derived(shared, sealed.subarray(0, SALT), "link_code_pairing_key_bundle_encryption_key");
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(SALT, head), { authTagLength: GCM_TAG });
  decipher.setAuthTag(sealed.subarray(-GCM_TAG));
  const plain = Buffer.concat([decipher.update(sealed.subarray(head, -GCM_TAG)), decipher.final()]);
  const [companionIdentity, primaryIdentity, random] = [0, 1, 2].map((at) => plain.subarray(at * KEY, (at + 1) * KEY));
  if (!companionIdentity || !primaryIdentity || random?.length !== KEY) throw new Error("the key bundle is too short");
  return { companionIdentity, primaryIdentity, random };
};

/** The secret that a QR would have carried. */
export const advSecretOf = (shared: Buffer, identityShared: Buffer, random: Buffer): Buffer =>
  derived(Buffer.concat([shared, identityShared, random]), Buffer.alloc(0), "adv_secret");
