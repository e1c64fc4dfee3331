const formats = new Map<string, Intl.NumberFormat>();

function formatOf(currency: string): Intl.NumberFormat {
  const known = formats.get(currency);
  if (known) return known;
  const format = new Intl.NumberFormat("en-US", {
    style: "currency",
    currency,
    currencyDisplay: "code",
    trailingZeroDisplay: "stripIfInteger",
  });
  formats.set(currency, format);
  return format;
}

/** How many digits of an amount stand after the point: 2 for IDR and EUR, 0 for JPY, 3 for KWD (ISO 4217, as Intl knows it). */
export function minorDigits(currency: string): number {
  return formatOf(currency).resolvedOptions().maximumFractionDigits ?? 2;
}

/**
 * An amount as people read it, "IDR 55,500" or "EUR 12.50": the code says which dollar or crown it is, and no digits stand
 * after the point when they are all zero.
 * @param minor minor units: hundredths of a rupiah or a euro, whole yen
 */
export function formatMoney(minor: number, currency: string): string {
  return formatOf(currency).format(minor / 10 ** minorDigits(currency));
}
