import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import { type Id, idSchema } from "#db/ids.ts";
import { publish } from "../../events.ts";
import type { BillingDeps } from "../deps.ts";
import { endPlan, usersToEnd } from "./end.ts";
import { goOn, usersToGoOn } from "./go-on.ts";
import { remindOfEnds } from "./remind.ts";
import { renewDue } from "./renew.ts";

/**
 * What time brings to plans, every minute: they end, and what was bought in advance begins; campaigns wait or go on; users are
 * reminded; renewals are charged, last, because somebody else answers for them. Each user in a transaction of their own, and
 * each step looks at what is true now, so that two at once, or one after a long absence, do no more and no less than one.
 * @throws AggregateError of what nobody foresaw, after everything was tried
 */
export async function tickPlans(db: Db, deps: BillingDeps): Promise<void> {
  const failures: unknown[] = [];
  const step = async (work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      failures.push(error);
    }
  };
  await step(() => beginPeriods(db));
  await step(async () => {
    for (const userId of await usersToEnd(db)) await step(() => endPlan(db, userId));
  });
  await step(async () => {
    for (const userId of await usersToGoOn(db)) await step(() => goOn(db, userId));
  });
  await step(() => remindOfEnds(db, deps.env.billing, step));
  await step(() => renewDue(db, deps, step));
  if (failures.length > 0) throw new AggregateError(failures, "not every plan could be looked after");
}

const userRow = z.object({ userId: idSchema("user") });

/** Periods that were bought in advance and have begun are the plan now. */
async function beginPeriods(db: Db): Promise<void> {
  await db.transaction(async (tx) => {
    const begun = await tx.execute(sql`
      update wallets w set plan_type = p.plan, plan_started_at = p.starts_at
        from plan_periods p
       where p.wallet_id = w.id and p.starts_at <= app_now() and p.ends_at > app_now()
         and p.starts_at > w.plan_started_at
      returning w.user_id as "userId"`);
    for (const row of begun) {
      const userId: Id<"user"> = userRow.parse(row).userId;
      await publish(tx, userId, "wallet", userId);
    }
  });
}
