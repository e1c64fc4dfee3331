import { getCountries, getCountryCallingCode } from "libphonenumber-js/min";
import { z } from "zod";

export interface Country {
  /** ISO 3166-1 alpha-2. */
  code: string;
  /** "Indonesia (+62)" */
  label: string;
}

/** The countries whose code can be put before a number, by name, and the one that the account's zone lies in. */
export interface Countries {
  all: Country[];
  own: Country | null;
}

const names = new Intl.DisplayNames(["en"], { type: "region" });
const all: Country[] = getCountries()
  .map((code) => ({ code, label: `${names.of(code) ?? code} (+${getCountryCallingCode(code)})` }))
  .sort((a, b) => a.label.localeCompare(b.label, "en"));

export function countriesFor(tz: string): Countries {
  return { all, own: all.find(({ code }) => zonesOf(code).includes(tz)) ?? null };
}

// A method in newer engines, an accessor in Node 20; TypeScript knows neither.
function zonesOf(country: string): string[] {
  const locale = new Intl.Locale(`und-${country}`);
  const method: unknown = Reflect.get(locale, "getTimeZones");
  const zones: unknown =
    typeof method === "function" ? Reflect.apply(method, locale, []) : Reflect.get(locale, "timeZones");
  return z.array(z.string()).catch([]).parse(zones);
}
