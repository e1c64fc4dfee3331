import { Box, Group, Text } from "@mantine/core";
import { ChevronRightIcon, DoubleArrowLeftIcon } from "@radix-ui/react-icons";
import { useSearchParams } from "@remix-run/react";
import { memo, type ReactNode } from "react";
import { withSearch } from "../lib/params.ts";
import styles from "./data-table.module.css";
import { LinkButton } from "./link-button.tsx";

export interface Column<Row> {
  header: string;
  cell: (row: Row) => ReactNode;
  /** Figures stand at the right. */
  figures?: boolean;
  /** Takes what room is left. */
  wide?: boolean;
  /** Is never broken into two lines. */
  tight?: boolean;
}

/** A table that becomes a stack of labelled rows on a phone; its roles are spelled out because that change drops them. */
export function DataTable<Row>({
  caption,
  columns,
  rows,
  rowKey,
  empty = "Nothing here.",
}: {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string | number;
  empty?: ReactNode;
}) {
  if (rows.length === 0) {
    return (
      <Text c="dimmed" p="lg" ta="center">
        {empty}
      </Text>
    );
  }
  return (
    <Box className={styles.frame}>
      {/* biome-ignore lint/a11y/noRedundantRoles: on a phone the rows are blocks, and lose the roles of a table */}
      <table className={styles.table} role="table" aria-label={caption}>
        {/* biome-ignore lint/a11y/noRedundantRoles: as above */}
        <thead role="rowgroup">
          {/* biome-ignore lint/a11y/noRedundantRoles: as above */}
          <tr role="row">
            {columns.map((column) => (
              // biome-ignore lint/a11y/noRedundantRoles: as above
              <th key={column.header} role="columnheader" scope="col" data-figures={column.figures || undefined}>
                {column.header}
              </th>
            ))}
          </tr>
        </thead>
        {/* biome-ignore lint/a11y/noRedundantRoles: as above */}
        <tbody role="rowgroup">
          {rows.map((row) => (
            <Unless key={rowKey(row)} of={row} by={columns} draw={() => <Cells columns={columns} row={row} />} />
          ))}
        </tbody>
      </table>
    </Box>
  );
}

/** A live table is read anew several times a second, and hardly any of its rows have changed: those alone are drawn. */
const Unless = memo(
  function Unless({ draw }: { of: unknown; by: unknown; draw: () => ReactNode }) {
    return draw();
  },
  (before, after) => before.by === after.by && isAlike(before.of, after.of),
);

/** Whether two rows hold the same values; of what is nested nothing is said. */
function isAlike(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const [one, other] = [new Map(Object.entries(a)), new Map(Object.entries(b))];
  return one.size === other.size && [...one].every(([key, value]) => isSame(value, other.get(key)));
}

const isSame = (a: unknown, b: unknown): boolean =>
  a instanceof Date && b instanceof Date ? a.getTime() === b.getTime() : Object.is(a, b);

function Cells<Row>({ columns, row }: { columns: readonly Column<Row>[]; row: Row }) {
  return (
    // biome-ignore lint/a11y/noRedundantRoles: on a phone the rows are blocks, and lose the roles of a table
    <tr role="row">
      {columns.map((column) => (
        <td
          key={column.header}
          // biome-ignore lint/a11y/noRedundantRoles: as above
          role="cell"
          data-label={column.header}
          data-figures={column.figures || undefined}
          data-wide={column.wide || undefined}
          data-tight={column.tight || undefined}
        >
          <span>{column.cell(row)}</span>
        </td>
      ))}
    </tr>
  );
}

/** Leads to the rows after these, and back to the first. The cursor is in the address, so a page can be sent to somebody. */
export function Pager({ nextCursor, param = "cursor" }: { nextCursor: string | number | null; param?: string }) {
  const [search] = useSearchParams();
  const later = search.has(param);
  if (!later && nextCursor === null) return null;
  return (
    <Group justify="space-between" component="nav" aria-label="Pages of the table">
      {later ? (
        <LinkButton
          to={withSearch(search, { [param]: null })}
          variant="default"
          size="sm"
          leftSection={<DoubleArrowLeftIcon />}
          preventScrollReset
        >
          First rows
        </LinkButton>
      ) : (
        <span />
      )}
      {nextCursor !== null && (
        <LinkButton
          to={withSearch(search, { [param]: String(nextCursor) })}
          variant="default"
          size="sm"
          rightSection={<ChevronRightIcon />}
          preventScrollReset
        >
          More rows
        </LinkButton>
      )}
    </Group>
  );
}
