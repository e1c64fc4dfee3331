import { and, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { imports } from "#db/schema/index.ts";
import { undoState } from "./queries.ts";

const NEVER_READ = "The file could not be read. Upload it again.";

/**
 * Drops what nobody will look at again: files and rows of uploads left undecided for a week; a day after the commit, the
 * file and the rows. Of people whom the import changed their state before it stays, until the batch can no longer be undone.
 */
export async function expireImports(db: Db): Promise<void> {
  await db.execute(sql`
    update imports set status = 'discarded'
     where status in ('mapping', 'staged') and created_at < app_now() - interval '7 days'`);
  await db.execute(sql`
    update imports set status = 'failed', error = ${NEVER_READ}, rows = 0
     where status = 'reading' and created_at < app_now() - interval '1 day'`);
  const over = sql`(i.status in ('discarded', 'failed', 'undone')
    or (i.status = 'committed' and i.committed_at < app_now() - interval '1 day'))`;
  await db.execute(sql`delete from import_files f using imports i where i.id = f.import_id and ${over}`);
  await db.execute(sql`
    delete from import_rows r using imports i where i.id = r.import_id and ${over}
       and (i.status <> 'committed' or r.before is null)`);
  await db.execute(sql`
    update import_rows r set cells = null, "column" = null, reason = null, note = null
      from imports i where i.id = r.import_id and ${over} and r.cells is not null`);

  const kept = await db
    .select()
    .from(imports)
    .where(
      and(
        eq(imports.status, "committed"),
        sql`exists (select 1 from import_rows r where r.import_id = ${imports.id} and r.cells is null and r.before is not null)`,
      ),
    );
  for (const one of kept) {
    const { possible } = await undoState(db, one.userId, one);
    if (!possible) await db.execute(sql`delete from import_rows where import_id = ${one.id} and cells is null`);
  }
}
