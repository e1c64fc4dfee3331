import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect } from "#db/client.ts";
import { useDatabase } from "#tests/database.ts";
import { createHeldSession, createUser, testEnv } from "#tests/factories.ts";
import type { GatewayEvent } from "../gateway.ts";
import { loadAuth } from "./auth.ts";

const databaseUrl = useDatabase();
let connection: Connection;
beforeAll(() => {
  connection = connect(databaseUrl());
});
afterAll(() => connection?.close());

function withResolvers() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** The keys of a session that is about to be linked, and what they tell. */
async function openAuth() {
  const { sql, db } = connection;
  const userId = await createUser(db);
  const { sessionId, workerId, epoch } = await createHeldSession(db, userId);
  await sql`update wa_sessions set status = 'waiting' where id = ${sessionId}`;
  const told: GatewayEvent[] = [];
  const auth = await loadAuth(sql, { sessionId, userId, workerId, epoch }, testEnv(databaseUrl()).sessionKeys, {
    broken: () => {},
    event: (event) => told.push(event),
  });
  const stored = async () => (await sql`select from wa_session_keys where wa_session_id = ${sessionId}`).length;
  return { auth, told, sessionId, stored };
}

test("which number and LID are one person is told even when the database does not take the keys", async () => {
  const { auth, told, sessionId } = await openAuth();
  await connection.sql`update wa_sessions set epoch = epoch + 1 where id = ${sessionId}`;
  const write = async () => auth.state.keys.set({ "lid-mapping": { "628123": "900", "900_reverse": "628123" } });
  await expect(write()).rejects.toThrow();
  expect(told).toEqual([{ type: "identities", pairs: [{ pn: "pn:+628123", lid: "lid:900" }] }]);
});

test("the keys of a message are awaited by what WhatsApp says of it, not by what writes it", async () => {
  const { auth, stored, sessionId } = await openAuth();
  const onTheWire = withResolvers();
  // Baileys stores the keys of a message after its frame is on the wire: an answer may come in between.
  const write = auth.writing(async () => {
    await onTheWire.promise;
    await auth.state.keys.set({ "device-list": { "628123": ["0"] } });
    return stored();
  });
  let kept: number | undefined;
  const heard = auth.written().then(async () => {
    kept = await stored();
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(kept, "its keys are not even known yet").toBe(undefined);
  await connection.sql.begin(async (tx) => {
    // No key of a session is stored as long as its row is locked.
    await tx`select 1 from wa_sessions where id = ${sessionId} for update`;
    onTheWire.resolve();
    expect(await write, "nobody waited for the disk").toBe(0);
  });
  await heard;
  expect(kept).toBe(1);
});

test("keys that belong to no message that is being written are durable at once", async () => {
  const { auth, stored } = await openAuth();
  await auth.state.keys.set({ "device-list": { "628123": ["0"] } });
  expect(await stored()).toBe(1);
});
