import { and, asc, eq, inArray, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { campaigns, paymentMethods, planOffers, planPeriods, planReminders, wallets } from "#db/schema/index.ts";
import { waitsForPlan } from "../../campaigns/run/pause.ts";
import { MISSED } from "../../campaigns/schedule/rules.ts";
import type { BillingSettings } from "../../env.ts";
import { DomainError } from "../../errors.ts";
import { type PlanType, planName } from "../../wallet/rules.ts";
import { billingRefusals } from "../refusals.ts";
import { priceOf } from "../rules.ts";
import { planToRenew, willRenew } from "./renewal.ts";
import { firstRenewal, noticeOf, renewalStops } from "./rules.ts";

/** A user's plan: what runs, what follows, how it is renewed, and what they are to be told of it on every screen. */
export async function getPlan(tx: Db, billing: BillingSettings, userId: Id<"user">) {
  const [wallet] = await tx
    .select({
      type: wallets.planType,
      startedAt: wallets.planStartedAt,
      endsAt: wallets.planExpiresAt,
      active: sql<boolean>`${wallets.planExpiresAt} > app_now()`,
      autoRenew: wallets.autoRenew,
      next: planToRenew,
      will: willRenew(billing),
      declined: wallets.renewalsDeclined,
      renewAt: wallets.renewAt,
      stopped: wallets.renewStopped,
      card: paymentMethods.label,
      now: sql`app_now()`.mapWith(wallets.planExpiresAt),
    })
    .from(wallets)
    .leftJoin(paymentMethods, eq(paymentMethods.userId, wallets.userId))
    .where(eq(wallets.userId, userId));
  if (!wallet) throw new DomainError("not_found");
  const { type, startedAt, endsAt, active, autoRenew, declined, renewAt, stopped, card, now, next, will } = wallet;
  const offers = await readOffers(tx, billing);
  const offer = offers.find(({ plan, onSale }) => plan === next && onSale);
  const plan = {
    plan: type,
    label: planName(type),
    startedAt,
    endsAt,
    active,
    /** No plan was ever had. */
    none: startedAt.getTime() === endsAt.getTime(),
    /** Bought in advance, in their order. */
    following: active ? await readFollowing(tx, userId) : [],
    /** What of the end is to be said on every screen: how many days before it the reminder was due that was not closed. */
    reminded: active ? await readReminder(tx, userId) : null,
    renewal: {
      on: autoRenew,
      /** It is on, and nothing stands in its way as things are. */
      will,
      /** The kept card as its owner knows it; null: none is kept. */
      card,
      /** Why it cannot be switched on, in a sentence; null when it can. */
      problem: renewalProblem(billing, { card, active }),
      plan: next,
      label: planName(next),
      /** Minor units of `currency`, with tax; null: the plan is no longer sold. */
      total: offer?.total ?? null,
      /** When the card is charged next. */
      at: autoRenew ? (renewAt ?? firstRenewal(endsAt)) : null,
      /** That time has come: it is charged within the minute. */
      now: (renewAt ?? firstRenewal(endsAt)) <= now,
      declined: autoRenew || stopped === "declined" ? declined : 0,
      /** Why it was switched off without its user; null when it was not. */
      stopped: !autoRenew && stopped ? renewalStops[stopped] : null,
    },
    /** What may follow. */
    offers: offers.filter(({ onSale }) => onSale),
    currency: billing.currency,
    /** Whether anything can be bought here. */
    sold: billing.provider !== null,
    waiting: await countWaiting(tx, userId, { endsAt, renews: active && will }),
  };
  return { ...plan, notice: noticeOf(plan) };
}

export type PlanOfUser = Awaited<ReturnType<typeof getPlan>>;

function renewalProblem(
  { provider }: BillingSettings,
  { card, active }: { card: string | null; active: boolean },
): string | null {
  if (!provider) return billingRefusals.payments_off.message();
  if (!active) return billingRefusals.no_plan_to_renew.message();
  return card === null ? billingRefusals.no_kept_card.message() : null;
}

async function readOffers(tx: Db, { tax }: BillingSettings) {
  const rows = await tx.select().from(planOffers).orderBy(asc(planOffers.days));
  return rows.map(({ plan, days, points, price, onSale }) => ({
    plan,
    label: planName(plan satisfies PlanType),
    days,
    points,
    total: priceOf(price, tax.rate).total,
    onSale,
  }));
}

async function readFollowing(tx: Db, userId: Id<"user">) {
  const rows = await tx
    .select({ plan: planPeriods.plan, startsAt: planPeriods.startsAt, endsAt: planPeriods.endsAt })
    .from(planPeriods)
    .where(and(eq(planPeriods.userId, userId), sql`${planPeriods.startsAt} > app_now()`))
    .orderBy(asc(planPeriods.startsAt));
  return rows.map((row) => ({ ...row, label: planName(row.plan) }));
}

async function readReminder(tx: Db, userId: Id<"user">): Promise<number | null> {
  const [reminder] = await tx
    .select({ days: planReminders.days, seenAt: planReminders.seenAt })
    .from(planReminders)
    .innerJoin(wallets, and(eq(wallets.id, planReminders.walletId), eq(wallets.planExpiresAt, planReminders.endsAt)))
    .where(eq(planReminders.userId, userId))
    .orderBy(asc(planReminders.days))
    .limit(1);
  return reminder && reminder.seenAt === null ? reminder.days : null;
}

/** Campaigns that wait for a plan, and those that are still to start after its end, unless it renews by itself. */
async function countWaiting(tx: Db, userId: Id<"user">, { endsAt, renews }: { endsAt: Date; renews: boolean }) {
  const [row] = await tx
    .select({
      paused: sql<number>`(count(*) filter (where ${waitsForPlan}))::int`,
      scheduled: sql<number>`(count(*) filter (where ${campaigns.status} = 'scheduled' and ${campaigns.scheduledFor} >= ${endsAt.toISOString()}::timestamptz and ${campaigns.scheduleProblem} is distinct from ${MISSED}))::int`,
    })
    .from(campaigns)
    .where(and(eq(campaigns.userId, userId), inArray(campaigns.status, ["paused", "scheduled"])));
  return { paused: row?.paused ?? 0, scheduled: renews ? 0 : (row?.scheduled ?? 0) };
}
