import "./quiet.ts";
import { setTimeout as sleep } from "node:timers/promises";
import { BufferJSON } from "@whiskeysockets/baileys";
import type { Sql } from "#db/client.ts";
import { SealBroken, type Sealer } from "#server/keys/seal.ts";
import type { Owner } from "#server/wa/report.ts";

/** Another worker holds the session by now: what this one knows is old and must not be written. */
export class LeaseLost extends Error {
  constructor() {
    super("The session is held by another worker.");
    this.name = "LeaseLost";
  }
}

/** How long a statement waits out a database that is away. Longer, and the lease is lost anyway. */
const PATIENCE_MS = 10_000;
/** How long rows wait for others, and after how long they are late: nothing more is written then before they are durable. */
const SOON_MS = 25;
const LATE_MS = 100;
/**
 * Signal sessions also kept as they were given. libsignal makes them from its own and its own from them (`SessionRecord.serialize`
 * and `deserialize`), so what it gave never changes; and the sessions of a message are read several times while it is sent.
 */
const SESSION = "session";
const OPEN_SESSIONS = 200;
/** Rows kept in memory, about 2 kB each at most. */
const CACHED = 20_000;

export interface KeyRow {
  kind: string;
  id: string;
  /** null removes the row. */
  value: unknown;
}

interface StoredRow {
  kind: string;
  hash: string;
  sealed: Buffer | null;
}

/**
 * The rows of one session's Signal keys, encrypted. Read through a cache, which is complete for what it holds because
 * nobody else may write; it lives as long as the lease, so a reconnect starts warm. Misses are cached too. A kind is any
 * text: a new one of the library needs nothing here.
 */
export interface KeyRows {
  get(kind: string, ids: readonly string[]): Promise<Record<string, unknown>>;
  /**
   * Resolves when the rows are durable. Calls that come while a statement runs share the next one. Rows whose write failed
   * go with the next write: WhatsApp has seen their effect, so the older ones must never be used again.
   * @throws LeaseLost
   */
  set(rows: readonly KeyRow[]): Promise<void>;
  /** Takes rows that are to be durable in a moment, with those that come meanwhile. Until then `get` alone knows them. */
  setSoon(rows: readonly KeyRow[]): void;
  /** Resolves when no row is late: at once, as long as the database takes them. @throws as `set` */
  caughtUp(): Promise<void>;
  /** Resolves when every row so far is durable, trying again those that failed. @throws as `set` */
  saved(): Promise<void>;
  /** Resolves when every write so far has ended, well or not. */
  settled(): Promise<void>;
}

/**
 * What `BufferJSON` may make a Buffer of: what it wrote as one, and any object with numbers for names. It looks at each part of
 * a row, which takes ten times as long as to read it, and most rows hold neither.
 */
const MAY_HOLD_BYTES = /"type":"Buffer"|\{"[^A-Za-z_]/;

/** The value of a row, as `BufferJSON` reads it. */
export const parseRow = (text: string): unknown =>
  MAY_HOLD_BYTES.test(text) ? JSON.parse(text, BufferJSON.reviver) : JSON.parse(text);

/** Ids may hold any sign but this one, which Postgres does not store in a kind. */
const nameOf = (kind: string, id: string) => `${kind}\0${id}`;

/** @param onBroken told when a row cannot be opened; the read fails as well */
export function openKeyRows(sql: Sql, owner: Owner, sealer: Sealer, onBroken: (error: SealBroken) => void): KeyRows {
  // Text, not objects: Baileys changes what it was given. With the id as it is stored, which takes as long to make as a seal.
  const cache = new Map<string, { text: string | null; hash: string }>();
  const sessions = new Map<string, unknown>();
  const unwritten = new Map<string, StoredRow>();
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | null = null;
  let soon: NodeJS.Timeout | undefined;
  /** When the oldest row that is not durable was given. */
  let oldestAt = Number.POSITIVE_INFINITY;

  /** The one that was given last comes last. */
  const keepOpen = (name: string, value: unknown) => {
    sessions.delete(name);
    if (value !== null && value !== undefined) sessions.set(name, value);
    if (sessions.size > OPEN_SESSIONS) for (const oldest of sessions.keys()) if (sessions.delete(oldest)) break;
  };
  const remember = (name: string, text: string | null, hash: string) => {
    cache.delete(name);
    cache.set(name, { text, hash });
    if (cache.size <= CACHED) return;
    for (const oldest of cache.keys()) if (!unwritten.has(oldest) && cache.delete(oldest)) break;
  };

  async function write(): Promise<void> {
    const rows = [...unwritten];
    if (rows.length === 0) return;
    const begun = performance.now();
    await patiently(() =>
      writeRows(
        sql,
        owner,
        rows.map(([, row]) => row),
      ),
    );
    for (const [name, row] of rows) if (unwritten.get(name) === row) unwritten.delete(name);
    oldestAt = unwritten.size > 0 ? begun : Number.POSITIVE_INFINITY;
  }

  const flush = (): Promise<void> => {
    next ??= running
      .catch(() => {})
      .then(() => {
        next = null;
        clearTimeout(soon);
        soon = undefined;
        running = write();
        return running;
      });
    return next;
  };
  const put = (rows: readonly KeyRow[]) => {
    if (rows.length > 0) oldestAt = Math.min(oldestAt, performance.now());
    for (const { kind, id, value } of rows) {
      const text = value === null || value === undefined ? null : JSON.stringify(value, BufferJSON.replacer);
      const name = nameOf(kind, id);
      const hash = cache.get(name)?.hash ?? sealer.rowId(kind, id);
      const sealed = text === null ? null : sealer.seal(kind, hash, Buffer.from(text));
      unwritten.set(name, { kind, hash, sealed });
      remember(name, text, hash);
      if (kind === SESSION) keepOpen(name, value);
    }
  };
  const saved = () => (unwritten.size === 0 ? Promise.resolve() : flush());

  return {
    async get(kind, ids) {
      const missing = ids.filter((id) => !cache.has(nameOf(kind, id)));
      if (missing.length > 0) {
        // A read that fails costs a message: Baileys gives up the one it was decrypting.
        const stored = await patiently(() => readRows(sql, owner, sealer, kind, missing)).catch((error: unknown) => {
          if (error instanceof SealBroken) onBroken(error);
          throw error;
        });
        // What was written meanwhile is newer than what was read.
        for (const { id, hash, text } of stored) {
          if (!cache.has(nameOf(kind, id))) remember(nameOf(kind, id), text, hash);
        }
      }
      // Without a prototype it is a dictionary: V8 would make a hidden class for each new name otherwise.
      const found: Record<string, unknown> = Object.create(null);
      for (const id of ids) {
        const name = nameOf(kind, id);
        const text = cache.get(name)?.text;
        if (typeof text === "string") found[id] = sessions.get(name) ?? parseRow(text);
      }
      return found;
    },
    set(rows) {
      put(rows);
      return saved();
    },
    setSoon(rows) {
      put(rows);
      // Whoever needs them, or writes next, meets a failure again.
      soon ??= setTimeout(() => void flush().catch(() => {}), SOON_MS);
    },
    caughtUp: () => (performance.now() - oldestAt > LATE_MS ? saved() : Promise.resolve()),
    saved,
    settled: () => saved().catch(() => {}),
  };
}

/** Waits out a database that is away for a moment. @throws what no waiting mends at once, anything else after 10 s */
export async function patiently<T>(act: () => Promise<T>): Promise<T> {
  for (const started = performance.now(); ; ) {
    try {
      return await act();
    } catch (error) {
      const final = error instanceof LeaseLost || error instanceof SealBroken;
      if (final || performance.now() - started > PATIENCE_MS) throw error;
      await sleep(100);
    }
  }
}

async function readRows(sql: Sql, owner: Owner, sealer: Sealer, kind: string, ids: readonly string[]) {
  const asked = ids.map((id) => ({ id, hash: sealer.rowId(kind, id) }));
  const rows = await sql<{ hash: string; value: Buffer }[]>`
    select key_hash as hash, value from wa_session_keys
     where wa_session_id = ${owner.sessionId} and kind = ${kind} and key_hash = any(${asked.map(({ hash }) => hash)}::text[])`;
  const found = new Map(rows.map(({ hash, value }) => [hash, sealer.open(kind, hash, value).toString()]));
  return asked.map(({ id, hash }) => ({ id, hash, text: found.get(hash) ?? null }));
}

/** Part of a statement's answer: its commit waits for the disk, however the server or the database is set. */
export const durably = (sql: Sql) => sql`set_config('synchronous_commit', 'on', true)`;

/**
 * One statement for all rows. FOR SHARE holds a takeover back until it is through, so that the next owner reads its keys
 * after this one's last write.
 */
async function writeRows(sql: Sql, owner: Owner, rows: readonly StoredRow[]): Promise<void> {
  const kept = rows.filter((row) => row.sealed !== null);
  const gone = rows.filter((row) => row.sealed === null);
  const [result] = await sql<{ held: number }[]>`
    with fence as materialized (
      select ${durably(sql)} from wa_sessions
       where id = ${owner.sessionId} and owner_id = ${owner.workerId} and epoch = ${owner.epoch} for share
    ), kept as (
      insert into wa_session_keys (wa_session_id, user_id, kind, key_hash, value)
      select ${owner.sessionId}, ${owner.userId}, kind, hash, decode(value, 'base64')
        from unnest(${kept.map((row) => row.kind)}::text[], ${kept.map((row) => row.hash)}::text[],
                    ${kept.map((row) => row.sealed?.toString("base64") ?? "")}::text[]) as row(kind, hash, value)
       where exists (select 1 from fence)
      on conflict (wa_session_id, kind, key_hash) do update set value = excluded.value
    ), gone as (
      delete from wa_session_keys k
       using unnest(${gone.map((row) => row.kind)}::text[], ${gone.map((row) => row.hash)}::text[]) as row(kind, hash)
       where k.wa_session_id = ${owner.sessionId} and k.kind = row.kind and k.key_hash = row.hash
         and exists (select 1 from fence)
    )
    select count(*)::int as held from fence`;
  if (result?.held !== 1) throw new LeaseLost();
}
