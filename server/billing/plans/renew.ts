import { and, asc, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { wallets } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import { publish } from "../../events.ts";
import { emitWebhook } from "../../webhooks/emit.ts";
import type { BillingDeps } from "../deps.ts";
import { buyRenewal } from "../purchases/renewal.ts";
import { renewalIsDue } from "./renewal.ts";
import { isRenewalOver, type RenewalStop } from "./rules.ts";

/** How many users' renewals are charged in one go: the others have their turn in the next minute. */
const AT_MOST = 200;
/** And for so long: the next minute's shall not find this one at work. */
const TIME_MS = 45_000;
/** A provider that cannot be reached is asked again after so long. Minutes. */
const ASK_AGAIN_MINUTES = 5;

/**
 * Charges the renewals that are due. Two that run at once charge each once: a renewal is bought under its user's lock, and what
 * was bought is not due any more.
 * @param step runs one user's, and keeps what it throws
 * @param options.timeMs no user's is begun after it
 */
export async function renewDue(
  db: Db,
  deps: BillingDeps,
  step: (work: () => Promise<void>) => Promise<void>,
  { timeMs = TIME_MS } = {},
): Promise<void> {
  const began = performance.now();
  const due = await db
    .select({
      userId: wallets.userId,
      endsAt: wallets.planExpiresAt,
      now: sql`app_now()`.mapWith(wallets.planExpiresAt),
    })
    .from(wallets)
    .where(renewalIsDue)
    .orderBy(asc(sql`coalesce(${wallets.renewAt}, ${wallets.planExpiresAt})`))
    .limit(AT_MOST);
  for (const { userId, endsAt, now } of due) {
    if (performance.now() - began >= timeMs) return;
    await step(() => (isRenewalOver(endsAt, now) ? stop(db, userId, "late") : renew(db, deps, userId)));
  }
}

async function renew(db: Db, deps: BillingDeps, userId: Id<"user">): Promise<void> {
  try {
    const renewal = await buyRenewal(db, deps, userId);
    deps.log.info({ event: "plan.renewal", userId, ...renewal }, "a renewal was due");
    if (renewal.outcome === "impossible") await stop(db, userId, renewal.why);
  } catch (error) {
    // Of many that cannot be charged at the moment, none keeps the others from their turn.
    await db
      .update(wallets)
      .set({ renewAt: sql`app_now() + ${ASK_AGAIN_MINUTES}::int * interval '1 minute'` })
      .where(and(eq(wallets.userId, userId), renewalIsDue));
    throw error;
  }
}

/** Switches renewals off that cannot be made, and says so; not when that changed meanwhile. */
async function stop(db: Db, userId: Id<"user">, why: RenewalStop): Promise<void> {
  await db.transaction(async (tx) => {
    const [stopped] = await tx
      .update(wallets)
      .set({ autoRenew: false, renewAt: null, renewStopped: why })
      .where(and(eq(wallets.userId, userId), renewalIsDue))
      .returning({ plan: wallets.planType, endsAt: wallets.planExpiresAt, tries: wallets.renewalsDeclined });
    if (!stopped) return;
    await recordAudit(tx, userId, "plan.renewal_stopped", { why });
    const { plan, endsAt, tries } = stopped;
    await emitWebhook(tx, userId, "plan.renewal_failed", {
      plan,
      endsAt: endsAt.toISOString(),
      tries,
      nextTryAt: null,
    });
    await publish(tx, userId, "wallet", userId);
  });
}
