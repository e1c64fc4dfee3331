import { getCountries, getCountryCallingCode, Metadata } from "libphonenumber-js/max";

// The library has this method and does not declare it.
declare module "libphonenumber-js/max" {
  interface Metadata {
    type(name: "MOBILE"): { pattern(): string | undefined } | undefined;
  }
}

/**
 * Whether these digits (a country code and a number) are a mobile number for certain. False says nothing: the library has to
 * be asked, which takes twenty times as long because it compiles its patterns for every number. Countries that share a code
 * are left to it.
 */
export function isMobile(digits: string): boolean {
  plans ??= readPlans();
  for (let length = 1; length <= 3; length++) {
    const pattern = plans.get(digits.slice(0, length));
    if (pattern) return pattern.test(digits.slice(length));
  }
  return false;
}

let plans: Map<string, RegExp> | undefined;

function readPlans(): Map<string, RegExp> {
  const byCode = new Map<string, RegExp>();
  const codes = getCountries().map((country) => getCountryCallingCode(country));
  for (const country of getCountries()) {
    const code = getCountryCallingCode(country);
    if (codes.indexOf(code) !== codes.lastIndexOf(code)) continue;
    const metadata = new Metadata();
    metadata.selectNumberingPlan(country);
    const pattern = metadata.type("MOBILE")?.pattern();
    // A 0 in front may be one that is dialled within the country alone.
    if (pattern) byCode.set(code, new RegExp(`^(?!0)(?:${pattern})$`));
  }
  return byCode;
}
