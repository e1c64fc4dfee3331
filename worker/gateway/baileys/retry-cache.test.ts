import { expect, test } from "vitest";
import { retryCache } from "./retry-cache.ts";

test("counts of repeated messages are kept, and of very many the oldest are forgotten", () => {
  const cache = retryCache();
  for (let n = 0; n < 10_005; n++) void cache.set(`3EB0${n}`, n);
  expect(cache.get("3EB04")).toBeUndefined();
  expect(cache.get("3EB05")).toBe(5);
  void cache.set("3EB05", 6);
  expect(cache.get("3EB05")).toBe(6);
  expect(cache.get("3EB06"), "a count that grows costs nobody else theirs").toBe(6);
  void cache.del("3EB05");
  expect(cache.get("3EB05")).toBeUndefined();
});
