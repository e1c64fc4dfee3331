import { createHmac } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect } from "#db/client.ts";
import { appKeys, tombstones } from "#db/schema/index.ts";
import { useDatabase } from "#tests/database.ts";
import { createUser, testEnv } from "#tests/factories.ts";
import { rotateKeys } from "../keys/rotate-keys.ts";
import { unwrapAppKey } from "../keys/seal.ts";
import { withUser } from "../users/with-user.ts";
import { entomb, isTombstoned, liftTombstones, tombstonedAmong, tombstonedSql, tombstonePads } from "./tombstones.ts";

const url = useDatabase();
let connection: Connection;
beforeAll(() => {
  connection = connect(url(), { max: 8 });
});
afterAll(() => connection?.close());

const keysOf = (byte: number, old?: number) => {
  const [SESSION_KEY = "", SESSION_KEYS_OLD = ""] = [byte, old].map((value) =>
    value === undefined ? "" : Buffer.alloc(32, value).toString("base64"),
  );
  return testEnv(url(), { SESSION_KEY, SESSION_KEYS_OLD }).sessionKeys;
};

test("one key is made, however many ask for it first at the same moment", async () => {
  const { db } = connection;
  await db.delete(appKeys);
  const asked = await Promise.all(Array.from({ length: 8 }, () => tombstonePads(db, keysOf(1))));
  expect(new Set(asked.map(({ inner }) => inner.toString("hex"))).size).toBe(1);
  expect(await db.select().from(appKeys)).toHaveLength(1);
});

test("a tombstone is the true HMAC-SHA256 of whose it is, and is found under that user alone", async () => {
  const { db } = connection;
  const [userId, other] = [await createUser(db), await createUser(db)];
  const pads = await tombstonePads(db, keysOf(1));
  const identity = "pn:+6281234567890";
  await withUser(db, userId, (tx) => entomb(tx, pads, userId, [identity, "lid:123456@lid"]));
  await withUser(db, userId, (tx) => entomb(tx, pads, userId, [identity]));

  const [stored] = await db.select().from(appKeys);
  if (!stored) throw new Error("no key");
  const hash = createHmac("sha256", unwrapAppKey(stored, keysOf(1)))
    .update(`${userId}|${identity}`)
    .digest();
  const rows = await db.select().from(tombstones);
  expect(rows).toHaveLength(2);
  expect(rows.map((row) => row.hash.toString("hex"))).toContain(hash.toString("hex"));

  expect(await withUser(db, userId, (tx) => isTombstoned(tx, pads, userId, ["lid:123456@lid"]))).toBe(true);
  expect(await withUser(db, other, (tx) => isTombstoned(tx, pads, other, [identity]))).toBe(false);
  expect([...(await tombstonedAmong(db, pads, userId, ["pn:+628", identity]))]).toEqual([identity]);
  const [asked] = await db.execute<{ dead: boolean }>(
    sql`select ${tombstonedSql(pads, userId, sql`'pn:' || '+6281234567890'`)} as dead`,
  );
  expect(asked?.dead).toBe(true);

  expect(await liftTombstones(db, pads, other, [identity])).toBe(false);
  expect(await liftTombstones(db, pads, userId, [identity])).toBe(true);
  expect(await isTombstoned(db, pads, userId, [identity])).toBe(false);
  expect(await isTombstoned(db, pads, userId, [identity, "lid:123456@lid"])).toBe(true);
});

test("tombstones outlive a change of SESSION_KEY; without its key nothing is taken for not erased", async () => {
  const { db } = connection;
  const userId = await createUser(db);
  await entomb(db, await tombstonePads(db, keysOf(1)), userId, ["pn:+6281234567890"]);
  await expect(tombstonePads(db, keysOf(2))).rejects.toThrow("another SESSION_KEY");
  expect(await rotateKeys(db, keysOf(2))).toMatchObject({ rewrapped: 0, refused: [{ name: "tombstones" }] });
  expect(await rotateKeys(db, keysOf(2, 1))).toEqual({ rewrapped: 1, current: 1, refused: [] });
  expect(await isTombstoned(db, await tombstonePads(db, keysOf(2)), userId, ["pn:+6281234567890"])).toBe(true);
});

test("nobody reads the key in a user's transaction", async () => {
  const userId = await createUser(connection.db);
  await expect(withUser(connection.db, userId, (tx) => tombstonePads(tx, keysOf(2)))).rejects.toThrow();
});
