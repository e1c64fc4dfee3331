// ISO 4217's own digits, where they are not 2. Intl is not asked: its data says 0 for IDR and HUF in some versions and 2 in
// others, and an amount would be a hundred times itself between a server and a browser.
const DIGITS: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries({
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
  }).flatMap(([digits, codes]) => codes.split(" ").map((code) => [code, Number(digits)])),
);

const formats = new Map<string, Intl.NumberFormat>();

function formatOf(currency: string): Intl.NumberFormat {
  const known = formats.get(currency);
  if (known) return known;
  const format = new Intl.NumberFormat("en-US", {
    style: "currency",
    currency,
    currencyDisplay: "code",
    trailingZeroDisplay: "stripIfInteger",
    minimumFractionDigits: minorDigits(currency),
    maximumFractionDigits: minorDigits(currency),
  });
  formats.set(currency, format);
  return format;
}

/** How many digits of an amount stand after the point: 2 for IDR and EUR, 0 for JPY, 3 for KWD (ISO 4217). */
export function minorDigits(currency: string): number {
  return DIGITS[currency] ?? 2;
}

/**
 * An amount as people read it, "IDR 55,500" or "EUR 12.50": the code says which dollar or crown it is, and no digits stand
 * after the point when they are all zero.
 * @param minor minor units: hundredths of a rupiah or a euro, whole yen
 */
export function formatMoney(minor: number, currency: string): string {
  return formatOf(currency).format(minor / 10 ** minorDigits(currency));
}
