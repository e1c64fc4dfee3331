import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import { idSchema } from "#db/ids.ts";
import { recordAudit } from "../../audit/record.ts";
import type { BillingSettings } from "../../env.ts";
import { publish } from "../../events.ts";
import { planTypes } from "../../wallet/rules.ts";
import { emitWebhook } from "../../webhooks/emit.ts";
import { willRenew } from "./renewal.ts";
import { dueReminder, REMINDER_DAYS } from "./rules.ts";

const endingRow = z.object({
  userId: idSchema("user"),
  walletId: idSchema("wallet"),
  plan: z.enum(planTypes),
  startedAt: z.coerce.date(),
  endsAt: z.coerce.date(),
  renews: z.boolean(),
  now: z.coerce.date(),
});
type Ending = z.infer<typeof endingRow>;

/**
 * Reminds whose plan ends soon, once for each reminder; what was missed while nobody was there is made up for by the next one
 * that is due. Whose plan renews by itself is told that, in place of the end.
 * @param step runs one user's, and keeps what it throws
 */
export async function remindOfEnds(
  db: Db,
  billing: Pick<BillingSettings, "provider">,
  step: (work: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const [first, second] = REMINDER_DAYS;
  const ending = await db.execute(sql`
    select user_id as "userId", id as "walletId", plan_type as plan, plan_started_at as "startedAt",
           plan_expires_at as "endsAt", app_now() as now, ${willRenew(billing)} as renews
      from wallets
     where plan_expires_at > app_now() and plan_expires_at <= app_now() + ${first}::int * interval '24 hours'
       and not exists (select 1 from plan_reminders r
                        where r.wallet_id = wallets.id and r.ends_at = plan_expires_at
                          and plan_expires_at > app_now() + (case when r.days = ${first}::int then ${second}::int else 0 end) * interval '24 hours')`);
  for (const row of ending) await step(() => remind(db, endingRow.parse(row)));
}

async function remind(db: Db, ending: Ending): Promise<void> {
  const { userId, walletId, plan, endsAt, renews } = ending;
  const days = dueReminder(ending, ending.now);
  if (days === null) return;
  await db.transaction(async (tx) => {
    // Of this very end: it may have moved since it was read, and its microseconds are not in `endsAt`.
    const [reminded] = await tx.execute(sql`
      insert into plan_reminders (user_id, wallet_id, ends_at, days)
      select user_id, id, plan_expires_at, ${days} from wallets
       where id = ${walletId} and date_trunc('milliseconds', plan_expires_at) = ${endsAt.toISOString()}::timestamptz
      on conflict do nothing returning days`);
    if (!reminded) return;
    const said = { plan, endsAt: endsAt.toISOString(), days, renews };
    await recordAudit(tx, userId, "plan.reminded", said);
    await emitWebhook(tx, userId, "plan.ends_soon", said);
    await publish(tx, userId, "wallet", userId);
  });
}
