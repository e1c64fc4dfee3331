import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { planPeriods, schedules, users, wallets } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import type { RegisterInput } from "../auth/schema.ts";
import { hashPassword } from "../auth/sign-in.ts";
import { DomainError } from "../errors.ts";
import { book } from "../wallet/ledger.ts";
import { planEnd, plans } from "../wallet/rules.ts";

/**
 * Opens an account with a 30-day demo plan and its points.
 * @throws email_taken
 */
export async function registerUser(db: Db, input: RegisterInput): Promise<Id<"user">> {
  const passwordHash = await hashPassword(input.password);
  return db.transaction(async (tx) => {
    const userId = newId("user");
    const inserted = await tx
      .insert(users)
      .values({ id: userId, email: input.email, passwordHash, tz: input.tz, termsAcceptedAt: new Date() })
      .onConflictDoNothing()
      .returning({ id: users.id });
    if (inserted.length === 0)
      throw new DomainError("email_taken", {}, { email: "An account with this address exists." });
    await openDemoPlan(tx, userId);
    await tx.insert(schedules).values({ id: newId("schedule"), userId, tz: input.tz });
    await recordAudit(tx, userId, "user.registered");
    return userId;
  });
}

async function openDemoPlan(tx: Db, userId: Id<"user">): Promise<void> {
  const [clock] = await tx.execute<{ now: string }>(sql`select app_now() as now`);
  const startsAt = new Date(clock?.now ?? Date.now());
  const endsAt = planEnd("30d", startsAt);
  const walletId = newId("wallet");
  const periodId = newId("planPeriod");
  await tx
    .insert(wallets)
    .values({ id: walletId, userId, planType: "30d", planStartedAt: startsAt, planExpiresAt: endsAt });
  await tx
    .insert(planPeriods)
    .values({ id: periodId, userId, walletId, plan: "30d", points: plans["30d"].points, startsAt, endsAt });
  await book(tx, userId, { type: "allocation", points: plans["30d"].points, refId: periodId });
}
