import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { signatureHeaders } from "./deliver/sign.ts";
import { endpointPauseMs, judgeCode, readRetryAfter, retryDelayMs, switchOffReason, TRIES_AT_MOST } from "./rules.ts";

const HOUR = 3_600_000;

test("a delivery is tried eleven times in about a day, each wait at least as long as the one before", () => {
  const waits = Array.from({ length: TRIES_AT_MOST - 1 }, (_, n) => retryDelayMs(n + 1, 0.5));
  expect(waits).toEqual([5, 30, 120, 600, 1_800, 7_200, 14_400, 21_600, 21_600, 21_600].map((s) => s * 1_000));
  const whole = waits.reduce<number>((sum, ms) => sum + (ms ?? 0), 0);
  expect(whole).toBeGreaterThan(23 * HOUR);
  expect(whole).toBeLessThan(26 * HOUR);
  expect(retryDelayMs(TRIES_AT_MOST, 0.5)).toBeNull();
});

test("waits are a fifth shorter or longer by chance", () => {
  expect(retryDelayMs(2, 0)).toBe(24_000);
  expect(retryDelayMs(2, 1)).toBe(36_000);
});

test("an endpoint that fails is left alone for two minutes at most", () => {
  expect([1, 2, 3, 4, 500].map((failures) => endpointPauseMs(failures, 0.5))).toEqual([
    5_000, 30_000, 120_000, 120_000, 120_000,
  ]);
});

test.each([
  [503, "120", 120_000],
  [429, "0", 0],
  [429, "Sun, 22 Nov 2026 12:05:00 GMT", 300_000],
  [503, "Sun, 22 Nov 2026 11:00:00 GMT", 0],
  [503, "999999999999", 6 * HOUR],
  [503, "Fri, 31 Dec 2099 23:59:59 GMT", 6 * HOUR],
  [503, "soon", null],
  [503, "-5 minutes", null],
  [503, undefined, null],
  [500, "120", null],
  [200, "120", null],
])("an answer %i with “Retry-After: %s” asks for %s ms", (code, header, ms) => {
  expect(readRetryAfter(code, header, new Date("2026-11-22T12:00:00Z"))).toBe(ms);
});

test.each([
  [200, null],
  [204, null],
  [299, null],
  [301, "redirect"],
  [308, "redirect"],
  [400, "status"],
  [404, "status"],
  [410, "gone"],
  [429, "status"],
  [500, "status"],
])("an answer %i is %s", (code, problem) => {
  expect(judgeCode(code)).toBe(problem);
});

test("an endpoint is switched off when it says so, or after three days of nothing but failures", () => {
  const now = new Date("2026-11-22T12:00:00Z");
  const days = (n: number) => new Date(now.getTime() - n * 24 * HOUR);
  expect(switchOffReason({ failures: 1, failingSince: now }, "gone", now)).toBe("gone");
  expect(switchOffReason({ failures: 50, failingSince: days(2.9) }, "status", now)).toBeNull();
  expect(switchOffReason({ failures: 9, failingSince: days(9) }, "status", now)).toBeNull();
  expect(switchOffReason({ failures: 10, failingSince: days(3) }, "timeout", now)).toBe("failing");
});

test("a signature is the one of Standard Webhooks; while a secret changes, both sign", () => {
  // The example of the specification's own libraries.
  const secret = Buffer.from("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "base64");
  const at = new Date(1_614_265_330_000);
  const id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
  const body = '{"test": 2432232314}';
  expect(signatureHeaders([secret], id, at, body)).toEqual({
    "webhook-id": id,
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
  const old = Buffer.alloc(32, 1);
  const mac = createHmac("sha256", old).update(`${id}.1614265330.${body}`).digest("base64");
  expect(signatureHeaders([secret, old], id, at, body)["webhook-signature"]).toBe(
    `v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,${mac}`,
  );
});
