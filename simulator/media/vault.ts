import { createHash, type Hash } from "node:crypto";
import { createReadStream, mkdirSync, readdirSync, rmSync } from "node:fs";
import { type FileHandle, open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";

const HOUR_MS = 3_600_000;

/** A file in the vault. */
export interface Kept {
  bytes: number;
  /** Both ends included. */
  stream: (from: number, to: number) => Readable;
}

/** More came than was allowed. */
export class TooLarge extends Error {}

/**
 * Files by the SHA-256 of their bytes (hex): in a folder, or in memory without one. A file is there whole or not at all,
 * even after a kill -9.
 */
export class Vault {
  readonly #folder: string | undefined;
  readonly #now: () => number;
  readonly #keepMs: number;
  readonly #inMemory = new Map<string, { bytes: Buffer; at: number }>();
  #sweptAt = 0;
  #drafts = 0;

  /** Files older than `keepMs` of the clock `now` are dropped; Infinity keeps them until `reset`. */
  constructor(folder: string | undefined, now: () => number, keepMs: number) {
    this.#folder = folder;
    this.#now = now;
    this.#keepMs = keepMs;
    if (!folder) return;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(folder)) if (name.endsWith(".draft")) rmSync(join(folder, name));
  }

  /**
   * Takes a file as it comes and keeps it if it is the one that was announced; false when its SHA-256 is another one.
   * Throws TooLarge after `limit` bytes.
   */
  async take(sha256: string, chunks: AsyncIterable<Buffer> | Iterable<Buffer>, limit = Infinity): Promise<boolean> {
    await this.#sweep();
    const hash = createHash("sha256");
    const kept = this.#folder
      ? await this.#takeToFile(this.#folder, sha256, chunks, hash, limit)
      : await this.#takeToMemory(sha256, chunks, hash, limit);
    return kept;
  }

  /** Keeps a file; returns its SHA-256. */
  async put(bytes: Buffer): Promise<string> {
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    if (!(await this.find(sha256))) await this.take(sha256, [bytes]);
    return sha256;
  }

  /** The file with this SHA-256, as long as it is kept. */
  async find(sha256: string): Promise<Kept | undefined> {
    const remembered = this.#inMemory.get(sha256);
    if (remembered && this.#isFresh(remembered.at)) {
      const { bytes } = remembered;
      return { bytes: bytes.length, stream: (from, to) => Readable.from([bytes.subarray(from, to + 1)]) };
    }
    if (!this.#folder || !/^[0-9a-f]{64}$/.test(sha256)) return undefined;
    const file = join(this.#folder, sha256);
    const found = await stat(file).catch(() => undefined);
    if (!found || !this.#isFresh(found.mtimeMs)) return undefined;
    return { bytes: found.size, stream: (start, end) => createReadStream(file, { start, end }) };
  }

  /** The bytes of a file. */
  async read(sha256: string): Promise<Buffer | undefined> {
    if (!(await this.find(sha256))) return undefined;
    return this.#folder ? readFile(join(this.#folder, sha256)) : this.#inMemory.get(sha256)?.bytes;
  }

  /** Drops everything. */
  reset(): void {
    this.#inMemory.clear();
    if (!this.#folder) return;
    for (const name of readdirSync(this.#folder)) rmSync(join(this.#folder, name), { force: true });
  }

  #isFresh(at: number): boolean {
    return at > this.#now() - this.#keepMs;
  }

  async #takeToMemory(
    sha256: string,
    chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
    hash: Hash,
    limit: number,
  ): Promise<boolean> {
    const parts: Buffer[] = [];
    for await (const chunk of counted(chunks, hash, limit)) parts.push(chunk);
    if (hash.digest("hex") !== sha256) return false;
    this.#inMemory.set(sha256, { bytes: Buffer.concat(parts), at: this.#now() });
    return true;
  }

  async #takeToFile(
    folder: string,
    sha256: string,
    chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
    hash: Hash,
    limit: number,
  ): Promise<boolean> {
    const draft = join(folder, `${++this.#drafts}.draft`);
    const file = await open(draft, "w", 0o600);
    try {
      await write(file, counted(chunks, hash, limit));
      if (hash.digest("hex") !== sha256) return false;
      // The age of a file is its age in simulated time.
      const at = this.#now() / 1000;
      await utimes(draft, at, at);
      await rename(draft, join(folder, sha256));
      return true;
    } finally {
      await rm(draft, { force: true });
    }
  }

  async #sweep(): Promise<void> {
    if (this.#keepMs === Infinity || this.#now() - this.#sweptAt < HOUR_MS) return;
    this.#sweptAt = this.#now();
    for (const [name, { at }] of this.#inMemory) if (!this.#isFresh(at)) this.#inMemory.delete(name);
    if (!this.#folder) return;
    for (const name of readdirSync(this.#folder)) {
      const found = await stat(join(this.#folder, name)).catch(() => undefined);
      if (found && !name.endsWith(".draft") && !this.#isFresh(found.mtimeMs)) rmSync(join(this.#folder, name));
    }
  }
}

async function* counted(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  hash: Hash,
  limit: number,
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > limit) throw new TooLarge();
    hash.update(chunk);
    yield chunk;
  }
}

const write = async (file: FileHandle, chunks: AsyncIterable<Buffer>): Promise<void> => {
  try {
    for await (const chunk of chunks) await file.writeFile(chunk);
  } finally {
    await file.close();
  }
};
