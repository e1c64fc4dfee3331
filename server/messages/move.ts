import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import type { MessageStatus, PointsMove } from "./rules.ts";

/**
 * Moves a message and its points, and ends its campaign when it was the last, in one transaction. Check and change are one
 * statement: nothing happens when the message is not in `from` any more.
 */
export async function moveMessage(
  db: Db,
  id: Id<"message">,
  move: { from: MessageStatus; to: MessageStatus; points: PointsMove; errorCode?: string | null },
): Promise<boolean> {
  const [row] = await db.execute<{ moved: boolean }>(
    sql`select move_message(${id}, ${move.from}, ${move.to}, ${move.points}, ${move.errorCode ?? null}, ${newId("walletTxn")}) as moved`,
  );
  return row?.moved ?? false;
}
