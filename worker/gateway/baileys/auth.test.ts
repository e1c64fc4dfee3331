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

test("which number and LID are one person is told even when the database does not take the keys", async () => {
  const { sql, db } = connection;
  const userId = await createUser(db);
  const { sessionId, workerId, epoch } = await createHeldSession(db, userId);
  await sql`update wa_sessions set status = 'waiting' where id = ${sessionId}`;
  const told: GatewayEvent[] = [];
  const auth = await loadAuth(sql, { sessionId, userId, workerId, epoch }, testEnv(databaseUrl()).sessionKeys, {
    broken: () => {},
    event: (event) => told.push(event),
  });
  await sql`update wa_sessions set epoch = epoch + 1 where id = ${sessionId}`;
  const write = async () => auth.state.keys.set({ "lid-mapping": { "628123": "900", "900_reverse": "628123" } });
  await expect(write()).rejects.toThrow();
  expect(told).toEqual([{ type: "identities", pairs: [{ pn: "pn:+628123", lid: "lid:900" }] }]);
});
