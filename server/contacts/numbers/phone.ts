import { type CountryCode, getCountryCallingCode, parsePhoneNumberFromString } from "libphonenumber-js/max";
import type { Cell } from "../../imports/parse/cells.ts";
import { isMobile } from "./mobile-numbers.ts";

export type { CountryCode } from "libphonenumber-js/max";

/** `note` says what was assumed to make a whole number of what the cell holds. */
export type PhoneVerdict = { ok: true; e164: string; note?: string } | { ok: false; reason: string };

const EXAMPLE = "+6281200000012";
// Marks that copying out of a chat or a contact card leaves behind: text direction, zero width, soft hyphen.
const INVISIBLE = /[\u00AD\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/g;
const SHORTENED = /^\+?\d+(?:[.,]\d+)?\s*e\s*\+?\d+$/i;

const countryNames = new Intl.DisplayNames("en", { type: "region" });

const no = (reason: string): PhoneVerdict => ({ ok: false, reason });

/**
 * Reads a phone number the way WhatsApp needs it, E.164. It never guesses: a doubtful number is refused with what to write.
 * With a country (that of everybody in the file, said by a person) a number without its code becomes one of that country.
 */
export function judgePhone(cell: Cell, country?: CountryCode | null): PhoneVerdict {
  if (typeof cell === "number") return judgeNumber(cell, country);
  if (/^\+[1-9]\d{7,14}$/.test(cell)) {
    const verdict = judgeDigits(cell.slice(1));
    // The text itself: one put together from its parts would hold on to these, and a file has 100,000.
    return verdict.ok && verdict.e164 === cell ? { ...verdict, e164: cell } : verdict;
  }
  const text = cell.normalize("NFKC").replace(INVISIBLE, "").trim();
  if (text === "") return no(`The phone number is missing. Write it with its country code, like ${EXAMPLE}.`);
  if (SHORTENED.test(text)) {
    return no(
      "The spreadsheet shortened this number and digits are lost. Format the column as Text and enter it again.",
    );
  }
  if (/^\+?\d+\.0+$/.test(text)) {
    return no(`This number has a decimal part. Format the column as Text and write it like ${EXAMPLE}.`);
  }
  if (/\p{L}/u.test(text)) return no(`A phone number has digits only, with a + in front, like ${EXAMPLE}.`);
  if (/[,;\n]|\d\s*\/\s*\+?\d|\d\s*\+/.test(text))
    return no("There is more than one number in this cell. Keep one number for each row.");
  if (!/^\+?[\d\s().\-‐-―/]+$/.test(text))
    return no(`There is a character that belongs to no phone number. Write it like ${EXAMPLE}.`);
  const digits = text.replace(/\D/g, "");
  if (text.startsWith("+")) return judgeDigits(digits);
  return (country && !digits.startsWith("00") && inCountry(digits, country)) || no(withoutPlus(digits));
}

// A number cell cannot hold a "+": 12 digits and more are a whole international number, fewer may have lost a leading 0.
function judgeNumber(value: number, country: CountryCode | null | undefined): PhoneVerdict {
  if (!Number.isSafeInteger(value) || value < 0 || value > 999_999_999_999_999) {
    return no(`This number has lost digits. Format the column as Text and write it like ${EXAMPLE}.`);
  }
  const digits = String(value);
  const local = country && inCountry(digits, country);
  if (local) return local;
  if (digits.length >= 12) return judgeDigits(digits);
  return no(
    `The spreadsheet keeps this as a number, which drops a leading + or 0. Format the column as Text and write it like ${EXAMPLE}.`,
  );
}

/** Digits without a "+" as a number of this country, with its code in front already or not; null when neither can exist. */
function inCountry(digits: string, country: CountryCode): PhoneVerdict | null {
  const code = getCountryCallingCode(country);
  const whole = digits.startsWith(code) ? judgeDigits(digits) : null;
  const local = withCode(digits, country, code);
  if (whole?.ok && local && local !== whole.e164) {
    return no(`This can be ${whole.e164} or ${local}. Write the one that is right, with its +.`);
  }
  if (whole?.ok) return { ...whole, note: "added the missing +" };
  return local ? { ok: true, e164: local, note: `assumed +${code} (${countryNames.of(country)})` } : null;
}

// The library drops the 0 that is dialled within a country only where there is one: an Italian number keeps it.
function withCode(digits: string, country: CountryCode, code: string): string | null {
  const dialled = parsePhoneNumberFromString(digits, { defaultCountry: country, extract: false });
  const readings = [dialled?.isValid() ? dialled.number : null, digits.startsWith("0") ? null : `+${code}${digits}`];
  for (const e164 of readings) {
    if (!e164?.startsWith(`+${code}`) || e164 === `+${digits}`) continue;
    const verdict = judgeDigits(e164.slice(1));
    if (verdict.ok) return verdict.e164;
  }
  return null;
}

function judgeDigits(digits: string): PhoneVerdict {
  if (digits.startsWith("0")) return no(`No country code begins with 0. Write it like ${EXAMPLE}.`);
  if (digits.length < 8) return no(`This number is too short: digits are missing. Write it whole, like ${EXAMPLE}.`);
  if (digits.length > 15) return no("This number is too long: no phone number has more than 15 digits.");
  if (isMobile(digits)) return { ok: true, e164: `+${digits}` };
  const number = parsePhoneNumberFromString(`+${digits}`);
  if (!number) return no(`+${digits} begins with no known country code. Check the number.`);
  if (!number.isValid()) {
    const where = number.country ? ` in its country (${number.country})` : "";
    return no(`+${digits} is not a number that can exist${where}. Check for a missing, extra or wrong digit.`);
  }
  return { ok: true, e164: number.number };
}

function withoutPlus(digits: string): string {
  if (digits.length < 8) return `This number is too short: digits are missing. Write it whole, like ${EXAMPLE}.`;
  if (digits.startsWith("00")) return `Write + in place of the leading 00: +${digits.slice(2)}.`;
  if (digits.startsWith("0")) {
    const local = judgeDigits(`62${digits.slice(1)}`);
    const hint = local.ok ? `, for Indonesia ${local.e164}` : `, like ${EXAMPLE}`;
    return `The country code is missing. Write + and the code in place of the leading 0${hint}.`;
  }
  const whole = judgeDigits(digits);
  return whole.ok
    ? `The + is missing. Write ${whole.e164}.`
    : `The + and the country code are missing. Write it like ${EXAMPLE}.`;
}
