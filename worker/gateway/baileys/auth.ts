import "./quiet.ts";
import { AsyncLocalStorage } from "node:async_hooks";
import {
  type AuthenticationCreds,
  type AuthenticationState,
  BufferJSON,
  initAuthCreds,
  proto,
  type SignalDataTypeMap,
  type SignalKeyStore,
} from "@whiskeysockets/baileys";
import type { Sql } from "#db/client.ts";
import {
  newDataKey,
  openSealer,
  SealBroken,
  type Sealer,
  type SessionKeys,
  type WrappedKey,
} from "#server/keys/seal.ts";
import type { Owner } from "#server/wa/report.ts";
import type { SessionStatus } from "#server/wa/rules.ts";
import type { GatewayEvent } from "../gateway.ts";
import { durably, type KeyRow, type KeyRows, LeaseLost, openKeyRows, patiently } from "./key-rows.ts";
import { fromMappings } from "./translate.ts";

/** What a socket needs to know of its session, kept in Postgres. It outlives the socket. */
export interface SessionAuth {
  state: AuthenticationState;
  rows: KeyRows;
  sealer: Sealer;
  /** Does something whose keys are durable a moment later, together with those of what follows. */
  storingSoon<T>(act: () => Promise<T>): Promise<T>;
  /**
   * Writes a message, and stores its keys soon. Until they are durable (`written`) it counts as one that may have been written,
   * and is handed over again with the same keys.
   */
  writing<T>(write: () => Promise<T>): Promise<T>;
  /** Resolves when the keys of all messages so far are durable, also of one that is being written. @throws as `rows.saved` */
  written(): Promise<void>;
  /** Queues a write of the credentials as they are now. Resolves when they are durable. @throws LeaseLost */
  saveCreds(): Promise<void>;
  /** Resolves when every write so far has ended, well or not. */
  settled(): Promise<void>;
}

const CREDS = "credentials";

/** One for all sessions: Node 20 looks at each storage there is whenever a promise is made. */
const soon = new AsyncLocalStorage<true>();

interface StoredAuth {
  wrappedKey: Buffer | null;
  keyId: string | null;
  dataKeyId: string | null;
  credentials: Buffer | null;
  status: SessionStatus;
}

/** Before these end nothing is stored that would be missed. */
const beginning: readonly SessionStatus[] = ["waiting", "pairing"];

/**
 * Opens a session's credentials and keys, or makes new ones for a session that is about to be linked.
 * @throws SealBroken if what is stored is not what was sealed for this session, or a part of it is gone
 * @throws LeaseLost
 */
export async function loadAuth(
  sql: Sql,
  owner: Owner,
  sessionKeys: SessionKeys,
  on: { broken: (error: SealBroken) => void; event: (event: GatewayEvent) => void },
): Promise<SessionAuth> {
  const [row] = await sql<StoredAuth[]>`
    select wrapped_key as "wrappedKey", key_id as "keyId", data_key_id as "dataKeyId", credentials, status
      from wa_sessions where id = ${owner.sessionId} and owner_id = ${owner.workerId} and epoch = ${owner.epoch}`;
  if (!row) throw new LeaseLost();
  const stored = storedKey(row);
  const sealer = openSealer(owner, stored ?? (await beginKeys(sql, owner, sessionKeys)), sessionKeys);
  const creds = stored && row.credentials ? parseCreds(sealer.open(CREDS, CREDS, row.credentials)) : initAuthCreds();
  const rows = openKeyRows(sql, owner, sealer, on.broken);
  const writes = new Set<Promise<unknown>>();

  let saving: Promise<void> = Promise.resolve();
  const saveCreds = () => {
    saving = saving.catch(() => {}).then(() => patiently(() => writeCreds(sql, owner, sealer, creds)));
    return saving;
  };
  return {
    state: { creds, keys: keyStore(rows, on.event) },
    rows,
    sealer,
    storingSoon: (act) => soon.run(true, act),
    writing: async (write) => {
      const done = soon.run(true, write);
      writes.add(done);
      try {
        return await done;
      } finally {
        writes.delete(done);
      }
    },
    written: async () => {
      await Promise.allSettled(writes);
      await rows.saved();
    },
    saveCreds,
    settled: async () => {
      await Promise.allSettled([saving, rows.settled()]);
    },
  };
}

/** @throws SealBroken where a linked phone would silently become a device that nobody ever linked */
function storedKey({ wrappedKey, keyId, dataKeyId, credentials, status }: StoredAuth): WrappedKey | null {
  const whole = wrappedKey && keyId && dataKeyId ? { wrappedKey, keyId, dataKeyId } : null;
  if (beginning.includes(status)) return whole;
  if (!whole) throw new SealBroken("data key", "it is gone");
  if (!credentials) throw new SealBroken("credentials", "they are gone");
  return whole;
}

/** A data key of its own for the session. Rows under an earlier one can never be opened again and go. */
async function beginKeys(sql: Sql, owner: Owner, sessionKeys: SessionKeys): Promise<WrappedKey> {
  const made = newDataKey(owner, sessionKeys);
  await sql.begin(async (tx) => {
    const held = await tx`
      update wa_sessions
         set wrapped_key = ${made.wrappedKey}, key_id = ${made.keyId}, data_key_id = ${made.dataKeyId}, credentials = null
       where id = ${owner.sessionId} and owner_id = ${owner.workerId} and epoch = ${owner.epoch} returning id`;
    if (held.length === 0) throw new LeaseLost();
    await tx`delete from wa_session_keys where wa_session_id = ${owner.sessionId}`;
  });
  return made;
}

function parseCreds(plain: Buffer): AuthenticationCreds {
  const creds: unknown = JSON.parse(plain.toString(), BufferJSON.reviver);
  // Only writeCreds makes these rows, and the seal proves that nobody changed them.
  return creds as AuthenticationCreds;
}

async function writeCreds(sql: Sql, owner: Owner, sealer: Sealer, creds: AuthenticationCreds): Promise<void> {
  const sealed = sealer.seal(CREDS, CREDS, Buffer.from(JSON.stringify(creds, BufferJSON.replacer)));
  const held = await sql`
    update wa_sessions set credentials = ${sealed}
     where id = ${owner.sessionId} and owner_id = ${owner.workerId} and epoch = ${owner.epoch}
    returning ${durably(sql)}`;
  if (held.length === 0) throw new LeaseLost();
}

function keyStore(rows: KeyRows, onEvent: (event: GatewayEvent) => void): SignalKeyStore {
  return {
    async get<T extends keyof SignalDataTypeMap>(kind: T, ids: string[]) {
      const found = await rows.get(kind, ids);
      if (kind === "app-state-sync-key") {
        // Baileys needs the message class here, not its plain fields.
        for (const [id, value] of Object.entries(found)) {
          found[id] = proto.Message.AppStateSyncKeyData.fromObject(value as Record<string, unknown>);
        }
      }
      // Rows of a kind are written by `set` below alone, with this type.
      return found as { [id: string]: SignalDataTypeMap[T] };
    },
    async set(data) {
      const changes: KeyRow[] = Object.entries(data).flatMap(([kind, values]) =>
        Object.entries(values ?? {}).map(([id, value]) => ({ kind, id, value })),
      );
      // Every way in which Baileys learns that a number and a LID are one person ends here. Told first: a write that fails
      // is made up for later, but Baileys knows the pair by then and does not bring it again.
      for (const event of fromMappings(data["lid-mapping"] ?? {})) onEvent(event);
      if (soon.getStore()) rows.setSoon(changes);
      else await rows.set(changes);
    },
  };
}
