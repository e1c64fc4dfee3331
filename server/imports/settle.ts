import { eq, type SQL, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import type { ImportMapping } from "#db/schema/imports.ts";
import { imports } from "#db/schema/index.ts";
import { suppressedNumbers } from "../opt-outs/is-suppressed.ts";
import { type Pads, tombstonedSql } from "../opt-outs/tombstones.ts";
import { type Counts, emptyCounts, noWords, optedOutReason, titleOf, type Verdict } from "./rules.ts";

/** What is known of an import once its columns are. */
export interface MappedImport {
  id: Id<"import">;
  userId: Id<"user">;
  mapping: ImportMapping;
  titles: string[];
  contactListId: Id<"contactList"> | null;
}

// No joins of rows and contacts here or in commit.ts: the statistics do not know rows of this transaction, and a plan made
// by them has compared each row with each. A subquery in a value looks each row's number up by the unique index.

/** SQL, of a row `r`: the text of a cell. */
export const cellOf = (at: number): SQL => sql`coalesce(r.cells->>${at}::int, '')`;

/** SQL, of a row `r`: the attributes that its cells give a contact; blank ones as empty texts, or not at all. */
export function attributesOf({ attributes }: ImportMapping, blank: "empty" | "missing"): SQL {
  if (attributes.length === 0) return sql`'{}'::jsonb`;
  const pairs = attributes.map(({ at, name }) =>
    blank === "empty" ? sql`${name}::text, ${cellOf(at)}` : sql`${name}::text, nullif(${cellOf(at)}, '')`,
  );
  const object = sql`jsonb_build_object(${sql.join(pairs, sql`, `)})`;
  return blank === "empty" ? object : sql`jsonb_strip_nulls(${object})`;
}

/** SQL, of a row `r`: whether the file says no for its number outright. */
export const saysNo = ({ consent }: ImportMapping): SQL =>
  sql`(r.verdict in ('no_consent', 'invalid') and r.phone_e164 is not null and lower(${cellOf(consent)}) in ${[...noWords]})`;

/**
 * Judges rows that are good by themselves against what the user has: people who opted out or were erased, and contacts that
 * are there. Made to be run again: at the preview, after an edit, at the commit; each time after `keepErasuresOut`.
 * @param numbers of the rows to judge; all when missing
 */
export async function settleRows(tx: Db, found: MappedImport, pads: Pads, numbers?: readonly string[]): Promise<void> {
  const { id, userId, mapping, titles, contactListId } = found;
  const some = numbers ? sql`and r.phone_e164 = any(${sql.param(numbers)}::text[])` : sql``;
  const rows = sql`r.import_id = ${id} and r.user_id = ${userId} ${some}`;
  const identity = sql`('pn:' || r.phone_e164)`;
  await tx.execute(sql`
    update import_rows r
       set verdict = 'opted_out', "column" = ${titleOf(titles, mapping.phone)}, reason = ${optedOutReason}
     where ${rows} and r.verdict in ('valid', 'updated', 'unchanged', 'duplicate', 'no_consent')
       and (${identity} in ${suppressedNumbers(userId)} or ${tombstonedSql(pads, userId, identity)})`);
  const joins = contactListId
    ? sql`not exists (select 1 from contact_list_members m where m.contact_list_id = ${contactListId} and m.contact_id = c.id)`
    : sql`true`;
  const known = sql`coalesce((
    select case when not c.consent or ${joins} or c.name <> ${cellOf(mapping.name)}
                  or not c.attributes @> ${attributesOf(mapping, "missing")} then 'updated' else 'unchanged' end
      from contacts c where c.user_id = ${userId} and c.phone_e164 = r.phone_e164), 'valid')`;
  await tx.execute(sql`
    update import_rows r set verdict = ${known}
     where ${rows} and r.verdict in ('valid', 'updated', 'unchanged') and r.verdict <> ${known}
       and (r.verdict <> 'valid' or (select exists (select 1 from contacts c where c.user_id = ${userId})))`);
}

/** Counts the rows of each verdict, and keeps the counts with the import. */
export async function storeCounts(tx: Db, importId: Id<"import">): Promise<Counts> {
  const counts = emptyCounts();
  const rows = await tx.execute<{ verdict: Verdict; n: number }>(sql`
    select verdict, count(*)::int as n from import_rows where import_id = ${importId} group by verdict`);
  for (const { verdict, n } of rows) counts[verdict] = n;
  await tx.update(imports).set({ counts }).where(eq(imports.id, importId));
  return counts;
}

/** People who agreed before and for whom the file says no: as the commit would find them, or found them. */
export async function countWithdrawals(
  tx: Db,
  userId: Id<"user">,
  found: Pick<typeof imports.$inferSelect, "id" | "status" | "mapping">,
): Promise<number> {
  const { id, status, mapping } = found;
  if (!mapping || (status !== "staged" && status !== "committed")) return 0;
  const consented = sql`(select c.consent from contacts c where c.user_id = ${userId} and c.phone_e164 = r.phone_e164)`;
  const counted =
    status === "staged"
      ? sql`${saysNo(mapping)} and ${consented}`
      : sql`r.verdict in ('no_consent', 'invalid') and r.contact_id is not null`;
  const [row] = await tx.execute<{ n: number }>(sql`
    select count(distinct coalesce(r.contact_id, r.phone_e164))::int as n from import_rows r
     where r.import_id = ${id} and r.user_id = ${userId} and ${counted}`);
  return row?.n ?? 0;
}
