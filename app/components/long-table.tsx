import { Box, VisuallyHidden } from "@mantine/core";
import { useIsomorphicEffect } from "@mantine/hooks";
import { defaultRangeExtractor, type Range, useWindowVirtualizer, type VirtualItem } from "@tanstack/react-virtual";
import {
  type MouseEvent,
  memo,
  type ReactNode,
  type Ref,
  type RefObject,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { useHydrated } from "../lib/use-hydrated.ts";
import styles from "./long-table.module.css";

const ROW_PX = 53;
const ROWS_AROUND = 10;
/** The next rows are asked for when this many are left below those in sight. */
const ROWS_AHEAD = 40;
/** So many pictures of the screen are waited for until the row is there at which the table begins. */
const FRAMES = 10;

export interface LongColumn<Row> {
  header: string;
  /** The least width it needs, in rem. */
  rem: number;
  /** Its share of what room is left; without one it keeps its width. */
  grow?: number;
  cell: (row: Row) => ReactNode;
  /** On a phone it shares its line with the next, or the one before. */
  half?: "first" | "second";
  /** On a phone its title stands before it. */
  labelled?: boolean;
  /** It names the row. */
  names?: boolean;
  /** Its title is for screen readers alone. */
  untitled?: boolean;
}

/** Where somebody is in a table: at which row, how far down the page, with the heights of the rows that were measured. */
export interface TablePlace {
  id: string;
  scrollY: number;
  heights: VirtualItem[];
}

interface Props<Row> {
  caption: string;
  columns: readonly LongColumn<Row>[];
  rows: readonly Row[];
  /** How many there are in all; null when nobody has counted. */
  total: number | null;
  /** New rows are on their way in place of these. */
  busy: boolean;
  /** Which rows stand out. */
  marked: ReadonlySet<string>;
  /** Hears which rows are in sight, or soon will be. */
  onSight: (from: number, to: number) => void;
  /** Where it begins, with the keyboard on the link of the row: for whoever comes back. */
  start: TablePlace | null;
  /** Hears where somebody was when they followed a link in a row. */
  onLeave: (place: TablePlace) => void;
}

/**
 * A table of any length, of which the page holds the rows in sight and a few around them; it scrolls with the page.
 * Before the page is alive, and without JavaScript, it holds all the rows it was given.
 */
export function LongTable<Row extends { id: string }>({
  columns,
  rows,
  onSight,
  marked,
  start,
  onLeave,
  ...table
}: Props<Row>) {
  const alive = useHydrated();
  const [fromServer] = useState(!alive);
  const body = useRef<HTMLDivElement>(null);
  const top = useTop(body);
  const startAt = useMemo(() => (start ? rows.findIndex(({ id }) => id === start.id) : -1), [start, rows]);
  // Its row is there from the beginning, wherever the page is.
  const focused = useRef(startAt < 0 ? null : startAt);
  // oxlint-disable-next-line react/incompatible-library -- the rule is for React's compiler, which does not build this app
  const virtual = useWindowVirtualizer<HTMLDivElement>({
    count: rows.length,
    estimateSize: () => ROW_PX,
    getItemKey: useCallback((index: number) => rows[index]?.id ?? index, [rows]),
    overscan: ROWS_AROUND,
    scrollMargin: top,
    enabled: alive,
    initialMeasurementsCache: start?.heights ?? [],
    // Whoever is in a row with the keyboard stays in it, however far somebody scrolls.
    rangeExtractor: useCallback((range: Range) => {
      const inRange = defaultRangeExtractor(range);
      const kept = focused.current;
      if (kept === null || kept >= range.count || inRange.includes(kept)) return inRange;
      return [...inRange, kept].sort((a, b) => a - b);
    }, []),
  });
  const placed = virtual.getVirtualItems();
  // The window's size is known a moment after the page is alive. Were the server's rows taken away until then, a click that
  // began on one would end on another, and do nothing.
  const asServed = !alive || (fromServer && placed.length === 0);
  const from = virtual.range?.startIndex ?? 0;
  const to = virtual.range?.endIndex ?? 0;
  useEffect(() => {
    if (alive) onSight(from, to + ROWS_AHEAD);
  }, [alive, from, to, onSight]);

  const startRow = useRef(startAt);
  useEffect(() => {
    if (!start) return;
    let frame = 0;
    // The rows come a moment after the table, and the focus goes to the new page's content just now.
    const arrive = (tries: number) => {
      window.scrollTo(0, start.scrollY);
      const link = body.current?.querySelector<HTMLElement>(`[data-index="${startRow.current}"] a[href]`);
      if (link) link.focus({ preventScroll: true });
      else if (tries > 0) frame = requestAnimationFrame(() => arrive(tries - 1));
    };
    frame = requestAnimationFrame(() => arrive(FRAMES));
    return () => cancelAnimationFrame(frame);
  }, [start]);
  const followed = ({ target }: MouseEvent) => {
    const id = target instanceof Element && target.closest("a[href]") ? rows[indexOf(target) ?? -1]?.id : undefined;
    if (id !== undefined) onLeave({ id, scrollY: window.scrollY, heights: virtual.takeSnapshot() });
  };

  const row = (index: number, at?: number) => {
    const of = rows[index];
    if (!of) return null;
    const measure = at === undefined ? undefined : virtual.measureElement;
    return <LongRow key={of.id} row={of} {...{ index, at, measure }} columns={columns} marked={marked.has(of.id)} />;
  };
  return (
    <Box className={styles.frame} aria-busy={table.busy} __vars={tracks(columns)}>
      <Box
        role="table"
        aria-label={table.caption}
        aria-rowcount={table.total === null ? -1 : table.total + 1}
        className={styles.table}
        onFocus={({ target }) => {
          focused.current = indexOf(target);
        }}
        onBlur={() => {
          focused.current = null;
        }}
        onClickCapture={followed}
      >
        <Box role="rowgroup">
          <Box role="row" aria-rowindex={1} className={styles.head}>
            {columns.map(({ header, untitled }) => (
              <Box key={header} role="columnheader">
                {untitled ? <VisuallyHidden>{header}</VisuallyHidden> : header}
              </Box>
            ))}
          </Box>
        </Box>
        <Box
          role="rowgroup"
          ref={body}
          className={styles.body}
          {...(asServed ? {} : { style: { height: virtual.getTotalSize() } })}
        >
          {asServed ? rows.map((_, index) => row(index)) : placed.map(({ index, start }) => row(index, start - top))}
        </Box>
      </Box>
    </Box>
  );
}

const GAP_REM = 0.5;
const EDGE_REM = 1;

/** The table's grid, and how narrow it can be before it scrolls sideways in its frame. */
function tracks(columns: readonly { rem: number; grow?: number }[]): Record<string, string> {
  const least = columns.reduce((sum, { rem }) => sum + rem + GAP_REM, 2 * EDGE_REM - GAP_REM);
  return {
    "--columns": columns.map(({ rem, grow }) => (grow ? `minmax(${rem}rem, ${grow}fr)` : `${rem}rem`)).join(" "),
    "--gap": `${GAP_REM}rem`,
    "--edge": `${EDGE_REM}rem`,
    "--least": `${least}rem`,
  };
}

interface RowProps<Row> {
  row: Row;
  columns: readonly LongColumn<Row>[];
  /** From 0. */
  index: number;
  marked: boolean;
  /** How far down the table it stands, in pixels, once the table places its rows itself. */
  at: number | undefined;
  measure: Ref<HTMLDivElement> | undefined;
}

function PlainRow<Row>({ row, columns, index, marked, at, measure }: RowProps<Row>) {
  return (
    <Box
      role="row"
      // The row of titles is the first.
      aria-rowindex={index + 2}
      data-index={index}
      data-placed={at === undefined ? undefined : true}
      data-marked={marked || undefined}
      className={styles.row}
      style={at === undefined ? {} : { transform: `translateY(${at}px)` }}
      ref={measure}
    >
      {columns.map(({ header, cell, half, labelled, names }) => (
        <Box
          key={header}
          role={names ? "rowheader" : "cell"}
          className={styles.cell}
          data-half={half}
          data-label={labelled ? header : undefined}
        >
          {cell(row)}
        </Box>
      ))}
    </Box>
  );
}
// memo() forgets that a component is generic.
const LongRow = memo(PlainRow) as typeof PlainRow;

/** The row that something on the page is in, by its position from 0. */
function indexOf(element: Element): number | null {
  const index = element.closest("[data-index]")?.getAttribute("data-index");
  return index ? Number(index) : null;
}

/** How far down the page an element begins, in pixels; kept true while things above it come and go. */
function useTop(element: RefObject<HTMLElement>): number {
  const [top, setTop] = useState(0);
  useIsomorphicEffect(() => {
    const measure = () => {
      if (element.current) setTop(Math.round(element.current.getBoundingClientRect().top + window.scrollY));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [element]);
  return top;
}
