import { and, asc, eq, gt, inArray, or, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { importRows, imports } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { keepErasuresOut } from "../contacts/lock.ts";
import { DomainError } from "../errors.ts";
import { tombstonePads } from "../opt-outs/tombstones.ts";
import { withUser } from "../users/with-user.ts";
import { type ImportPreview, importPreview, type PreviewRow, previewRow } from "./queries.ts";
import type { ImportEnv } from "./read.ts";
import { checkedCountry, keepRows, openPipeline, type Pipeline, ROWS_A_STATEMENT, type RowToKeep } from "./rows.ts";
import { type Counts, createJudge, type Judge, keptCell } from "./rules.ts";
import type { EditRowsInput, MapInput } from "./schema.ts";
import { settleRows, storeCounts } from "./settle.ts";
import { findUndecided } from "./stage.ts";

/** An edit answers with at most so many rows. */
const ROWS_ANSWERED = 200;

/**
 * Takes it from a person what the columns of a file are, and judges every row by that, in pieces.
 * @param input.country of numbers without a country code; null for none, missing for what it was
 * @throws DomainError not_found, wrong_state (decided already), invalid_input
 */
export async function mapColumns(
  db: Db,
  env: ImportEnv,
  userId: Id<"user">,
  { importId, mapping, country: wanted }: MapInput,
): Promise<ImportPreview> {
  const pads = await tombstonePads(db, env.sessionKeys);
  return withUser(db, userId, async (tx) => {
    await keepErasuresOut(tx, userId);
    const found = await findUndecided(tx, userId, importId);
    const country = checkedCountry(wanted === undefined ? found.country : wanted);
    const judge = createJudge({ ...mapping, titles: found.titles, country });
    const pipeline = openPipeline((piece: RowToKeep[]) =>
      keepRows(tx, { id: importId, userId }, piece, { again: true }),
    );
    await pipeline.during(judgeAll(tx, importId, judge, pipeline));
    await keepRows(
      tx,
      { id: importId, userId },
      [...judge.corrected].map((row) => [row]),
      { again: true },
    );
    const columns = mapping.attributes.map(({ name }) => name);
    await tx.update(imports).set({ status: "staged", mapping, country, columns }).where(eq(imports.id, importId));
    await settleRows(tx, { ...found, mapping }, pads);
    await storeCounts(tx, importId);
    await recordAudit(tx, userId, "contacts.mapped", { importId, rows: found.rows });
    return importPreview(tx, userId, { importId });
  });
}

async function judgeAll(tx: Db, importId: Id<"import">, judge: Judge, pipeline: Pipeline<RowToKeep[]>): Promise<void> {
  for (let after = 0; ; ) {
    const rows = await tx
      .select({ rowNo: importRows.rowNo, cells: importRows.cells, note: importRows.note })
      .from(importRows)
      .where(and(eq(importRows.importId, importId), gt(importRows.rowNo, after)))
      .orderBy(asc(importRows.rowNo))
      .limit(ROWS_A_STATEMENT);
    const last = rows.at(-1);
    if (!last) return pipeline.end();
    await pipeline.write(rows.map(({ rowNo, cells, note }) => [judge.judge({ rowNo, cells: cells ?? [] }, note)]));
    after = last.rowNo;
  }
}

/**
 * Puts new cells into rows of the preview and judges them again, and with them every row whose verdict hangs on theirs: the
 * rows of the numbers that they had and that they have.
 * @returns the rows that were edited or judged otherwise now, at most 200, and the new counts
 * @throws DomainError not_found (also of a row), wrong_state (not staged)
 */
export async function editRows(
  db: Db,
  env: ImportEnv,
  userId: Id<"user">,
  { importId, rows: edits }: EditRowsInput,
): Promise<{ rows: PreviewRow[]; counts: Counts }> {
  const pads = await tombstonePads(db, env.sessionKeys);
  return withUser(db, userId, async (tx) => {
    await keepErasuresOut(tx, userId);
    const found = await findUndecided(tx, userId, importId);
    const { mapping, titles } = found;
    if (!mapping || found.status !== "staged") throw new DomainError("wrong_state", { status: found.status });
    const layout = { ...mapping, titles, country: checkedCountry(found.country) };
    const ofImport = and(eq(importRows.importId, importId), eq(importRows.userId, userId));
    const editedNos = edits.map(({ rowNo }) => rowNo);
    const stored = await tx
      .select()
      .from(importRows)
      .where(and(ofImport, inArray(importRows.rowNo, editedNos)));
    const edited = new Map(stored.map((row) => [row.rowNo, row]));
    const numbers = new Set<string>();
    for (const { rowNo, cells } of edits) {
      const row = edited.get(rowNo);
      if (!row) throw new DomainError("not_found");
      if (row.phoneE164) numbers.add(row.phoneE164);
      row.cells = cells.map((cell, at) => keptCell(keepNumber(row.cells?.[at], cell)));
      const { phoneE164 } = createJudge(layout).judge({ rowNo, cells: row.cells });
      if (phoneE164) numbers.add(phoneE164);
    }
    const hanging = await tx
      .select()
      .from(importRows)
      .where(
        and(
          ofImport,
          or(
            sql`${importRows.phoneE164} = any(${sql.param([...numbers])}::text[])`,
            inArray(importRows.rowNo, editedNos),
          ),
        ),
      )
      .orderBy(asc(importRows.rowNo));
    const judge = createJudge(layout);
    const judged = hanging.map((row): RowToKeep => {
      const now = edited.get(row.rowNo);
      if (!now) return [judge.judge({ rowNo: row.rowNo, cells: row.cells ?? [] }, row.note)];
      // What was a formula's result is the person's own now.
      const cells = now.cells ?? [];
      return [judge.judge({ rowNo: row.rowNo, cells }), cells];
    });
    await keepRows(tx, { id: importId, userId }, judged, { again: true });
    await settleRows(tx, { ...found, mapping }, pads, [...numbers]);
    const counts = await storeCounts(tx, importId);
    const before = new Map(hanging.map((row) => [row.rowNo, row]));
    const after = await tx
      .select()
      .from(importRows)
      .where(and(ofImport, sql`${importRows.rowNo} = any(${sql.param([...before.keys()])}::int[])`))
      .orderBy(asc(importRows.rowNo));
    const otherwise = after.filter((row) => {
      const old = before.get(row.rowNo);
      return !edited.has(row.rowNo) && (old?.verdict !== row.verdict || old.reason !== row.reason);
    });
    const answered = [...after.filter((row) => edited.has(row.rowNo)), ...otherwise].slice(0, ROWS_ANSWERED);
    return { rows: answered.map((row) => previewRow(found, row)), counts };
  });
}

/** A grid gives texts; what the spreadsheet kept as a number, and nobody touched, stays one. */
const keepNumber = (was: string | number | undefined, text: string): string | number =>
  typeof was === "number" && String(was) === text ? was : text;
