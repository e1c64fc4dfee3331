import { desc, eq, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { grants, ledgerChecks, users, wallets } from "#db/schema/index.ts";
import { listPurchases } from "../billing/purchases/queries.ts";
import { DomainError } from "../errors.ts";
import { getWallet } from "../wallet/queries.ts";

const FOUND = 20;
const GRANTS = 50;
/** Two days of hourly checks. */
const CHECKS = 48;

/** Accounts whose address contains the words, the exact one first; without words, the newest. */
export async function findUsers(db: Db, q: string) {
  const words = q.toLowerCase();
  return db
    .select({
      id: users.id,
      email: users.email,
      isAdmin: users.isAdmin,
      createdAt: users.createdAt,
      available: sql<number>`${wallets.balance} - ${wallets.held}`,
      planExpiresAt: wallets.planExpiresAt,
      planActive: sql<boolean>`${wallets.planExpiresAt} > app_now()`,
      /** There never was one. */
      planNone: sql<boolean>`${wallets.planStartedAt} = ${wallets.planExpiresAt}`,
    })
    .from(users)
    .innerJoin(wallets, eq(wallets.userId, users.id))
    .where(words === "" ? undefined : sql`strpos(lower(${users.email}), ${words}) > 0`)
    .orderBy(desc(sql`lower(${users.email}) = ${words}`), desc(users.createdAt))
    .limit(FOUND);
}

/** One account: its points and plan, what it was given and what it bought last. @throws not_found */
export async function readUser(db: Db, userId: Id<"user">) {
  const [user] = await db
    .select({ id: users.id, email: users.email, tz: users.tz, isAdmin: users.isAdmin, createdAt: users.createdAt })
    .from(users)
    .where(eq(users.id, userId));
  if (!user) throw new DomainError("not_found");
  const [wallet, given, purchases] = await Promise.all([
    getWallet(db, userId),
    listGrants(db, userId),
    listPurchases(db, userId, {}),
  ]);
  return { user, wallet, grants: given, purchases: purchases.rows };
}

/** What administrators gave, newest first: to one account, or to all. */
export async function listGrants(db: Db, userId?: Id<"user">) {
  const admins = alias(users, "admins");
  return db
    .select({
      id: grants.id,
      userId: grants.userId,
      email: users.email,
      points: grants.points,
      plan: grants.plan,
      reason: grants.reason,
      by: admins.email,
      createdAt: grants.createdAt,
    })
    .from(grants)
    .innerJoin(users, eq(users.id, grants.userId))
    .innerJoin(admins, eq(admins.id, grants.grantedBy))
    .where(userId ? eq(grants.userId, userId) : undefined)
    .orderBy(desc(grants.createdAt), desc(grants.id))
    .limit(GRANTS);
}

/** The last checks of the books, newest first. */
export async function listChecks(db: Db) {
  return db.select().from(ledgerChecks).orderBy(desc(ledgerChecks.ranAt)).limit(CHECKS);
}
