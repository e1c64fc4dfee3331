import { useFetcher } from "@remix-run/react";
import { useCallback, useMemo, useRef, useState } from "react";

/** One page of rows, and where the next begins; null at the end. */
export interface CursorPage<Row> {
  rows: Row[];
  nextCursor: string | null;
}

/** What a loader answers to a request for the page at `cursor`; null when there was no answer. */
export interface Arrival<Row> {
  cursor: string;
  page: CursorPage<Row> | null;
}

interface Kept<Row> extends CursorPage<Row> {
  /** Which reading of the first page it belongs to: an older one may be out of date. */
  edition: unknown;
}

/**
 * The rows of a list that is read page by page: the first page comes with the screen's data, the others one request at a
 * time when somebody comes near them. When the first page changes, the pages in sight are read again. Mount it anew for
 * other filters.
 * @param known pages of before, by their cursors, to begin with: they are read again when somebody sees them
 */
export function useCursorPages<Row>(
  first: CursorPage<Row>,
  address: (cursor: string) => string,
  known?: ReadonlyMap<string, CursorPage<Row>>,
) {
  const { load, state, data } = useFetcher<Arrival<Row>>();
  const [kept, setKept] = useState<ReadonlyMap<string, Kept<Row>>>(
    () => new Map([...(known ?? [])].map(([cursor, page]) => [cursor, { ...page, edition: null }])),
  );
  const [failedAt, setFailedAt] = useState<string | null>(null);
  const edition = useMemo(() => JSON.stringify(first), [first]);

  const [seen, setSeen] = useState(data);
  if (data && data !== seen) {
    const { cursor, page } = data;
    setSeen(data);
    setFailedAt(page ? null : cursor);
    if (page) setKept(new Map(kept).set(cursor, { ...page, edition }));
  }

  // A page whose forerunner ends elsewhere now no longer follows on it, and is left out.
  const chain = useMemo(() => {
    const pages: { cursor: string | null; from: number; page: CursorPage<Row>; edition: unknown }[] = [
      { cursor: null, from: 0, page: first, edition },
    ];
    for (let last = pages[0]; last?.page.nextCursor; last = pages.at(-1)) {
      const next = kept.get(last.page.nextCursor);
      if (!next) break;
      const from = last.from + last.page.rows.length;
      pages.push({ cursor: last.page.nextCursor, from, page: next, edition: next.edition });
    }
    return pages;
  }, [first, kept, edition]);
  const rows = useMemo(() => chain.flatMap(({ page }) => page.rows), [chain]);
  const nextCursor = chain.at(-1)?.page.nextCursor ?? null;

  // The fetcher's own state follows a moment later, and a second request would cut the first off.
  const asked = useRef<{ before: typeof data } | null>(null);
  const read = useCallback(
    (cursor: string | null) => {
      if (cursor === null || (asked.current && asked.current.before === data)) return;
      asked.current = { before: data };
      load(address(cursor));
    },
    [load, data, address],
  );

  /** Tells which rows are in sight: what is missing or out of date near them is read. */
  const inSight = useCallback(
    (from: number, to: number) => {
      const old = chain.find(
        ({ cursor, from: start, page, edition: of }) =>
          cursor !== null && of !== edition && start <= to && start + page.rows.length > from,
      );
      const wanted = old ? old.cursor : to >= rows.length - 1 ? nextCursor : null;
      if (wanted !== failedAt) read(wanted);
    },
    [chain, edition, rows.length, nextCursor, failedAt, read],
  );

  return {
    rows,
    /** The pages after the first, by their cursors. */
    pages: kept,
    hasMore: nextCursor !== null,
    loading: state !== "idle",
    failed: failedAt !== null,
    inSight,
    loadMore: useCallback(() => read(failedAt ?? nextCursor), [read, failedAt, nextCursor]),
  };
}
