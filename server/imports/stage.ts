import { createHash } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { contactLists, imports } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { DomainError, refusals } from "../errors.ts";
import { suppressedNumbers } from "../opt-outs/is-suppressed.ts";
import { withUser } from "../users/with-user.ts";
import { type Layout, readHeader } from "./parse/headers.ts";
import { readFile, unreadable } from "./parse/read-file.ts";
import { type ImportPreview, importPreview } from "./queries.ts";
import {
  duplicateInListReason,
  type JudgedRow,
  judgeRow,
  limits,
  optedOutReason,
  type RawRow,
  type Seen,
} from "./rules.ts";
import type { Upload } from "./schema.ts";

export interface StageInput {
  fileName: string;
  bytes: Uint8Array;
  /** Of the list to make; the file's name without its ending when missing. */
  listName?: string | undefined;
  /** The list to add to, in place of a new one. */
  contactListId?: Id<"contactList"> | undefined;
}

const ROWS_A_STATEMENT = 5_000;

/**
 * Reads a file and keeps each row with its verdict, for a person to look at; no contact is made. The file is parsed in a
 * child process outside of any transaction, then everything is written in one. A file in which no row is usable is kept
 * too, so that its rows can be shown; it cannot be committed.
 * @throws DomainError file_too_large, unreadable_file, not_found (of the list)
 */
export async function stageImport(db: Db, userId: Id<"user">, input: StageInput): Promise<ImportPreview> {
  if (input.bytes.byteLength > limits.fileBytes) throw tooLarge();
  const { readAs, layout, rows } = await judgeFile(input.bytes);
  const importId = newId("import");
  return withUser(db, userId, async (tx) => {
    const fileName = `${input.fileName.slice(-120)}${readAs ? ` (${readAs})` : ""}`;
    const listName = await nameOfList(tx, userId, input);
    await tx.insert(imports).values({
      id: importId,
      userId,
      fileName,
      fileSha256: createHash("sha256").update(input.bytes).digest("hex"),
      contactListId: input.contactListId ?? null,
      listName,
      columns: layout.attributes.map((attribute) => attribute.name),
      rows: rows.length,
    });
    // While Postgres writes one piece, the next is made ready and is on its way.
    let before: Promise<void> = Promise.resolve();
    for (let at = 0; at < rows.length; at += ROWS_A_STATEMENT) {
      const piece = keepRows(tx, userId, importId, input.contactListId, rows.slice(at, at + ROWS_A_STATEMENT));
      // It is awaited a turn later; when the piece before it fails, its own failure is no news.
      piece.catch(() => {});
      await before;
      before = piece;
    }
    await before;
    await tx.execute(sql`
      update imports set counts = coalesce((
        select jsonb_object_agg(verdict, n) from (
          select verdict, count(*)::int as n from import_rows where import_id = ${importId} group by verdict) c), '{}')
      where id = ${importId} and user_id = ${userId}`);
    await recordAudit(tx, userId, "contacts.staged", { importId, rows: rows.length });
    return importPreview(tx, userId, { importId });
  });
}

/** `stageImport` of a form's fields. The size is looked at before the bytes are copied. */
export async function stageUpload(db: Db, userId: Id<"user">, upload: Upload): Promise<ImportPreview> {
  const { file, listName, contactListId } = upload;
  if (file.size > limits.fileBytes) throw tooLarge();
  return stageImport(db, userId, {
    fileName: file.name,
    bytes: new Uint8Array(await file.arrayBuffer()),
    listName,
    contactListId,
  });
}

function tooLarge(): DomainError {
  const refusal = { limit: `${limits.fileBytes / 1024 / 1024} MB` };
  return new DomainError("file_too_large", refusal, { file: refusals.file_too_large.message(refusal) });
}

interface JudgedFile {
  readAs: string | null;
  layout: Layout;
  rows: JudgedRow[];
}

async function judgeFile(bytes: Uint8Array): Promise<JudgedFile> {
  const seen: Seen = new Map();
  const rows: JudgedRow[] = [];
  let readAs: string | null = null;
  let layout: Layout | undefined;
  for await (const part of readFile(bytes)) {
    if ("readAs" in part) {
      readAs = part.readAs;
      continue;
    }
    let data: RawRow[] = part.rows;
    if (!layout) {
      const [first, ...others] = data;
      const header = readHeader(first?.cells ?? []);
      if (!header.ok) throw unreadable(header.why);
      layout = header.layout;
      data = others;
    }
    for (const raw of data) rows.push(judgeRow(raw, layout, seen));
  }
  if (!layout) throw unreadable("The file is empty. Its first row must be: name, phone_e164, consent.");
  if (rows.length === 0)
    throw unreadable("The file has a header but no rows below it. Add your contacts and upload it again.");
  return { readAs, layout, rows };
}

async function nameOfList(tx: Db, userId: Id<"user">, input: StageInput): Promise<string> {
  if (!input.contactListId) {
    const base = input.fileName
      .replace(/\.[a-z]{2,5}$/i, "")
      .trim()
      .slice(0, 100);
    return input.listName ?? (base || "Imported contacts");
  }
  const [list] = await tx
    .select({ name: contactLists.name })
    .from(contactLists)
    .where(and(eq(contactLists.id, input.contactListId), eq(contactLists.userId, userId)));
  if (!list) throw new DomainError("not_found");
  return list.name;
}

// By column, because one statement takes at most 65,535 parameters and this one takes thirteen for any number of rows.
async function keepRows(
  tx: Db,
  userId: Id<"user">,
  importId: Id<"import">,
  listId: Id<"contactList"> | undefined,
  rows: JudgedRow[],
): Promise<void> {
  const texts = (of: (row: JudgedRow) => string | null) => sql`${sql.param(rows.map(of))}::text[]`;
  const phones = rows.map((row) => row.phoneE164).filter((phone) => phone !== null);
  // Not "exists … for this row": on a list that grew a moment ago its plan may read the whole list for every row.
  const inList = listId
    ? sql`r.phone_e164 in (select c.phone_e164 from contacts c
            where c.contact_list_id = ${listId} and c.phone_e164 = any(${sql.param(phones)}::text[]))`
    : sql`false`;
  await tx.execute(sql`
    insert into import_rows (import_id, user_id, row_no, name, phone, phone_e164, consent, attributes, verdict, "column", value, reason)
    select ${importId}, ${userId}, row_no, name, phone, phone_e164, consent, attributes::jsonb,
           coalesce(refused, verdict), case when refused is null then "column" else 'phone_e164' end,
           case when refused is null then value else phone end,
           case refused when 'opted_out' then ${optedOutReason} when 'duplicate_in_list' then ${duplicateInListReason} else reason end
      from unnest(${sql.param(rows.map((row) => row.rowNo))}::int[], ${texts((row) => row.name)}, ${texts((row) => row.phone)},
                  ${texts((row) => row.phoneE164)}, ${texts((row) => row.consent)},
                  ${texts((row) => JSON.stringify(row.attributes))}, ${texts((row) => row.verdict)},
                  ${texts((row) => row.column)}, ${texts((row) => row.value)}, ${texts((row) => row.reason)})
           as r (row_no, name, phone, phone_e164, consent, attributes, verdict, "column", value, reason)
           cross join lateral (select case
             when r.verdict <> 'valid' then null
             when 'pn:' || r.phone_e164 in ${suppressedNumbers(userId)} then 'opted_out'
             when ${inList} then 'duplicate_in_list' end) as again (refused)`);
}
