import { hkdfSync, randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { SessionKey } from "../../keys/seal.ts";
import { signatureHeaders } from "../../webhooks/deliver/sign.ts";
import { callbackKeys } from "./demo/keys.ts";
import { checkSignature, TOLERANCE_MS } from "./signature.ts";

const now = new Date("2026-11-22T08:00:00Z");
const key = randomBytes(32);
const signed = (body: string, { by = [key] as Uint8Array[], at = now, id = "evt" } = {}) =>
  new Headers(signatureHeaders(by, id, at, body));
const session = (id: string): SessionKey => ({ id, key: randomBytes(32) });

test("what was signed by a known key is believed, and any other byte of it is not", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (body, other) => {
      expect(checkSignature([key], signed(body), body, now)).toEqual({ id: "evt" });
      if (other !== body) expect(checkSignature([key], signed(body), other, now)).toEqual({ problem: "signature" });
    }),
  );
  for (const [name, value] of Object.entries({
    "webhook-id": "other",
    "webhook-timestamp": "1",
    "webhook-signature": "v1,",
  })) {
    const headers = signed("body");
    headers.set(name, value);
    expect(checkSignature([key], headers, "body", now)).toEqual({ problem: "signature" });
  }
  expect(checkSignature([key], new Headers(), "body", now)).toEqual({ problem: "signature" });
  // Where nobody has a key, nobody can sign.
  expect(checkSignature([], signed("body", { by: [] }), "body", now)).toEqual({ problem: "signature" });
});

test("a signature is good for five minutes either way", () => {
  const at = (ms: number) => signed("body", { at: new Date(now.getTime() + ms) });
  for (const ms of [-TOLERANCE_MS, 0, TOLERANCE_MS])
    expect(checkSignature([key], at(ms), "body", now)).toEqual({ id: "evt" });
  for (const ms of [-TOLERANCE_MS - 1_000, TOLERANCE_MS + 1_000])
    expect(checkSignature([key], at(ms), "body", now)).toEqual({ problem: "time" });
});

test("keys are derived, never a SESSION_KEY itself, and those of before a rotation are still known", () => {
  const [first, second] = [session("k1"), session("k2")];
  const before = callbackKeys({ current: first, byId: new Map([["k1", first]]) });
  const after = callbackKeys({
    current: second,
    byId: new Map([
      ["k1", first],
      ["k2", second],
    ]),
  });
  expect(after).toHaveLength(2);
  expect(after[1]).toEqual(before[0]);
  expect(Buffer.from(after[0] ?? []).equals(second.key)).toBe(false);
  expect(Buffer.from(after[0] ?? [])).toEqual(
    Buffer.from(hkdfSync("sha256", second.key, "", "masssender demo payments", 32)),
  );
  expect(checkSignature(after, signed("body", { by: before }), "body", now)).toEqual({ id: "evt" });
  expect(checkSignature(before, signed("body", { by: after.slice(0, 1) }), "body", now)).toEqual({
    problem: "signature",
  });
});
