import { getCountries, getCountryCallingCode, parsePhoneNumberFromString } from "libphonenumber-js/max";
import { expect, test } from "vitest";
import { isMobile } from "./mobile-numbers.ts";

test("a mobile number of any country is what the library says it is", () => {
  let mobile = 0;
  for (const code of new Set(getCountries().map((country) => getCountryCallingCode(country)))) {
    for (let start = 10; start < 100; start++) {
      for (let length = 7; length <= 11; length++) {
        const digits = `${code}${start}${String((start * 7_919 + length) ** 3)
          .slice(0, length - 2)
          .padEnd(length - 2, "7")}`;
        if (!isMobile(digits)) continue;
        mobile++;
        const number = parsePhoneNumberFromString(`+${digits}`);
        expect({ digits, e164: number?.number, valid: number?.isValid() }).toEqual({
          digits,
          e164: `+${digits}`,
          valid: true,
        });
      }
    }
  }
  expect(mobile).toBeGreaterThan(2_000);
});

test.each(["6281200000012", "447911123456"])("%s is taken or left to the library", (digits) => {
  expect(isMobile(digits)).toBe(digits.startsWith("62"));
});
