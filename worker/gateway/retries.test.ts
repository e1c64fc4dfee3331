import { expect, test } from "vitest";
import { createRetries } from "./retries.ts";

test("a long absence of the network uses up no try of a session that WhatsApp then calls broken", () => {
  const retries = createRetries();
  for (let n = 0; n < 20; n += 1) retries.delayMs("backoff", 100, 0.5);
  expect(retries.delayMs("few", 100, 0.5)).toBe(2_000);
  expect(retries.delayMs("backoff", 100, 0.5)).toBe(60_000);
  expect(retries.delayMs("few", 100, 0.5)).toBe(4_000);
  expect(retries.delayMs("few", 100, 0.5)).toBeNull();
});

test("a restart that WhatsApp asks for is made at once, and one that it asks for without end does not become a storm", () => {
  const retries = createRetries();
  const delays = Array.from({ length: 9 }, () => retries.delayMs("now", 100, 0.5));
  expect(delays).toEqual([0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
});

test("a minute of quiet ends the count", () => {
  const retries = createRetries();
  for (let n = 0; n < 5; n += 1) retries.delayMs("backoff", 100, 0.5);
  expect(retries.delayMs("backoff", 60_001, 0.5)).toBe(1_000);
  expect(retries.delayMs("now", 60_001, 0.5)).toBe(0);
});
