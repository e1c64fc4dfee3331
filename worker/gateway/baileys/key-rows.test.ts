import { randomBytes } from "node:crypto";
import { BufferJSON } from "@whiskeysockets/baileys";
import postgres from "postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Connection, connect } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { newDataKey, openSealer, SealBroken, type Sealer } from "#server/keys/seal.ts";
import type { Owner } from "#server/wa/report.ts";
import { useDatabase } from "#tests/database.ts";
import { createHeldSession, createUser, testEnv } from "#tests/factories.ts";
import { type KeyRows, LeaseLost, openKeyRows, parseRow } from "./key-rows.ts";

const databaseUrl = useDatabase();
const statements: string[] = [];
const broken: SealBroken[] = [];
let connection: Connection;
let counted: postgres.Sql;
let userId: Id<"user">;
let owner: Owner;
let sealer: Sealer;
let rows: KeyRows;

beforeAll(async () => {
  connection = connect(databaseUrl());
  counted = postgres(databaseUrl(), { max: 2, onnotice: () => {}, debug: (_, query) => void statements.push(query) });
  userId = await createUser(connection.db);
});
afterAll(async () => {
  await counted?.end();
  await connection?.close();
});
beforeEach(async () => {
  const { sessionId, workerId, epoch } = await createHeldSession(connection.db, userId);
  const { sessionKeys } = testEnv(databaseUrl());
  owner = { sessionId, userId, workerId, epoch };
  sealer = openSealer(owner, newDataKey(owner, sessionKeys), sessionKeys);
  rows = openKeyRows(counted, owner, sealer, (error) => void broken.push(error));
  // The first statement of a connection is preceded by questions about types.
  await rows.get("warm", ["up"]);
  statements.length = 0;
  broken.length = 0;
});

/** As another process with a cache of its own reads them. */
const read = (kind: string, ids: string[]) => openKeyRows(connection.sql, owner, sealer, () => {}).get(kind, ids);
const stored = async () =>
  (
    await connection.sql<{ n: number }[]>`select count(*)::int as n from wa_session_keys
     where wa_session_id = ${owner.sessionId}`
  )[0]?.n;
const preKeys = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    kind: "pre-key",
    id: String(i),
    value: { private: randomBytes(32), public: randomBytes(32) },
  }));

describe("a write of keys", () => {
  test("is there for every other connection once it has resolved", async () => {
    const fresh = postgres(databaseUrl(), { max: 1 });
    for (let n = 0; n < 20; n++) {
      await rows.set([{ kind: "session", id: "1.0", value: { n } }]);
      expect(await openKeyRows(fresh, owner, sealer, () => {}).get("session", ["1.0"])).toEqual({ "1.0": { n } });
    }
    await fresh.end();
  });

  test("is on the disk once it has resolved, also where the server does not wait for the disk", async () => {
    await counted`set synchronous_commit = off`;
    for (let n = 0; n < 20; n++) {
      const [before] = await connection.sql<{ at: string }[]>`select pg_current_wal_insert_lsn()::text as at`;
      await rows.set([{ kind: "session", id: "1.0", value: { n } }]);
      const [after] = await connection.sql<{ flushed: boolean }[]>`
        select pg_current_wal_flush_lsn() > ${before?.at ?? ""}::pg_lsn as flushed`;
      expect(after?.flushed).toBe(true);
    }
  });

  test("is one statement for the 812 pre-keys of a first login", async () => {
    const made = preKeys(812);
    await rows.set(made);
    expect(statements).toHaveLength(1);
    expect(await stored()).toBe(812);
    const ids = made.map(({ id }) => id);
    expect(await read("pre-key", ids)).toEqual(Object.fromEntries(made.map(({ id, value }) => [id, value])));
  });

  test("shares the next statement with all that come while one runs, and the last value of a row wins", async () => {
    const writes = Array.from({ length: 50 }, (_, n) => [{ kind: "session", id: String(n % 5), value: { n } }]);
    await Promise.all(writes.map((one) => rows.set(one)));
    expect(statements.length).toBeLessThanOrEqual(2);
    expect(await read("session", ["0", "4"])).toEqual({ 0: { n: 45 }, 4: { n: 49 } });
  });

  test("keeps kinds that nobody here has heard of, whatever their ids look like", async () => {
    const odd = [
      { kind: "tc-token", id: "628123@s.whatsapp.net", value: { token: randomBytes(8), timestamp: "1" } },
      { kind: "a kind of 2031|x", id: "y", value: ["z"] },
      { kind: "a kind of 2031", id: "x|y", value: "another row" },
    ];
    await rows.set(odd);
    for (const { kind, id, value } of odd) {
      expect(await read(kind, [id])).toEqual({ [id]: value });
      expect(await rows.get(kind, [id])).toEqual({ [id]: value });
    }
  });

  test("removes a row that became null", async () => {
    await rows.set(preKeys(3));
    await rows.set([{ kind: "pre-key", id: "1", value: null }]);
    expect(await stored()).toBe(2);
    expect(Object.keys(await rows.get("pre-key", ["0", "1", "2"]))).toEqual(["0", "2"]);
  });

  test("by a worker whose lease is over changes nothing and says so", async () => {
    await rows.set([{ kind: "session", id: "1.0", value: "mine" }]);
    await connection.sql`update wa_sessions set epoch = epoch + 1 where id = ${owner.sessionId}`;
    await expect(rows.set([{ kind: "session", id: "1.0", value: "late" }, ...preKeys(3)])).rejects.toThrow(LeaseLost);
    await expect(rows.set([{ kind: "session", id: "1.0", value: null }])).rejects.toThrow(LeaseLost);
    expect(await stored()).toBe(1);
    expect(await read("session", ["1.0"])).toEqual({ "1.0": "mine" });
  });
});

describe("keys that may be stored soon", () => {
  const chain = (n: number) => [{ kind: "session", id: String(n), value: { n } }];

  test("are known here at once, and to everybody a moment later, all by one statement", async () => {
    await connection.sql.begin(async (tx) => {
      // No key of a session is written as long as its row is locked.
      await tx`select 1 from wa_sessions where id = ${owner.sessionId} for update`;
      for (let n = 0; n < 5; n++) rows.setSoon(chain(n));
      expect(await rows.get("session", ["4"])).toEqual({ 4: { n: 4 } });
      expect(await stored()).toBe(0);
    });
    await expect.poll(stored).toBe(5);
    expect(statements).toHaveLength(1);
  });

  test("are durable when somebody waits for all that there is", async () => {
    rows.setSoon(chain(1));
    await rows.saved();
    expect(await read("session", ["1"])).toEqual({ 1: { n: 1 } });
  });

  test("go with the next write that is waited for", async () => {
    rows.setSoon(chain(1));
    await rows.set(chain(2));
    expect(await stored()).toBe(2);
    expect(statements).toHaveLength(1);
  });

  test("hold nothing up while they are new; once they are late, they are waited for, and their failure is met", async () => {
    await connection.sql`update wa_sessions set epoch = epoch + 1 where id = ${owner.sessionId}`;
    rows.setSoon(chain(1));
    // Whoever waited would have met the lost lease.
    await rows.caughtUp();
    await expect.poll(() => rows.caughtUp().then(() => "up", String)).toMatch("LeaseLost");
    expect(await stored()).toBe(0);
  });
});

describe("a read of keys", () => {
  test("asks the database once, for rows that are there and for rows that are not", async () => {
    await rows.set(preKeys(2));
    statements.length = 0;
    const again = openKeyRows(counted, owner, sealer, () => {});
    for (let n = 0; n < 3; n++) {
      expect(Object.keys(await rows.get("pre-key", ["0", "1"]))).toHaveLength(2);
      expect(Object.keys(await again.get("pre-key", ["0", "1", "none"]))).toHaveLength(2);
    }
    expect(statements, "only that of the reader who did not write them").toHaveLength(1);
  });

  test("gives a value of its own: what the reader changes in it is not stored", async () => {
    const given = { keys: [1] };
    await rows.set([{ kind: "sender-key", id: "1", value: given }]);
    given.keys.push(2);
    const { 1: first } = await rows.get("sender-key", ["1"]);
    Object.assign(first as object, { keys: [] });
    expect(await rows.get("sender-key", ["1"])).toEqual({ 1: { keys: [1] } });
  });

  test("refuses a row that was changed, and tells it", async () => {
    await rows.set(preKeys(1));
    await connection.sql`update wa_session_keys set value = set_byte(value, 20, get_byte(value, 20) # 1)
      where wa_session_id = ${owner.sessionId}`;
    const again = openKeyRows(counted, owner, sealer, (error) => void broken.push(error));
    await expect(again.get("pre-key", ["0"])).rejects.toThrow(SealBroken);
    expect(broken.map(String)).toEqual([expect.stringContaining("The stored pre-key is refused")]);
  });
});

test("keys that the database refused for longer than anybody waits are stored with the next write", async () => {
  await connection.sql`create or replace function refuse_keys() returns trigger language plpgsql
    as $$ begin raise 'no space left on device' using errcode = '53100'; end $$`;
  await connection.sql`create trigger refuse_keys before insert or update on wa_session_keys
    for each statement execute function refuse_keys()`;
  try {
    await expect(rows.set([{ kind: "session", id: "1.0", value: "newest" }])).rejects.toThrow("no space left");
    expect(await rows.get("session", ["1.0"]), "WhatsApp has seen its effect").toEqual({ "1.0": "newest" });
  } finally {
    await connection.sql`drop trigger refuse_keys on wa_session_keys`;
  }
  await rows.set([{ kind: "session", id: "2.0", value: "next" }]);
  expect(await read("session", ["1.0", "2.0"])).toEqual({ "1.0": "newest", "2.0": "next" });
  statements.length = 0;
  await rows.saved();
  expect(statements, "nothing is owed any more").toEqual([]);
});

test.each<[string, unknown]>([
  ["a text", "4915123@lid"],
  ["nothing", null],
  ["a list of texts", ["0", "7"]],
  ["devices", { at: 1, devices: [{ user: "4915", server: "lid" }] }],
  ["a Signal session", { _sessions: { BQ: { _chains: { BQ: { messageKeys: { 3: "AA==" } } } } }, version: "v1" }],
  ["bytes", randomBytes(32)],
  ["bytes inside", { public: randomBytes(32), deep: [{ private: new Uint8Array([1, 2]) }] }],
  ["bytes under their places", { key: { 0: 1, 1: 255 } }],
  ["numbers under numbers of another kind", [{ "-1": 2 }, { " 5": 6 }, { "\n5": 6 }, { "+1": 1 }, { "": 1 }, { x: 1 }]],
])("%s is read as the library reads it", (_, value) => {
  const text = JSON.stringify(value, BufferJSON.replacer);
  expect(parseRow(text)).toEqual(JSON.parse(text, BufferJSON.reviver));
});
