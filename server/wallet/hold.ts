import { eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { wallets } from "#db/schema/index.ts";
import { DomainError } from "../errors.ts";
import { reserve } from "./ledger.ts";
import { missingPoints } from "./rules.ts";

/** @throws plan_expired */
export async function requirePlan(tx: Db, userId: Id<"user">): Promise<void> {
  const [plan] = await tx
    .select({ active: sql<boolean>`${wallets.planExpiresAt} > app_now()` })
    .from(wallets)
    .where(eq(wallets.userId, userId));
  if (!plan?.active) throw new DomainError("plan_expired");
}

/** Holds points for rows that are about to be queued. @throws plan_expired, insufficient_points */
export async function holdPoints(tx: Db, userId: Id<"user">, need: number): Promise<void> {
  await requirePlan(tx, userId);
  if (await reserve(tx, userId, need)) return;
  const [wallet] = await tx
    .select({ balance: wallets.balance, held: wallets.held })
    .from(wallets)
    .where(eq(wallets.userId, userId));
  const { balance, held } = wallet ?? { balance: 0, held: 0 };
  throw new DomainError("insufficient_points", {
    need,
    available: balance - held,
    missing: missingPoints(need, { balance, held }),
  });
}
