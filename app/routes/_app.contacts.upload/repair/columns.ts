import { titleOf } from "#server/imports/rules.ts";
import type { ImportPreview, PreviewRow } from "../load.ts";

export interface GridColumn {
  at: number;
  title: string;
}

/** The columns to show: those that are read, the needed ones first because they are mostly what is wrong; then any that a row is wrong in. */
export function shownColumns({ titles, mapping }: ImportPreview, rows: readonly PreviewRow[]): GridColumn[] {
  const used = mapping
    ? [mapping.name, mapping.phone, mapping.consent, mapping.optedOut ?? -1, ...mapping.attributes.map(({ at }) => at)]
    : [...titles.keys()];
  const read = used.filter((at) => at >= 0);
  const width = Math.max(titles.length, ...rows.map((row) => row.cells.length));
  const wrong = new Set(rows.map((row) => row.column));
  const others = Array.from({ length: width }, (_, at) => at).filter(
    (at) => !read.includes(at) && wrong.has(titleOf(titles, at)) && !read.some((one) => titles[one] === titles[at]),
  );
  return [...read, ...others].map((at) => ({ at, title: titleOf(titles, at) }));
}
