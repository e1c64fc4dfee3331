import { Stack, Text } from "@mantine/core";
import { type Column, DataTable, Pager } from "../../../components/data-table.tsx";
import { TextLink } from "../../../components/link-button.tsx";
import type { ImportPreview, PreviewRow } from "../load.ts";
import { isKept, VerdictBadge } from "../verdicts.tsx";

const columns: Column<PreviewRow>[] = [
  { header: "Row", cell: (row) => `Row ${row.rowNo}`, tight: true },
  { header: "Verdict", cell: (row) => <VerdictBadge verdict={row.verdict} />, tight: true },
  { header: "Name", cell: (row) => row.name || "(empty)" },
  { header: "Number", cell: (row) => row.phoneE164 ?? (row.phone || "(empty)"), tight: true },
  { header: "Consent", cell: (row) => row.consent || "(empty)" },
  { header: "Why", cell: (row) => <Why row={row} />, wide: true },
];

/** Rows to read: what stands there and what becomes of it. */
export function RowTable({ preview }: { preview: ImportPreview }) {
  const mendable = preview.status === "staged" && preview.rows.some((row) => !isKept(row.verdict)) ? preview.id : null;
  const all = mendable
    ? [...columns, { header: "Mend", cell: (row: PreviewRow) => <Mend importId={mendable} row={row} />, tight: true }]
    : columns;
  return (
    <Stack gap="sm">
      <DataTable
        caption="Rows of the file"
        columns={all}
        rows={preview.rows}
        rowKey={(row) => row.rowNo}
        empty={preview.total > 0 && "No such rows are there to show."}
      />
      <Pager nextCursor={preview.nextCursor} />
    </Stack>
  );
}

/** What a verdict rests on, or what was assumed though the row is good. */
export function Why({ row }: { row: PreviewRow }) {
  if (!row.reason) return row.note && <Text size="sm">{row.note}</Text>;
  return (
    <Stack gap={2}>
      <Text size="sm">{row.reason}</Text>
      {row.column && (
        <Text size="xs" c="dimmed">
          {row.column}: {row.value ? `“${row.value}”` : "empty"}
        </Text>
      )}
    </Stack>
  );
}

// Opens the grid at this very row.
function Mend({ importId, row: { verdict, rowNo } }: { importId: string; row: PreviewRow }) {
  if (!verdict || isKept(verdict)) return null;
  return (
    <TextLink
      to={`?import=${importId}&verdict=${verdict}&cursor=${rowNo - 1}`}
      preventScrollReset
      aria-label={`Mend row ${rowNo}`}
    >
      Mend
    </TextLink>
  );
}
