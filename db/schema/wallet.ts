import { sql } from "drizzle-orm";
import { boolean, check, index, integer, jsonb, pgTable, text, unique } from "drizzle-orm/pg-core";
import { at, createdAt, idOf } from "./columns.ts";
import { users } from "./users.ts";

export const wallets = pgTable(
  "wallets",
  {
    id: idOf("wallet").primaryKey(),
    userId: idOf("user")
      .notNull()
      .unique()
      .references(() => users.id),
    balance: integer().notNull().default(0),
    held: integer().notNull().default(0),
    /** Number of ledger rows: the next row's `seq` is one more. */
    version: integer().notNull().default(0),
    planType: text().$type<"15d" | "30d">().notNull(),
    planStartedAt: at().notNull(),
    planExpiresAt: at().notNull(),
    autoRenew: boolean().notNull().default(false),
    /** The plan that follows, when its user wants another one than this. */
    nextPlan: text().$type<"15d" | "30d">(),
    /** Set by the job that ends a plan, for that end: what runs was paused. Null while a plan runs. */
    planEndedAt: at(),
    /** Renewals that were declined since the last that was paid, and when the next is tried. */
    renewalsDeclined: integer().notNull().default(0),
    renewAt: at(),
    /** Why renewals were switched off without their user; of no meaning while they are on, or once a period began after that. */
    renewStopped: text().$type<"declined" | "no_method" | "not_on_sale" | "payments_off" | "late">(),
    /** With fewer points available its user is warned; 0: never. */
    lowPoints: integer().notNull().default(50),
    /** Who receipts are made out to. */
    billName: text().notNull().default(""),
    billAddress: text().notNull().default(""),
    billTaxId: text().notNull().default(""),
    createdAt: createdAt(),
  },
  (t) => [
    check("wallets_balance_not_negative", sql`${t.balance} >= 0`),
    check("wallets_held_not_negative", sql`${t.held} >= 0`),
    check("wallets_held_covered", sql`${t.held} <= ${t.balance}`),
    check("wallets_low_points", sql`${t.lowPoints} >= 0`),
    index("wallets_plan_end").on(t.planExpiresAt),
  ],
);

/** The ledger. Append-only by trigger; `points` is signed; `UNIQUE(wallet, type, ref)` makes every booking repeatable. */
export const walletTxns = pgTable(
  "wallet_txns",
  {
    id: idOf("walletTxn").primaryKey(),
    walletId: idOf("wallet")
      .notNull()
      .references(() => wallets.id),
    userId: idOf("user").notNull(),
    type: text().$type<"allocation" | "topup" | "grant" | "deduct" | "refund">().notNull(),
    points: integer().notNull(),
    refId: text().notNull(),
    seq: integer().notNull(),
    balanceAfter: integer().notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    unique("wallet_txns_once").on(t.walletId, t.type, t.refId),
    unique("wallet_txns_seq").on(t.walletId, t.seq),
    check("wallet_txns_points_not_zero", sql`${t.points} <> 0`),
    // Charges are nearly all there is, and do not pay for it: a history of the rest is found without going through them.
    index("wallet_txns_rest").on(t.walletId, t.type, t.seq).where(sql`type <> 'deduct'`),
  ],
);

export const planPeriods = pgTable(
  "plan_periods",
  {
    id: idOf("planPeriod").primaryKey(),
    userId: idOf("user").notNull(),
    walletId: idOf("wallet")
      .notNull()
      .references(() => wallets.id),
    plan: text().$type<"15d" | "30d">().notNull(),
    points: integer().notNull(),
    startsAt: at().notNull(),
    endsAt: at().notNull(),
    /** The purchase or grant it came from; null for the one an account begins with. */
    refId: text().unique("plan_periods_ref"),
    createdAt: createdAt(),
  },
  (t) => [index("plan_periods_user").on(t.userId, t.startsAt), index("plan_periods_start").on(t.startsAt)],
);

/** Every look at the whole ledger and what it found: nothing, each time. The oldest go. */
export const ledgerChecks = pgTable("ledger_checks", {
  ranAt: createdAt().primaryKey(),
  tookMs: integer().notNull(),
  /** Rows of the `violations` view. */
  violations: integer().notNull(),
  /** By the name of the invariant: how many rows break it, and some of them. */
  found: jsonb().$type<{ name: string; count: number; subjects: string[] }[]>().notNull(),
});
