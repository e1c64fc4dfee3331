import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { auditLogs } from "#db/schema/index.ts";

/** Writes one audit row, in the transaction of the change it tells about. `meta`: ids and figures, never a number or a text. */
export async function recordAudit(
  tx: Db,
  userId: Id<"user">,
  action: string,
  meta: Record<string, string | number | boolean | null> = {},
): Promise<void> {
  await tx.insert(auditLogs).values({ id: newId("audit"), userId, action, meta });
}
