import { eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { planOffers, schedules, users, wallets } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import type { RegisterInput } from "../auth/schema.ts";
import { hashPassword } from "../auth/sign-in.ts";
import { startPeriod } from "../billing/plans/start-period.ts";
import type { BillingSettings } from "../env.ts";
import { DomainError } from "../errors.ts";
import type { PlanType } from "../wallet/rules.ts";

/** What an account begins with where payments are a demonstration; elsewhere a plan is bought, or given by an administrator. */
const FIRST_PLAN: PlanType = "30d";

/**
 * Opens an account: with a plan and its points where the demo provider takes the payments, without one everywhere else.
 * @throws email_taken
 */
export async function registerUser(
  db: Db,
  input: RegisterInput,
  { provider }: Pick<BillingSettings, "provider">,
): Promise<Id<"user">> {
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
    await openWallet(tx, userId);
    if (provider === "demo") await giveFirstPlan(tx, userId);
    await tx.insert(schedules).values({ id: newId("schedule"), userId, tz: input.tz });
    await recordAudit(tx, userId, "user.registered");
    return userId;
  });
}

/** Empty, with a plan that ended as it began: that there was none yet. */
async function openWallet(tx: Db, userId: Id<"user">): Promise<void> {
  const now = sql`date_trunc('milliseconds', app_now())`;
  await tx.insert(wallets).values({
    id: newId("wallet"),
    userId,
    planType: FIRST_PLAN,
    planStartedAt: now,
    planExpiresAt: now,
    planEndedAt: now,
  });
}

async function giveFirstPlan(tx: Db, userId: Id<"user">): Promise<void> {
  const [offer] = await tx.select().from(planOffers).where(eq(planOffers.plan, FIRST_PLAN));
  if (!offer) return;
  const { plan, days, points } = offer;
  await startPeriod(tx, userId, { plan, days, points, refId: null });
}
