import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";

/** Drops the rows of files that nobody will look at again: a day after the commit, a week after an upload left undecided. */
export async function expireImports(db: Db): Promise<void> {
  await db.execute(sql`
    delete from import_rows using imports i where i.id = import_rows.import_id
       and (i.committed_at < app_now() - interval '1 day' or i.status = 'discarded'
            or (i.status = 'staged' and i.created_at < app_now() - interval '7 days'))`);
  await db.execute(sql`
    update imports set status = 'discarded' where status = 'staged' and created_at < app_now() - interval '7 days'`);
}
