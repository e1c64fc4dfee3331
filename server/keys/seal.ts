import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";
import type { Id } from "#db/ids.ts";
import type { appKeys } from "#db/schema/index.ts";

const NONCE = 12;
const TAG = 16;

/** A key of the environment, and the short name that is stored beside what it wrapped. */
export interface SessionKey {
  id: string;
  key: Buffer;
}

/** The environment's keys: new data keys are wrapped by `current`, and any of `byId` (that one too) may still open. */
export interface SessionKeys {
  current: SessionKey;
  byId: ReadonlyMap<string, SessionKey>;
}

/** A session's data key as it is stored. */
export interface WrappedKey {
  wrappedKey: Buffer;
  /** Which SESSION_KEY wrapped it. */
  keyId: string;
  /** Names the data key itself; stays when it is wrapped anew, so that what it sealed stays readable. */
  dataKeyId: string;
}

/** Whose secrets these are: part of every seal, so that a row copied to another session or user does not open. */
export interface SealOwner {
  sessionId: Id<"waSession">;
  userId: Id<"user">;
}

/** What is sealed was changed, moved to another row, or sealed with another key. Nothing of it is ever used. */
export class SealBroken extends Error {
  constructor(what: string, why: string) {
    super(`The stored ${what} is refused: ${why}.`);
    this.name = "SealBroken";
  }
}

/** Opens and closes the secrets of one session. */
export interface Sealer {
  /** The stored name of a row: Baileys' own ids contain phone numbers. */
  rowId(kind: string, id: string): string;
  /** @param rowId from `rowId`; a value opens only under the kind and row it was sealed for */
  seal(kind: string, rowId: string, plain: Uint8Array): Buffer;
  /** @throws SealBroken */
  open(kind: string, rowId: string, sealed: Uint8Array): Buffer;
}

function close(key: Buffer, aad: string, plain: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(aad));
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function unclose(key: Buffer, aad: string, sealed: Uint8Array, what: string): Buffer {
  if (sealed.length < NONCE + TAG) throw new SealBroken(what, "it is too short to be ours");
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, NONCE))
    .setAAD(Buffer.from(aad))
    .setAuthTag(sealed.subarray(sealed.length - TAG));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(NONCE, sealed.length - TAG)), decipher.final()]);
  } catch {
    throw new SealBroken(what, "it was changed, or belongs to another row");
  }
}

const aadOf = (owner: SealOwner, kind: string, rowId: string, keyId: string) =>
  ["v1", owner.sessionId, owner.userId, kind, rowId, keyId].join("|");

const wrap = (owner: SealOwner, dataKey: Uint8Array, by: SessionKey) => ({
  wrappedKey: close(by.key, aadOf(owner, "data-key", "", by.id), dataKey),
  keyId: by.id,
});

function unwrap(owner: SealOwner, { wrappedKey, keyId }: Omit<WrappedKey, "dataKeyId">, keys: SessionKeys): Buffer {
  const by = keys.byId.get(keyId);
  if (!by) throw new SealBroken("data key", "it was wrapped by another SESSION_KEY");
  return unclose(by.key, aadOf(owner, "data-key", "", keyId), wrappedKey, "data key");
}

/** A key of the product itself, as it is stored. */
export type AppKey = typeof appKeys.$inferSelect;

const appKeyAad = (name: string, keyId: string) => ["v1", "app-key", name, keyId].join("|");

/** Wraps a key of the product by the environment's current SESSION_KEY. */
export function wrapAppKey(name: AppKey["name"], key: Uint8Array, { current }: SessionKeys): AppKey {
  return { name, wrappedKey: close(current.key, appKeyAad(name, current.id), key), keyId: current.id };
}

/** @throws SealBroken if it is damaged, another key, or wrapped by a SESSION_KEY that is not known here */
export function unwrapAppKey({ name, wrappedKey, keyId }: AppKey, keys: SessionKeys): Buffer {
  const by = keys.byId.get(keyId);
  if (!by) throw new SealBroken(`${name} key`, "it was wrapped by another SESSION_KEY");
  return unclose(by.key, appKeyAad(name, keyId), wrappedKey, `${name} key`);
}

const valueAad = (of: string) => `v1|value|${of}`;

/** Seals one value with a key of the product. It opens for the same `of` alone, which says whose it is. */
export function sealValue(key: Uint8Array, of: string, plain: Uint8Array): Buffer {
  return close(Buffer.from(key), valueAad(of), plain);
}

/** @throws SealBroken if it was changed, sealed for another `of`, or with another key */
export function openValue(key: Uint8Array, of: string, sealed: Uint8Array): Buffer {
  return unclose(Buffer.from(key), valueAad(of), sealed, "value");
}

/** Makes a session's data key, wrapped by the environment's current one. */
export function newDataKey(owner: SealOwner, { current }: SessionKeys): WrappedKey {
  return { ...wrap(owner, randomBytes(32), current), dataKeyId: randomBytes(8).toString("hex") };
}

/**
 * The same data key, wrapped by the current SESSION_KEY: nothing that it sealed changes.
 * @throws SealBroken if it cannot be opened
 */
export function rewrap(owner: SealOwner, stored: Omit<WrappedKey, "dataKeyId">, keys: SessionKeys) {
  return wrap(owner, unwrap(owner, stored, keys), keys.current);
}

/**
 * AES-256-GCM under the session's data key, a random nonce each time.
 * @throws SealBroken if the wrapped key is damaged, another session's, or wrapped by a SESSION_KEY that is not known here
 */
export function openSealer(owner: SealOwner, stored: WrappedKey, keys: SessionKeys): Sealer {
  const dataKey = unwrap(owner, stored, keys);
  const derive = (use: string) => Buffer.from(hkdfSync("sha256", dataKey, "", `masssender ${use}`, 32));
  const sealing = derive("seal");
  const naming = derive("row ids");
  const aad = (kind: string, rowId: string) => aadOf(owner, kind, rowId, stored.dataKeyId);
  return {
    rowId: (kind, id) => createHmac("sha256", naming).update(`${kind}|${id}`).digest("base64url"),
    seal: (kind, rowId, plain) => close(sealing, aad(kind, rowId), plain),
    open: (kind, rowId, sealed) => unclose(sealing, aad(kind, rowId), sealed, kind),
  };
}
