import { setTimeout as sleep } from "node:timers/promises";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect } from "#db/client.ts";
import { newId } from "#db/ids.ts";
import { waSessions } from "#db/schema/index.ts";
import { useDatabase } from "#tests/database.ts";
import { createUser, testEnv } from "#tests/factories.ts";
import { rotateKeys } from "./rotate-keys.ts";
import { newDataKey, openSealer } from "./seal.ts";

const databaseUrl = useDatabase();
let connection: Connection;
beforeAll(() => {
  connection = connect(databaseUrl());
});
afterAll(() => connection?.close());

const [OLD, NEW] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString("base64"));
const keysOf = (key: string | undefined, old = "") =>
  testEnv(databaseUrl(), { SESSION_KEY: key ?? "", SESSION_KEYS_OLD: old }).sessionKeys;

test("a phone that is linked anew between the look and the write keeps its new data key", async () => {
  const { db } = connection;
  const userId = await createUser(db);
  const sessionId = newId("waSession");
  const owner = { sessionId, userId };
  await db
    .insert(waSessions)
    .values({ id: sessionId, userId, network: "simulator", status: "expired", ...newDataKey(owner, keysOf(OLD)) });
  const anew = newDataKey(owner, keysOf(OLD));
  const sealed = openSealer(owner, anew, keysOf(OLD)).seal("session", "row", Buffer.from("of the new link"));

  let rotation: ReturnType<typeof rotateKeys> | undefined;
  await db.transaction(async (tx) => {
    await tx.update(waSessions).set(anew).where(eq(waSessions.id, sessionId));
    rotation = rotateKeys(db, keysOf(NEW, OLD));
    // It has read the earlier key by now, and waits for this row.
    await sleep(300);
  });
  expect(await rotation).toEqual({ rewrapped: 1, current: 1, refused: [] });
  const [row] = await db.select().from(waSessions).where(eq(waSessions.id, sessionId));
  if (!row?.wrappedKey || !row.keyId || !row.dataKeyId) throw new Error("the session lost its key");
  const { wrappedKey, keyId, dataKeyId } = row;
  const sealer = openSealer(owner, { wrappedKey, keyId, dataKeyId }, keysOf(NEW));
  expect(sealer.open("session", "row", sealed)).toEqual(Buffer.from("of the new link"));
});
