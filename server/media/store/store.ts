import type { Readable } from "node:stream";
import { type Id, isId } from "#db/ids.ts";

/** Where the bytes of files are. Both web and worker open it; what one put, the other gets. */
export interface MediaStore {
  /** Whole or not at all; what was there under this key is replaced. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Null when there is nothing under this key. */
  get(key: string): Promise<Readable | null>;
  /** Nothing to remove is fine. */
  remove(key: string): Promise<void>;
  /** Everything that is there, some at a time. */
  list(): AsyncIterable<readonly StoredFile[]>;
}

export interface StoredFile {
  key: string;
  /** When it was put there, by the store's clock. */
  putAt: Date;
}

const KEY = /^usr_[0-9a-z]+\/[0-9a-f]{64}$/;
const PLACE = /^(usr_[0-9a-z]+)\/([0-9a-f]{64})(\.[0-9a-f]+\.part)?$/;

/** The place of a user's file, by what is in it. */
export function mediaKey(userId: Id<"user">, sha256: string): string {
  const key = `${userId}/${sha256}`;
  if (!KEY.test(key)) throw new Error("a file's place is its user and the SHA-256 of its content");
  return key;
}

/** What is at a place; null for what nobody here has put there. `partial`: a write that did not come to its end. */
export function readKey(key: string): { userId: Id<"user">; sha256: string; partial: boolean } | null {
  const [, userId, sha256, part] = PLACE.exec(key) ?? [];
  return isId("user", userId) && sha256 !== undefined ? { userId, sha256, partial: part !== undefined } : null;
}
