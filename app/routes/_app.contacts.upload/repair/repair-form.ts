import { z } from "zod";
import { idSchema } from "#db/ids.ts";

// A form sends an empty cell as nothing.
const cell = z
  .string()
  .optional()
  .transform((text) => text ?? "");

/** Rows of a file as they were edited: several from the grid, one from a row's plain form. */
export const repairForm = z.object({
  importId: idSchema("import"),
  rows: z
    .array(z.object({ rowNo: z.coerce.number().int().positive(), cells: z.array(cell) }))
    .min(1)
    .max(100),
});

export interface EditedRow {
  rowNo: number;
  cells: string[];
}

export const ROWS_A_CALL = 100;
/** The fields' names, as conform reads them. */
export const rowNoField = (row: number) => `rows[${row}].rowNo`;
export const cellField = (row: number, at: number) => `rows[${row}].cells[${at}]`;
