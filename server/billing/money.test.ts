import { expect, test } from "vitest";
import { formatMoney, minorDigits } from "./money.ts";

test("an amount is the same whatever the version of Intl's data says of its currency", () => {
  const shown = (minor: number, currency: string) => formatMoney(minor, currency).replace("\u00a0", " ");
  expect(shown(5_550_000, "IDR")).toBe("IDR 55,500");
  expect(shown(5_550_050, "IDR")).toBe("IDR 55,500.50");
  expect(shown(1_250, "EUR")).toBe("EUR 12.50");
  expect(shown(1_250, "HUF")).toBe("HUF 12.50");
  expect(shown(1_250, "JPY")).toBe("JPY 1,250");
  expect(shown(1_250, "KWD")).toBe("KWD 1.250");
  expect(["IDR", "USD", "JPY", "KWD", "CLF"].map(minorDigits)).toEqual([2, 2, 0, 3, 4]);
});
