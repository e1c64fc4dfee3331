import { and, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { importFiles, importRows, imports } from "#db/schema/index.ts";
import { keepErasuresOut } from "../contacts/lock.ts";
import type { Env } from "../env.ts";
import { DomainError } from "../errors.ts";
import { publish } from "../events.ts";
import { type Pads, tombstonePads } from "../opt-outs/tombstones.ts";
import { withUser } from "../users/with-user.ts";
import { type FilePart, readFile } from "./parse/read-file.ts";
import type { ReadOptions } from "./parse/rows.ts";
import { checkedCountry, type ImportRef, type TakenFile, takeRows } from "./rows.ts";
import { settleRows, storeCounts } from "./settle.ts";

/** What is needed of the environment: the keys that open the tombstones' key. */
export type ImportEnv = Pick<Env, "sessionKeys">;

/** Progress is told at most so often. */
const TOLD_EVERY_MS = 400;
const CANNOT_BE_READ = "The file could not be read just now. Upload it again.";

/** Every part of a small file. @throws DomainError unreadable_file */
export async function parseFile(bytes: Uint8Array, options: ReadOptions): Promise<FilePart[]> {
  const parts: FilePart[] = [];
  for await (const part of readFile(bytes, options)) parts.push(part);
  return parts;
}

/** Books the job that reads a large file. */
export async function bookReading(tx: Db, importId: Id<"import">): Promise<void> {
  await tx.execute(sql`select book_import(${importId})`);
}

/** Keeps what a file turned out to be, now that its rows are there. @param tx locks the import until it ends */
export async function finishReading(tx: Db, { id, userId }: ImportRef, taken: TakenFile, pads: Pads): Promise<void> {
  const { readAs, sheets, delimiter, titles, mapping, rows } = taken;
  await keepErasuresOut(tx, userId);
  const [found] = await tx
    .update(imports)
    .set({
      status: mapping ? "staged" : "mapping",
      readAs,
      sheets,
      readOptions: sql`${imports.readOptions} || ${JSON.stringify(delimiter === null ? {} : { delimiter })}::jsonb`,
      titles,
      mapping,
      columns: mapping?.attributes.map(({ name }) => name) ?? [],
      rows,
    })
    .where(and(eq(imports.id, id), eq(imports.userId, userId), eq(imports.status, "reading")))
    .returning();
  if (!found) throw new DomainError("wrong_state");
  if (!mapping) return;
  await settleRows(tx, { ...found, mapping }, pads);
  await storeCounts(tx, id);
}

/**
 * The job that reads a large file: one transaction for its rows, so that a process that dies leaves none behind and the job
 * starts anew; how far it is, is told beside it. A file that cannot be read makes the import `failed`, with why.
 * @param lastTry no other try follows: whatever goes wrong is told as a failure
 */
export async function readImport(
  db: Db,
  env: ImportEnv,
  importId: Id<"import">,
  { lastTry = false }: { lastTry?: boolean } = {},
): Promise<void> {
  const [found] = await db.select().from(imports).where(eq(imports.id, importId));
  if (found?.status !== "reading") return;
  const { userId } = found;
  const over = new AbortController();
  try {
    const pads = await tombstonePads(db, env.sessionKeys);
    await withUser(db, userId, (tx) => readRows(db, tx, found, pads, over.signal));
  } catch (error) {
    const refusal = error instanceof DomainError ? error : null;
    // It was thrown away meanwhile.
    if (refusal?.code === "wrong_state") return;
    if (!refusal && !lastTry) throw error;
    await fail(db, { id: importId, userId }, refusal?.message ?? CANNOT_BE_READ);
    if (!refusal) throw error;
  } finally {
    over.abort();
  }
  await publish(db, userId, "contacts", importId);
  // Until Postgres knows of so many new rows it sorts all of them for each page that is looked at.
  await db.execute(sql`analyze import_rows`);
}

async function readRows(
  db: Db,
  tx: Db,
  found: typeof imports.$inferSelect,
  pads: Pads,
  over: AbortSignal,
): Promise<void> {
  const { id, userId, readOptions } = found;
  // Of two runs of the job (a worker that was taken for dead) one waits, and finds nothing left to read. It is no lock of
  // the import's row, which would hold up the telling of progress.
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`import|${id}`}, 0))`);
  const [file] = await tx
    .select()
    .from(importFiles)
    .where(and(eq(importFiles.importId, id), eq(importFiles.userId, userId)));
  const [still] = await tx.select({ status: imports.status }).from(imports).where(eq(imports.id, id));
  if (!file || still?.status !== "reading") throw new DomainError("wrong_state");
  await tx.delete(importRows).where(eq(importRows.importId, id));
  let toldAt = Date.now();
  const told = async (rows: number) => {
    if (Date.now() - toldAt < TOLD_EVERY_MS) return;
    toldAt = Date.now();
    await db.update(imports).set({ rows }).where(eq(imports.id, id));
    await publish(db, userId, "contacts", id);
  };
  const parts = readFile(file.bytes, readOptions);
  await finishReading(tx, found, await takeRows(tx, found, parts, checkedCountry(found.country), { told, over }), pads);
}

async function fail(db: Db, { id, userId }: ImportRef, error: string): Promise<void> {
  await withUser(db, userId, async (tx) => {
    await tx
      .update(imports)
      .set({ status: "failed", error, rows: 0 })
      .where(and(eq(imports.id, id), eq(imports.status, "reading")));
    await tx.delete(importFiles).where(eq(importFiles.importId, id));
  });
}
