import { Box, Text } from "@mantine/core";
import type { ReactNode } from "react";
import styles from "./bars.module.css";

interface BarsProps {
  /** What the picture says, for those who do not see it. */
  label: string;
  values: readonly number[];
  /** The value of a bar of full height. */
  most: number;
  color: string;
  /** In rem. */
  height: number;
  /** Parts of the ground that stand out, in bars; `dim` ones less. */
  shaded?: readonly { x: number; width: number; dim?: boolean }[];
  /** What a bar tells when it is pointed at. */
  titleOf?: (at: number) => string;
}

/** Bars of equal width from one side to the other, drawn by the server too. The figures belong into a table beside it. */
export function Bars({ label, values, most, color, height, shaded = [], titleOf }: BarsProps) {
  return (
    <svg
      className={styles.bars}
      style={{ height: `${height}rem` }}
      viewBox={`0 0 ${values.length} 1`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {shaded.map(({ x, width, dim = false }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: several may begin at one place
        <rect key={at} x={x} y={0} width={width} height={1} className={dim ? styles.dim : styles.shaded} />
      ))}
      {values.map((value, at) =>
        value <= 0 ? null : (
          // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
          <rect key={at} x={at + 0.08} y={1 - value / most} width={0.84} height={value / most} fill={color}>
            {titleOf && <title>{titleOf(at)}</title>}
          </rect>
        ),
      )}
    </svg>
  );
}

interface Row {
  key: string | number;
  /** The first names the row. */
  cells: readonly ReactNode[];
}

/** The figures of a picture, to be opened. Plain: it is drawn with every reload of a live page, opened or not. */
export function FiguresTable({ label, head, rows }: { label: string; head: readonly string[]; rows: readonly Row[] }) {
  return (
    <details>
      <Text component="summary" size="sm" w="fit-content" className={styles.summary}>
        The same as a table
      </Text>
      <Box className={styles.table} tabIndex={0} role="region" aria-label={`${label}, as a table`}>
        <table aria-label={label} className={styles.figures}>
          <thead>
            <tr>
              {head.map((word) => (
                <th key={word} scope="col">
                  {word}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ key, cells }) => (
              <tr key={key}>
                {cells.map((cell, at) => (
                  <td key={head[at]}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Box>
    </details>
  );
}
