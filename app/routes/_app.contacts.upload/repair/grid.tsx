import { Alert, Box, Button, Group, Kbd, Stack, Text, VisuallyHidden } from "@mantine/core";
import { CrossCircledIcon } from "@radix-ui/react-icons";
import { useBeforeUnload } from "@remix-run/react";
import { type ReactNode, useCallback, useEffect, useMemo, useRef } from "react";
import { Pager } from "../../../components/data-table.tsx";
import { Refused } from "../../../components/form-parts.tsx";
import { count } from "../../../lib/format.ts";
import { useLastAnswer } from "../../../lib/use-last-answer.ts";
import type { ImportPreview, PreviewRow } from "../load.ts";
import type { action } from "../route.tsx";
import { isKept } from "../verdicts.tsx";
import { shownColumns } from "./columns.ts";
import styles from "./grid.module.css";
import { GridRow } from "./grid-row.tsx";
import { moveInGrid } from "./move.ts";
import { useRepairs } from "./use-repairs.ts";

/** Rows that are left out, with their cells under the file's own titles, to be mended as in a spreadsheet. */
export function RepairGrid({ preview, onUnsaved }: { preview: ImportPreview; onUnsaved: (unsaved: boolean) => void }) {
  const { rows, unsaved, problem, heard, save, tryAgain } = useRepairs(preview);
  const answer = useLastAnswer<typeof action>();
  const pending = unsaved.size > 0;
  useEffect(() => onUnsaved(pending && !problem), [pending, problem, onUnsaved]);
  // Told at once: the very click that leaves the row may be the one on the import.
  const leave = useCallback(
    (rowNo: number, cells: string[]) => {
      onUnsaved(true);
      save(rowNo, cells);
    },
    [onUnsaved, save],
  );
  useEffect(() => () => onUnsaved(false), [onUnsaved]);
  const body = useRef<HTMLTableSectionElement>(null);
  useBeforeUnload(
    useCallback(
      (event) => {
        const typed = [...(body.current?.querySelectorAll("input") ?? [])].some(
          (cell) => cell.value !== cell.defaultValue,
        );
        if (pending || typed) event.preventDefault();
      },
      [pending],
    ),
  );
  const columns = useMemo(() => shownColumns(preview, rows), [preview, rows]);
  // What a row's plain form was answered.
  const told = (
    <>
      <Refused answer={answer} intents={["edit"]} />
      {answer?.intent === "edit" && answer.value && (
        <Alert color="blue">{answer.value.rows.map(spoken).join(" ")}</Alert>
      )}
    </>
  );
  if (rows.length === 0) {
    return (
      <>
        {told}
        <Text c="dimmed">No row is left here: all of them are mended.</Text>
      </>
    );
  }
  return (
    <Stack gap="sm">
      <Hint />
      <VisuallyHidden role="status">{heard.map(spoken).join(" ")}</VisuallyHidden>
      {problem && (
        <Alert
          color="red"
          role="alert"
          icon={<CrossCircledIcon aria-hidden />}
          title={`${count(unsaved.size, "row")} not saved`}
        >
          <Group gap="sm">
            <Text size="sm">{problem} What you typed is still here.</Text>
            <Button size="xs" variant="default" onClick={tryAgain}>
              Try again
            </Button>
          </Group>
        </Alert>
      )}
      {told}
      <Box className={styles.frame}>
        {/* biome-ignore lint/a11y/noRedundantRoles: on a phone the rows are blocks, and lose the roles of a table */}
        <table className={styles.grid} role="table" aria-label="Rows to mend">
          {/* biome-ignore lint/a11y/noRedundantRoles: as above */}
          <thead role="rowgroup">
            {/* biome-ignore lint/a11y/noRedundantRoles: as above */}
            <tr role="row">
              <Head>Row</Head>
              {columns.map((column) => (
                <Head key={column.at}>{column.title}</Head>
              ))}
            </tr>
          </thead>
          {/* biome-ignore lint/a11y/noRedundantRoles: as above */}
          <tbody role="rowgroup" ref={body} onKeyDown={moveInGrid}>
            {rows.map((row) => (
              <GridRow
                key={row.rowNo}
                importId={preview.id}
                row={row}
                columns={columns}
                underway={unsaved.has(row.rowNo) ? (problem ? "failed" : "saving") : null}
                onLeave={leave}
              />
            ))}
          </tbody>
        </table>
      </Box>
      <Pager nextCursor={preview.nextCursor} />
    </Stack>
  );
}

function Head({ children }: { children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noRedundantRoles: as the table above
    <th role="columnheader" scope="col">
      {children}
    </th>
  );
}

function Hint() {
  return (
    <Text size="sm" c="dimmed">
      Change the cells as in a spreadsheet: a row is saved and checked again when you leave it.
      <Box component="span" visibleFrom="sm">
        {" "}
        <Kbd>Enter</Kbd> goes down, <Kbd>Tab</Kbd> to the right, <Kbd>Esc</Kbd> brings the cell back.
      </Box>
    </Text>
  );
}

const spoken = ({ rowNo, verdict, reason }: PreviewRow) =>
  isKept(verdict) ? `Row ${rowNo} is mended.` : `Row ${rowNo}: ${reason ?? "left out."}`;
