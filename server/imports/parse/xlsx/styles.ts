import { XmlScanner } from "./xml.ts";

// ECMA-376 part 1, §18.8.30: the built-in formats of dates and times; 27–36 and 50–58 are those of East Asian locales.
const BUILT_IN: readonly [from: number, to: number][] = [
  [14, 22],
  [27, 36],
  [45, 45],
  [47, 47],
  [50, 58],
];

/** Whether a number format shows a number as a date or a time of day. An elapsed time ([h]:mm) stays a number. */
export function isDateFormat(code: string): boolean {
  const [section = ""] = code.replace(/"[^"]*"|\\.|[_*]./g, "").split(";");
  if (/\[(?:h+|m+|s+)\]/i.test(section)) return false;
  const plain = section.replace(/\[[^\]]*\]/g, "");
  return !/General/i.test(plain) && /[dmyhsbg]/i.test(plain.replace(/e[+-]/gi, ""));
}

/** For each cell style of xl/styles.xml whether it shows numbers as dates. @throws FileRefused */
export function dateStyles(styles: Buffer): boolean[] {
  const xml = new XmlScanner(styles);
  const custom = new Map<number, boolean>();
  const dates: boolean[] = [];
  let inCells = false;
  while (xml.next()) {
    if (xml.name === "cellXfs") inCells = xml.kind === "open";
    if (xml.kind !== "open") continue;
    if (xml.name === "numFmt") {
      custom.set(Number(xml.attribute("numFmtId")), isDateFormat(xml.attribute("formatCode") ?? ""));
    } else if (inCells && xml.name === "xf") {
      const id = Number(xml.attribute("numFmtId") ?? 0);
      dates.push(custom.get(id) ?? BUILT_IN.some(([from, to]) => id >= from && id <= to));
    }
  }
  return dates;
}

const DAY_MS = 86_400_000;

/** The day, the time or both that a spreadsheet keeps as a number of days. */
export function dateText(days: number, from1904: boolean): string {
  const latest = 2_958_465;
  if (!(days >= 0) || days > latest) return "#ERROR!";
  // Excel counts a 29 February 1900 that never was.
  const epoch = from1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, days < 60 ? 31 : 30);
  const iso = new Date(Math.round((epoch + days * DAY_MS) / 1_000) * 1_000).toISOString();
  const time = iso.slice(11, 16);
  if (days < 1) return time;
  return days % 1 === 0 || time === "00:00" ? iso.slice(0, 10) : `${iso.slice(0, 10)} ${time}`;
}
