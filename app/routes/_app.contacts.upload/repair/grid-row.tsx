import { Button, Group, Input, Stack, Text } from "@mantine/core";
import { CheckCircledIcon, CrossCircledIcon, UpdateIcon } from "@radix-ui/react-icons";
import { type FocusEvent, memo, useId } from "react";
import { ButtonForm } from "../../../components/form-parts.tsx";
import { type Look, StatusBadge } from "../../../components/status-badge.tsx";
import type { PreviewRow } from "../load.ts";
import { isKept, VerdictBadge } from "../verdicts.tsx";
import type { GridColumn } from "./columns.ts";
import styles from "./grid.module.css";
import { cellField, rowNoField } from "./repair-form.ts";

const mended: Look = { word: "Mended", color: "green", icon: CheckCircledIcon };
const underways = {
  saving: { word: "Checking", color: "blue", icon: UpdateIcon },
  failed: { word: "Not saved", color: "red", icon: CrossCircledIcon },
} as const satisfies Record<string, Look>;

/** One row of the grid. Its fields are the browser's own, so that it can be sent by itself where there is no JavaScript. */
export const GridRow = memo(function GridRow({
  importId,
  row,
  columns,
  underway,
  onLeave,
}: {
  importId: string;
  row: PreviewRow;
  columns: readonly GridColumn[];
  /** Of cells that the server does not have yet. */
  underway: keyof typeof underways | null;
  onLeave: (rowNo: number, cells: string[]) => void;
}) {
  const formId = useId();
  const reasonId = useId();
  const good = isKept(row.verdict);
  const shown = new Set(columns.map(({ at }) => at));
  const wrongAt = good ? undefined : columns.find(({ title }) => title === row.column)?.at;

  const leave = (event: FocusEvent<HTMLElement>) => {
    const line = event.currentTarget;
    if (event.relatedTarget instanceof Node && line.contains(event.relatedTarget)) return;
    const cells = [...row.cells];
    for (const input of line.querySelectorAll<HTMLInputElement>("input[data-at]")) {
      cells[Number(input.dataset.at)] = input.value;
    }
    const texts = Array.from(cells, (text) => text ?? "");
    if (texts.some((text, at) => text !== (row.cells[at] ?? ""))) onLeave(row.rowNo, texts);
  };

  return (
    // biome-ignore lint/a11y/noRedundantRoles: on a phone the row is a block
    <tr role="row" onBlur={leave} data-good={good || undefined}>
      {/* biome-ignore lint/a11y/noRedundantRoles: as above */}
      <th role="rowheader" scope="row" className={styles.row}>
        <ButtonForm intent="edit" fields={{ importId, [rowNoField(0)]: String(row.rowNo) }} id={formId}>
          {row.cells.map((text, at) =>
            // Those that are not shown go along as they are; rows of a file have no other name than their place.
            // biome-ignore lint/suspicious/noArrayIndexKey: the place is the cell's identity
            shown.has(at) ? null : <input key={at} type="hidden" name={cellField(0, at)} value={text} />,
          )}
          <Stack gap={4}>
            <Group gap={8}>
              <Text size="sm" fw={650}>
                Row {row.rowNo}
              </Text>
              {underway ? (
                <StatusBadge look={underways[underway]} />
              ) : good ? (
                <StatusBadge look={mended} />
              ) : (
                <VerdictBadge verdict={row.verdict} />
              )}
            </Group>
            <Text size="xs" id={reasonId} c={good ? "dimmed" : undefined}>
              {good ? becomes(row) : row.reason}
            </Text>
            <noscript>
              <Button type="submit" size="compact-xs" variant="default">
                Save and check
              </Button>
            </noscript>
          </Stack>
        </ButtonForm>
      </th>
      {columns.map(({ at, title }) => (
        // biome-ignore lint/a11y/noRedundantRoles: as above
        <td key={at} role="cell" data-label={title}>
          <Input
            size="sm"
            name={cellField(0, at)}
            form={formId}
            data-at={at}
            defaultValue={row.cells[at] ?? ""}
            aria-label={`${title}, row ${row.rowNo}`}
            aria-describedby={at === wrongAt ? reasonId : undefined}
            error={at === wrongAt}
            autoComplete="off"
            spellCheck={false}
            classNames={{ input: styles.cell }}
          />
        </td>
      ))}
    </tr>
  );
});

function becomes({ verdict, phoneE164, note }: PreviewRow): string {
  const what = verdict === "valid" ? "A new contact" : verdict === "updated" ? "Updates a contact" : "Known already";
  return [`${what}: ${phoneE164 ?? ""}.`, note].filter(Boolean).join(" ");
}
