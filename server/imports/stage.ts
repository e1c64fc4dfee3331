import { createHash } from "node:crypto";
import { and, eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { contactLists, importFiles, importRows, imports } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { keepErasuresOut } from "../contacts/lock.ts";
import type { CountryCode } from "../contacts/numbers/phone.ts";
import { DomainError, refusals } from "../errors.ts";
import { tombstonePads } from "../opt-outs/tombstones.ts";
import { withUser } from "../users/with-user.ts";
import { readFile } from "./parse/read-file.ts";
import type { ReadOptions } from "./parse/rows.ts";
import { findImport, type ImportPreview, importPreview, sameFile } from "./queries.ts";
import { bookReading, finishReading, type ImportEnv, parseFile } from "./read.ts";
import { checkedCountry, takeRows } from "./rows.ts";
import { limits } from "./rules.ts";
import type { ReadInput, Upload } from "./schema.ts";

export interface StageInput {
  fileName: string;
  bytes: Uint8Array;
  /** Of the list to make; the file's name without its ending when missing. */
  listName?: string | undefined;
  /** The list to add to, in place of a new one. */
  contactListId?: Id<"contactList"> | undefined;
  /** Of numbers that are written without a country code. */
  country?: CountryCode | undefined;
}

/**
 * Takes a file in, for a person to look at; no contact is made. A small one is read at once: parsed in a child process
 * outside of any transaction, then everything is written in one. A larger one is kept and read by a job (`readImport`). A
 * file in which no row is usable is kept too, so that its rows can be shown and mended.
 * @throws DomainError file_too_large, unreadable_file, not_found (of the list), invalid_input (of the country)
 */
export async function stageImport(
  db: Db,
  env: ImportEnv,
  userId: Id<"user">,
  input: StageInput,
): Promise<ImportPreview> {
  const { bytes } = input;
  if (bytes.byteLength > limits.fileBytes) throw tooLarge();
  const country = checkedCountry(input.country);
  const pads = await tombstonePads(db, env.sessionKeys);
  const atOnce = bytes.byteLength <= limits.readAtOnceBytes;
  const parts = atOnce ? await parseFile(bytes, {}) : [];
  const id = newId("import");
  return withUser(db, userId, async (tx) => {
    const fileSha256 = createHash("sha256").update(bytes).digest("hex");
    await tx.insert(imports).values({
      id,
      userId,
      fileName: input.fileName.slice(-120),
      fileSha256,
      status: "reading",
      country,
      ...(await listOf(tx, userId, input, { id, fileSha256 })),
    });
    await tx.insert(importFiles).values({ importId: id, userId, bytes: Buffer.from(bytes) });
    if (atOnce) await finishReading(tx, { id, userId }, await takeRows(tx, { id, userId }, parts, country), pads);
    else await bookReading(tx, id);
    await recordAudit(tx, userId, "contacts.staged", { importId: id, bytes: bytes.byteLength });
    return importPreview(tx, userId, { importId: id });
  });
}

/** `stageImport` of a form's fields. The size is looked at before the bytes are copied. */
export async function stageUpload(db: Db, env: ImportEnv, userId: Id<"user">, upload: Upload): Promise<ImportPreview> {
  const { file, listName, contactListId, country } = upload;
  if (file.size > limits.fileBytes) throw tooLarge();
  const bytes = new Uint8Array(await file.arrayBuffer());
  return stageImport(db, env, userId, { fileName: file.name, bytes, listName, contactListId, country });
}

/**
 * Reads the kept file in another way: another sheet, another separator. What was said of its columns, and mended in its
 * rows, is forgotten.
 * @throws DomainError not_found, wrong_state (decided already), unreadable_file (then nothing changes)
 */
export async function readAgain(
  db: Db,
  env: ImportEnv,
  userId: Id<"user">,
  { importId, ...options }: ReadInput,
): Promise<ImportPreview> {
  const pads = await tombstonePads(db, env.sessionKeys);
  const bytes = await withUser(db, userId, async (tx) => {
    await findUndecided(tx, userId, importId);
    const [file] = await tx
      .select()
      .from(importFiles)
      .where(and(eq(importFiles.importId, importId), eq(importFiles.userId, userId)));
    if (!file) throw new DomainError("not_found");
    return file.bytes;
  });
  const atOnce = bytes.byteLength <= limits.readAtOnceBytes;
  const parts = atOnce ? await parseFile(bytes, options) : [];
  if (!atOnce) await tryReading(bytes, options);
  return withUser(db, userId, async (tx) => {
    // Before the import is locked, which an erasure wants too; one that came meanwhile took the file away for good.
    await keepErasuresOut(tx, userId);
    const { country } = await findUndecided(tx, userId, importId);
    const ref = { id: importId, userId };
    const [still] = await tx
      .select({ id: importFiles.importId })
      .from(importFiles)
      .where(eq(importFiles.importId, importId));
    if (!still) throw new DomainError("not_found");
    await tx.delete(importRows).where(and(eq(importRows.importId, importId), eq(importRows.userId, userId)));
    await tx
      .update(imports)
      .set({ status: "reading", readOptions: options, mapping: null, columns: [], counts: {}, rows: 0 })
      .where(eq(imports.id, importId));
    if (atOnce) await finishReading(tx, ref, await takeRows(tx, ref, parts, checkedCountry(country)), pads);
    else await bookReading(tx, importId);
    return importPreview(tx, userId, { importId });
  });
}

/**
 * Opens a file, and reads none of its rows: what cannot be read this way is refused while the rows that were read another
 * way are still there. @throws DomainError unreadable_file
 */
async function tryReading(bytes: Uint8Array, options: ReadOptions): Promise<void> {
  for await (const part of readFile(bytes, options)) if ("file" in part) return;
}

/** An import that was read and not decided on, locked. @throws DomainError not_found, wrong_state */
export async function findUndecided(tx: Db, userId: Id<"user">, importId: Id<"import">) {
  const found = await findImport(tx, userId, importId, { lock: true });
  if (found.status !== "mapping" && found.status !== "staged")
    throw new DomainError("wrong_state", { status: found.status });
  return found;
}

function tooLarge(): DomainError {
  const refusal = { limit: `${limits.fileBytes / 1024 / 1024} MB` };
  return new DomainError("file_too_large", refusal, { file: refusals.file_too_large.message(refusal) });
}

/** The list the rows go to: the one that was named; else, for a file that was imported before, the one it went to. */
async function listOf(
  tx: Db,
  userId: Id<"user">,
  input: StageInput,
  file: { id: Id<"import">; fileSha256: string },
): Promise<{ contactListId: Id<"contactList"> | null; listName: string }> {
  const same = input.contactListId || input.listName ? null : await sameFile(tx, userId, file);
  const wanted = input.contactListId ?? same?.contactListId;
  if (wanted) {
    const [list] = await tx
      .select({ name: contactLists.name })
      .from(contactLists)
      .where(and(eq(contactLists.id, wanted), eq(contactLists.userId, userId)));
    if (list) return { contactListId: wanted, listName: list.name };
    if (input.contactListId) throw new DomainError("not_found");
  }
  const base = input.fileName.replace(/\.[a-z]{2,5}$/i, "");
  return { contactListId: null, listName: input.listName ?? (base.trim().slice(0, 100) || "Imported contacts") };
}
