import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import { idSchema } from "#db/ids.ts";
import { recordAudit } from "../../audit/record.ts";
import { publish } from "../../events.ts";
import { planTypes } from "../../wallet/rules.ts";
import { emitWebhook } from "../../webhooks/emit.ts";
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
 * that is due. Whoever renews by card is told that, in place of the end.
 */
export async function remindOfEnds(db: Db): Promise<void> {
  const [first, second] = REMINDER_DAYS;
  const ending = await db.execute(sql`
    select w.user_id as "userId", w.id as "walletId", w.plan_type as plan, w.plan_started_at as "startedAt",
           w.plan_expires_at as "endsAt", app_now() as now,
           w.auto_renew and exists (select 1 from payment_methods m where m.user_id = w.user_id) as renews
      from wallets w
     where w.plan_expires_at > app_now() and w.plan_expires_at <= app_now() + ${first}::int * interval '24 hours'
       and not exists (select 1 from plan_reminders r
                        where r.wallet_id = w.id and r.ends_at = w.plan_expires_at
                          and w.plan_expires_at > app_now() + (case when r.days = ${first}::int then ${second}::int else 0 end) * interval '24 hours')`);
  for (const row of ending) await remind(db, endingRow.parse(row));
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
