import { eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { wallets } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { DomainError } from "../errors.ts";
import { publish } from "../events.ts";
import type { LowPointsInput } from "./schema.ts";

/** With fewer points available than these its user is warned on every screen; 0: never. Answers them. @throws not_found */
export async function setLowPoints(tx: Db, userId: Id<"user">, { points }: LowPointsInput): Promise<number> {
  const rows = await tx
    .update(wallets)
    .set({ lowPoints: points })
    .where(eq(wallets.userId, userId))
    .returning({ id: wallets.id });
  if (rows.length === 0) throw new DomainError("not_found");
  await recordAudit(tx, userId, "wallet.low_points_set", { points });
  await publish(tx, userId, "wallet", userId);
  return points;
}
