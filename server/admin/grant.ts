import { eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { grants, planOffers, wallets } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { startPeriod } from "../billing/plans/start-period.ts";
import { DomainError } from "../errors.ts";
import { publish } from "../events.ts";
import { book } from "../wallet/ledger.ts";
import type { GrantPlan, GrantPoints } from "./schema.ts";

type Grant = Omit<typeof grants.$inferInsert, "createdAt">;

/**
 * Gives points, with the reason. The same grant sent again gives nothing more.
 * @param db the system path, at the word of an administrator
 * @throws not_found, grant_used
 */
export async function grantPoints(db: Db, adminId: Id<"user">, input: GrantPoints): Promise<void> {
  const { id, userId, points, reason } = input;
  await db.transaction(async (tx) => {
    await requireUser(tx, userId);
    if (!(await write(tx, { id, userId, points, plan: null, reason, grantedBy: adminId }))) return;
    await book(tx, userId, { type: "grant", points, refId: id });
    await publish(tx, userId, "wallet", userId);
  });
}

/**
 * Gives a period of a plan as it is offered at the moment, on sale or not, with its points; it follows the one that runs. The
 * same grant sent again gives nothing more.
 * @param db the system path, at the word of an administrator
 * @throws not_found, grant_used
 */
export async function grantPlan(db: Db, adminId: Id<"user">, input: GrantPlan): Promise<void> {
  const { id, userId, plan, reason } = input;
  await db.transaction(async (tx) => {
    await requireUser(tx, userId);
    const [offer] = await tx.select().from(planOffers).where(eq(planOffers.plan, plan));
    if (!offer) throw new DomainError("not_found");
    const { days, points } = offer;
    if (!(await write(tx, { id, userId, points, plan, reason, grantedBy: adminId }))) return;
    await startPeriod(tx, userId, { plan, days, points, refId: id });
  });
}

async function requireUser(tx: Db, userId: Id<"user">): Promise<void> {
  const [wallet] = await tx.select({ id: wallets.id }).from(wallets).where(eq(wallets.userId, userId));
  if (!wallet) throw new DomainError("not_found");
}

/** Writes the grant and its audit row; false when it was written before. Two at once wait here for each other. */
async function write(tx: Db, grant: Grant): Promise<boolean> {
  const { id, userId, points, plan, reason, grantedBy } = grant;
  const written = await tx.insert(grants).values(grant).onConflictDoNothing().returning({ id: grants.id });
  if (written.length > 0) {
    await recordAudit(tx, grantedBy, "admin.granted", { grantId: id, userId, points, plan: plan ?? null });
    return true;
  }
  const [known] = await tx.select().from(grants).where(eq(grants.id, id));
  const same =
    known?.userId === userId &&
    known.reason === reason &&
    known.grantedBy === grantedBy &&
    known.plan === plan &&
    // What a plan comes with may have been changed in between; it is the same plan.
    (plan !== null || known.points === points);
  if (!same) throw new DomainError("grant_used");
  return false;
}
