import { useSearchParams } from "@remix-run/react";
import { verdicts } from "#server/imports/rules.ts";
import { oneOf } from "../../../lib/params.ts";
import type { ImportPreview } from "../load.ts";
import { isKept } from "../verdicts.tsx";
import { RepairGrid } from "./grid.tsx";
import { RowTable } from "./row-table.tsx";

/** A page of a staged file's rows: those that are left out as a grid to mend them in, the others to read. */
export function Rows({ preview, onUnsaved }: { preview: ImportPreview; onUnsaved: (unsaved: boolean) => void }) {
  const [search] = useSearchParams();
  const verdict = oneOf(search.get("verdict"), verdicts);
  if (!verdict || isKept(verdict)) return <RowTable preview={preview} />;
  return <RepairGrid preview={preview} onUnsaved={onUnsaved} />;
}
