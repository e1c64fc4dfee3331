import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { at, bytea, createdAt, idOf } from "./columns.ts";
import { users } from "./users.ts";
import { wallets } from "./wallet.ts";

/** What is for sale. An administrator changes prices and points; a purchase keeps those it was made at. Prices: minor units, before tax. */
export const planOffers = pgTable(
  "plan_offers",
  {
    plan: text().$type<"15d" | "30d">().primaryKey(),
    days: integer().notNull(),
    points: integer().notNull(),
    price: integer().notNull(),
    onSale: boolean().notNull().default(true),
  },
  (t) => [
    check("plan_offers_days", sql`${t.days} > 0`),
    check("plan_offers_points", sql`${t.points} >= 0`),
    check("plan_offers_price", sql`${t.price} > 0`),
  ],
);

/** Points alone, in packs. */
export const topupOffers = pgTable(
  "topup_offers",
  { points: integer().primaryKey(), price: integer().notNull(), onSale: boolean().notNull().default(true) },
  (t) => [check("topup_offers_points", sql`${t.points} > 0`), check("topup_offers_price", sql`${t.price} > 0`)],
);

/** One thing bought, at the price and with the tax of that moment. It is paid once, or never. */
export const purchases = pgTable(
  "purchases",
  {
    id: idOf("purchase").primaryKey(),
    userId: idOf("user")
      .notNull()
      .references(() => users.id),
    kind: text().$type<"plan" | "topup">().notNull(),
    plan: text().$type<"15d" | "30d">(),
    days: integer(),
    points: integer().notNull(),
    /** Minor units of `currency`: before tax, the tax, and what is paid. */
    net: integer().notNull(),
    tax: integer().notNull(),
    total: integer().notNull(),
    currency: text().notNull(),
    taxName: text().notNull(),
    /** Hundredths of a percent. */
    taxRate: integer().notNull(),
    provider: text().$type<"demo">().notNull(),
    /** What the provider calls it; null until it has answered. */
    providerRef: text().unique("purchases_provider_ref"),
    /** Where the person pays. */
    checkoutUrl: text(),
    status: text().$type<"pending" | "paid" | "declined" | "cancelled" | "expired">().notNull().default("pending"),
    /** A renewal that nobody clicked. */
    automatic: boolean().notNull().default(false),
    /** The way of paying is kept for renewals. */
    keepMethod: boolean().notNull().default(false),
    createdAt: createdAt(),
    /** When it left `pending`. */
    settledAt: at(),
  },
  (t) => [
    check("purchases_what", sql`(${t.kind} = 'plan') = (${t.plan} is not null and ${t.days} is not null)`),
    check("purchases_sum", sql`${t.net} + ${t.tax} = ${t.total} and ${t.net} >= 0 and ${t.tax} >= 0`),
    index("purchases_user").on(t.userId, t.id),
    uniqueIndex("purchases_one_renewal").on(t.userId).where(sql`status = 'pending' and automatic`),
  ],
);

/** How renewals are paid: what the provider calls the card, never the card. */
export const paymentMethods = pgTable("payment_methods", {
  userId: idOf("user")
    .primaryKey()
    .references(() => users.id),
  provider: text().$type<"demo">().notNull(),
  token: text().notNull(),
  label: text().notNull(),
  createdAt: createdAt(),
});

/** Every callback that was believed, once: a provider repeats itself. */
export const paymentEvents = pgTable(
  "payment_events",
  {
    provider: text().$type<"demo">().notNull(),
    eventId: text().notNull(),
    purchaseId: idOf("purchase").notNull(),
    type: text().notNull(),
    /** What it made of the purchase, or why nothing. */
    outcome: text().notNull(),
    receivedAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.provider, t.eventId] })],
);

/** The books of the demo provider, which is somebody else to the rest of the product. */
export const demoPayments = pgTable("demo_payments", {
  id: text().primaryKey(),
  /** The shop's own reference, given with the order; asking again with it gives the same payment. */
  reference: text().notNull().unique("demo_payments_reference"),
  amount: integer().notNull(),
  currency: text().notNull(),
  description: text().notNull(),
  returnUrl: text(),
  keepMethod: boolean().notNull().default(false),
  status: text().$type<"open" | "paid" | "declined" | "cancelled">().notNull().default("open"),
  /** The card it was paid with, as a renewal names it. */
  token: text(),
  createdAt: createdAt(),
});

/** Numbers without gaps: the row is locked until the document is written or the transaction undone. */
export const invoiceNumbers = pgTable("invoice_numbers", { series: text().primaryKey(), last: integer().notNull() });

/** Receipts, append-only by trigger: what was printed then is what is printed later. */
export const invoices = pgTable(
  "invoices",
  {
    id: idOf("invoice").primaryKey(),
    userId: idOf("user").notNull(),
    purchaseId: idOf("purchase")
      .notNull()
      .unique("invoices_purchase")
      .references(() => purchases.id),
    series: text().notNull(),
    seq: integer().notNull(),
    /** Series and seq as people read them. */
    number: text().notNull().unique("invoices_number"),
    issuedAt: at().notNull(),
    /** What it says: lines, seller, buyer, tax. */
    document: jsonb().notNull(),
    pdf: bytea().notNull(),
  },
  (t) => [unique("invoices_seq").on(t.series, t.seq), index("invoices_user").on(t.userId, t.id)],
);

/** Points or a plan given by an administrator, with the reason. */
export const grants = pgTable(
  "grants",
  {
    id: idOf("grant").primaryKey(),
    userId: idOf("user")
      .notNull()
      .references(() => users.id),
    points: integer().notNull(),
    plan: text().$type<"15d" | "30d">(),
    reason: text().notNull(),
    grantedBy: idOf("user")
      .notNull()
      .references(() => users.id),
    createdAt: createdAt(),
  },
  (t) => [index("grants_user").on(t.userId, t.createdAt), index("grants_time").on(t.createdAt)],
);

/** That a user was reminded of the end of a plan, `days` before; seen when they closed it. */
export const planReminders = pgTable(
  "plan_reminders",
  {
    userId: idOf("user").notNull(),
    walletId: idOf("wallet")
      .notNull()
      .references(() => wallets.id),
    endsAt: at().notNull(),
    days: integer().notNull(),
    createdAt: createdAt(),
    seenAt: at(),
  },
  (t) => [primaryKey({ columns: [t.walletId, t.endsAt, t.days] })],
);
