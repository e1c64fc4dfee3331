/** A reason tells somebody later why points were given: so many words, so many letters. */
export const REASON = { words: 3, min: 10, max: 300 } as const;

/** The most points in one grant or one offer. */
export const POINTS_AT_MOST = 100_000;
/** The highest price, in minor units: with its tax it still fits an amount. */
const PRICE_AT_MOST = 1_000_000_000;

/** Whether a reason says something. */
export function isReason(text: string): boolean {
  return (
    text.length >= REASON.min && text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length >= REASON.words
  );
}

/**
 * A price as it is typed, in minor units: "55000" or "12.50". Null when it is no price of this currency.
 * @param digits how many of them stand after the point in the currency
 */
export function parsePrice(text: string, digits: number): number | null {
  const [, whole, rest = ""] = /^(\d{1,10})(?:\.(\d{1,4}))?$/.exec(text.trim()) ?? [];
  if (whole === undefined || rest.length > digits) return null;
  const minor = Number(whole + rest.padEnd(digits, "0"));
  return minor > 0 && minor <= PRICE_AT_MOST ? minor : null;
}

/** A price in minor units as `parsePrice` takes it. */
export function priceText(minor: number, digits: number): string {
  const text = String(minor).padStart(digits + 1, "0");
  const whole = text.slice(0, text.length - digits);
  const rest = text.slice(text.length - digits);
  return /^0*$/.test(rest) ? whole : `${whole}.${rest}`;
}
