import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { newId } from "#db/ids.ts";
import { newDataKey, openSealer, SealBroken, type SessionKey } from "./seal.ts";

const key = (id: string): SessionKey => ({ id, key: randomBytes(32) });
const owner = () => ({ sessionId: newId("waSession"), userId: newId("user") });
const plain = Buffer.from("a Signal session");

test("what a session seals, it opens again, also after a restart", () => {
  const who = owner();
  const environment = key("k1");
  const stored = newDataKey(who, environment);
  const sealed = openSealer(who, stored, environment).seal("session", "row", plain);
  expect(sealed.includes(plain)).toBe(false);
  expect(openSealer(who, stored, environment).open("session", "row", sealed)).toEqual(plain);
});

test("any flipped byte is refused", () => {
  const who = owner();
  const environment = key("k1");
  const sealer = openSealer(who, newDataKey(who, environment), environment);
  const sealed = sealer.seal("session", "row", plain);
  for (let at = 0; at < sealed.length; at++) {
    const damaged = Buffer.from(sealed);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    expect(() => sealer.open("session", "row", damaged)).toThrow(SealBroken);
  }
  expect(() => sealer.open("session", "row", sealed.subarray(0, 20))).toThrow("too short");
});

test("a row moved to another id, kind, session or user is refused", () => {
  const who = owner();
  const environment = key("k1");
  const stored = newDataKey(who, environment);
  const sealer = openSealer(who, stored, environment);
  const sealed = sealer.seal("session", "row", plain);
  expect(() => sealer.open("session", "other", sealed)).toThrow(SealBroken);
  expect(() => sealer.open("pre-key", "row", sealed)).toThrow("belongs to another row");
  expect(() => openSealer({ ...who, userId: newId("user") }, stored, environment)).toThrow(SealBroken);
  expect(() => openSealer({ ...who, sessionId: newId("waSession") }, stored, environment)).toThrow(SealBroken);
});

test("another SESSION_KEY is named as the reason", () => {
  const who = owner();
  const stored = newDataKey(who, key("k1"));
  expect(() => openSealer(who, stored, key("k2"))).toThrow("another SESSION_KEY");
});

test("row names hide the id they stand for and differ between sessions", () => {
  const environment = key("k1");
  const [one, two] = [owner(), owner()].map((who) => openSealer(who, newDataKey(who, environment), environment));
  const name = one?.rowId("session", "628123456789.0");
  expect(name).not.toContain("628123456789");
  expect(name).toBe(one?.rowId("session", "628123456789.0"));
  expect(name).not.toBe(two?.rowId("session", "628123456789.0"));
});
