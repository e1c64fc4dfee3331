import { eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { wallets } from "#db/schema/index.ts";
import { DomainError } from "../errors.ts";
import { POINTS_PER_MESSAGE, planName } from "./rules.ts";

/** Points and plan. `available` = balance - held: what a new campaign can use. */
export async function getWallet(tx: Db, userId: Id<"user">) {
  const [wallet] = await tx
    .select({
      balance: wallets.balance,
      held: wallets.held,
      type: wallets.planType,
      startedAt: wallets.planStartedAt,
      expiresAt: wallets.planExpiresAt,
      active: sql<boolean>`${wallets.planExpiresAt} > app_now()`,
      leftMs: sql<number>`greatest(0, extract(epoch from ${wallets.planExpiresAt} - app_now()) * 1000)::float8`,
      lowPoints: wallets.lowPoints,
    })
    .from(wallets)
    .where(eq(wallets.userId, userId));
  if (!wallet) throw new DomainError("not_found");
  const { balance, held, lowPoints, type, startedAt, expiresAt, active, leftMs } = wallet;
  return {
    balance,
    held,
    available: balance - held,
    /** With fewer available its user is warned; 0: never. */
    lowPoints,
    /** `none`: there never was one. */
    plan: {
      type,
      label: planName(type),
      startedAt,
      expiresAt,
      active,
      leftMs,
      none: startedAt.getTime() === expiresAt.getTime(),
    },
    pointsPerMessage: POINTS_PER_MESSAGE,
  };
}
