import { useFetcher } from "@remix-run/react";
import { useCallback, useEffect, useState } from "react";
import { INTENT_FIELD } from "../../../lib/form-data.ts";
import type { ImportPreview, PreviewRow } from "../load.ts";
import type { action } from "../route.tsx";
import { cellField, type EditedRow, ROWS_A_CALL, rowNoField } from "./repair-form.ts";

/**
 * The rows of a page as they are being mended. A row is sent when it is left; rows left while others are on their way are
 * sent together. A row that is right now stays where it is: it would else vanish under the hands of whoever mends it.
 */
export function useRepairs({ id, rows: loaded }: ImportPreview) {
  const { state, data, submit } = useFetcher<typeof action>();
  const [known, setKnown] = useState<ReadonlyMap<number, PreviewRow>>(() => new Map(byNumber(loaded)));
  const [lastLoaded, setLastLoaded] = useState(loaded);
  const [waiting, setWaiting] = useState<ReadonlyMap<number, string[]>>(new Map());
  const [sent, setSent] = useState<Sent | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [heard, setHeard] = useState<PreviewRow[]>([]);

  // Rows that the server no longer counts among these stay, as they were last seen.
  if (loaded !== lastLoaded) {
    setLastLoaded(loaded);
    setKnown(new Map([...known, ...byNumber(loaded)]));
  }
  if (sent && state === "idle" && data !== sent.before) {
    setSent(null);
    const judged = data?.value?.rows;
    if (judged) {
      setHeard(judged);
      setKnown((now) => new Map([...now, ...byNumber(judged.filter((row) => now.has(row.rowNo)))]));
    } else {
      const errors = Object.values(data?.result.error ?? {}).flatMap((texts) => texts ?? []);
      setProblem(errors.join(" ") || "The server refused these rows.");
      setWaiting(new Map([...sent.rows.map(({ rowNo, cells }) => [rowNo, cells] as const), ...waiting]));
    }
  } else if (!sent && waiting.size > 0 && !problem) {
    setSent({ rows: [...waiting].slice(0, ROWS_A_CALL).map(([rowNo, cells]) => ({ rowNo, cells })), before: data });
    setWaiting(new Map([...waiting].slice(ROWS_A_CALL)));
  }
  useEffect(() => {
    if (sent) submit(asForm(id, sent.rows), { method: "post" });
  }, [sent, id, submit]);

  const save = useCallback((rowNo: number, cells: string[]) => {
    setProblem(null);
    setWaiting((now) => new Map(now).set(rowNo, cells));
  }, []);
  return {
    rows: [...known.values()].sort((a, b) => a.rowNo - b.rowNo),
    /** Rows whose cells the server does not have yet. */
    unsaved: new Set([...waiting.keys(), ...(sent?.rows.map((row) => row.rowNo) ?? [])]),
    /** Why the last rows could not be saved; they are kept, to be tried again. */
    problem,
    /** The rows that the last save judged anew. */
    heard,
    save,
    tryAgain: () => setProblem(null),
  };
}

interface Sent {
  rows: EditedRow[];
  /** The last answer at that time: another one is the answer to these rows. */
  before: unknown;
}

const byNumber = (rows: readonly PreviewRow[]) => rows.map((row) => [row.rowNo, row] as const);

function asForm(importId: string, rows: readonly EditedRow[]): FormData {
  const form = new FormData();
  form.set(INTENT_FIELD, "edit");
  form.set("importId", importId);
  for (const [row, { rowNo, cells }] of rows.entries()) {
    form.set(rowNoField(row), String(rowNo));
    for (const [at, text] of cells.entries()) form.set(cellField(row, at), text);
  }
  return form;
}
