import fc from "fast-check";
import { expect, test } from "vitest";
import { isReason, parsePrice, priceText } from "./rules.ts";

test("a reason is a few words, not a sign that something was typed", () => {
  expect(isReason("Paid by bank transfer of 22 November")).toBe(true);
  for (const text of ["", "ok", "because", "aaaaaaaaaaaaaaaa", "- - - - - - -", "a b c"])
    expect(isReason(text)).toBe(false);
});

test("a price is read in the units of its currency, and written back the same", () => {
  expect(parsePrice("55000", 2)).toBe(5_500_000);
  expect(parsePrice("12.5", 2)).toBe(1_250);
  expect(parsePrice(" 1200 ", 0)).toBe(1_200);
  for (const text of ["", "0", "-5", "1,000", "12.505", "1e5", "ten", "99999999999"])
    expect(parsePrice(text, 2)).toBeNull();
  expect(parsePrice("12.5", 0)).toBeNull();
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000_000 }), fc.integer({ min: 0, max: 3 }), (minor, digits) => {
      expect(parsePrice(priceText(minor, digits), digits)).toBe(minor);
    }),
  );
});
