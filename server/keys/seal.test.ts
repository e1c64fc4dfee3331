import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { newId } from "#db/ids.ts";
import { newDataKey, openSealer, rewrap, SealBroken, type SessionKey, type SessionKeys } from "./seal.ts";

const key = (id: string): SessionKey => ({ id, key: randomBytes(32) });
/** An environment's keys: the first is the current one. */
const keys = (current: SessionKey, ...old: SessionKey[]): SessionKeys => ({
  current,
  byId: new Map([current, ...old].map((one) => [one.id, one])),
});
const owner = () => ({ sessionId: newId("waSession"), userId: newId("user") });
const plain = Buffer.from("a Signal session");

test("what a session seals, it opens again, also after a restart", () => {
  const who = owner();
  const environment = keys(key("k1"));
  const stored = newDataKey(who, environment);
  const sealed = openSealer(who, stored, environment).seal("session", "row", plain);
  expect(sealed.includes(plain)).toBe(false);
  expect(openSealer(who, stored, environment).open("session", "row", sealed)).toEqual(plain);
});

test("any flipped byte is refused, of what is sealed and of the wrapped key", () => {
  const who = owner();
  const environment = keys(key("k1"));
  const stored = newDataKey(who, environment);
  const sealer = openSealer(who, stored, environment);
  const sealed = sealer.seal("session", "row", plain);
  const flips = (bytes: Buffer) =>
    Array.from(bytes, (byte, at) => {
      const damaged = Buffer.from(bytes);
      damaged[at] = byte ^ 1;
      return damaged;
    });
  for (const damaged of flips(sealed)) expect(() => sealer.open("session", "row", damaged)).toThrow(SealBroken);
  for (const wrappedKey of flips(stored.wrappedKey)) {
    expect(() => openSealer(who, { ...stored, wrappedKey }, environment)).toThrow(SealBroken);
    expect(() => rewrap(who, { ...stored, wrappedKey }, environment)).toThrow(SealBroken);
  }
  expect(() => sealer.open("session", "row", sealed.subarray(0, 20))).toThrow("too short");
});

test("a row moved to another id, kind, session, user or data key is refused", () => {
  const who = owner();
  const environment = keys(key("k1"));
  const stored = newDataKey(who, environment);
  const sealer = openSealer(who, stored, environment);
  const sealed = sealer.seal("session", "row", plain);
  expect(() => sealer.open("session", "other", sealed)).toThrow(SealBroken);
  expect(() => sealer.open("pre-key", "row", sealed)).toThrow("belongs to another row");
  const renamed = openSealer(who, { ...stored, dataKeyId: "another" }, environment);
  expect(() => renamed.open("session", "row", sealed)).toThrow("belongs to another row");
  expect(() => openSealer({ ...who, userId: newId("user") }, stored, environment)).toThrow(SealBroken);
  expect(() => openSealer({ ...who, sessionId: newId("waSession") }, stored, environment)).toThrow(SealBroken);
});

test("another SESSION_KEY is named as the reason, and an earlier one that is still known opens", () => {
  const who = owner();
  const [first, second] = [key("k1"), key("k2")];
  const stored = newDataKey(who, keys(first));
  expect(() => openSealer(who, stored, keys(second))).toThrow("another SESSION_KEY");
  expect(() => rewrap(who, stored, keys(second))).toThrow("another SESSION_KEY");
  expect(() => openSealer(who, stored, keys(second, first))).not.toThrow();
});

test("a data key that is wrapped anew opens what it sealed before, without the earlier SESSION_KEY", () => {
  const who = owner();
  const [first, second] = [key("k1"), key("k2")];
  const stored = newDataKey(who, keys(first));
  const before = openSealer(who, stored, keys(first));
  const anew = { ...stored, ...rewrap(who, stored, keys(second, first)) };
  expect(anew).toMatchObject({ keyId: "k2", dataKeyId: stored.dataKeyId });
  const after = openSealer(who, anew, keys(second));
  expect(after.open("session", "row", before.seal("session", "row", plain))).toEqual(plain);
  expect(after.rowId("session", "1")).toBe(before.rowId("session", "1"));
  expect(() => openSealer(who, anew, keys(first))).toThrow("another SESSION_KEY");
  expect(() => openSealer(who, { ...anew, keyId: "k1" }, keys(second, first))).toThrow(SealBroken);
});

test("row names hide the id they stand for and differ between sessions", () => {
  const environment = keys(key("k1"));
  const [one, two] = [owner(), owner()].map((who) => openSealer(who, newDataKey(who, environment), environment));
  const name = one?.rowId("session", "628123456789.0");
  expect(name).not.toContain("628123456789");
  expect(name).toBe(one?.rowId("session", "628123456789.0"));
  expect(name).not.toBe(two?.rowId("session", "628123456789.0"));
});
