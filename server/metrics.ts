import { sql } from "drizzle-orm";
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Db } from "#db/client.ts";
import { lastLedgerCheck } from "./wallet/check.ts";

/**
 * The process's metrics. Counts of messages and points are read from committed rows at each scrape, so they are true on
 * every process and survive a restart; take them from one instance, do not add instances up. No label holds an id.
 */
export function createMetrics(db: Db): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });

  new Counter({
    name: "messages_sent_total",
    help: "Messages that WhatsApp accepted",
    registers: [registry],
    async collect() {
      const [row] = await db.execute<{ n: number }>(
        sql`select count(*)::int as n from messages where sent_at is not null`,
      );
      this.reset();
      this.inc(row?.n ?? 0);
    },
  });
  new Counter({
    name: "messages_failed_total",
    help: "Messages that ended as failed, by reason",
    labelNames: ["reason"],
    registers: [registry],
    async collect() {
      const rows = await db.execute<{ reason: string; n: number }>(
        sql`select coalesce(error_code, 'other') as reason, count(*)::int as n from messages where status = 'failed' group by 1`,
      );
      this.reset();
      if (rows.length === 0) this.inc({ reason: "none" }, 0);
      for (const row of rows) this.inc({ reason: row.reason }, row.n);
    },
  });
  new Counter({
    name: "wallet_points_deducted_total",
    help: "Points charged for accepted messages",
    registers: [registry],
    async collect() {
      const [row] = await db.execute<{ n: number }>(
        sql`select coalesce(-sum(points), 0)::int as n from wallet_txns where type = 'deduct'`,
      );
      this.reset();
      this.inc(row?.n ?? 0);
    },
  });
  new Counter({
    name: "wallet_points_refunded_total",
    help: "Points given back for messages that WhatsApp took back after they were charged",
    registers: [registry],
    async collect() {
      const [row] = await db.execute<{ n: number }>(
        sql`select coalesce(sum(points), 0)::int as n from wallet_txns where type = 'refund'`,
      );
      this.reset();
      this.inc(row?.n ?? 0);
    },
  });
  new Gauge({
    name: "queue_depth",
    help: "Messages that wait, by state",
    labelNames: ["state"],
    registers: [registry],
    async collect() {
      const rows = await db.execute<{ state: string; n: number }>(
        sql`select status as state, count(*)::int as n from messages where status in ('queued', 'sending', 'unknown') group by 1`,
      );
      for (const state of ["queued", "sending", "unknown"]) {
        this.set({ state }, rows.find((row) => row.state === state)?.n ?? 0);
      }
    },
  });
  new Gauge({
    name: "webhook_deliveries",
    help: "Deliveries of webhooks that wait, and those that were given up in the last 14 days",
    labelNames: ["state"],
    registers: [registry],
    async collect() {
      const rows = await db.execute<{ state: string; n: number }>(sql`
        select case status when 'dead' then 'dead' else 'waiting' end as state, count(*)::int as n from webhook_deliveries
         where status <> 'delivered' group by 1`);
      for (const state of ["waiting", "dead"]) this.set({ state }, rows.find((row) => row.state === state)?.n ?? 0);
    },
  });
  new Gauge({
    name: "webhook_oldest_waiting_seconds",
    help: "How long the oldest delivery waits whose endpoint is switched on and takes what it is sent",
    registers: [registry],
    async collect() {
      const [row] = await db.execute<{ s: number }>(sql`
        select coalesce(extract(epoch from now() - min(d.created_at)), 0)::float8 as s
          from webhook_deliveries d join webhook_endpoints e on e.id = d.endpoint_id
         where d.status in ('queued', 'delivering') and e.enabled and e.failures = 0`);
      this.set(row?.s ?? 0);
    },
  });
  new Gauge({
    name: "plans_overdue",
    help: "Plans that ended more than 2 minutes ago and whose campaigns were not paused: the minute's job does not run",
    registers: [registry],
    async collect() {
      const [row] = await db.execute<{ n: number }>(sql`
        select count(*)::int as n from wallets
         where plan_ended_at is null and plan_expires_at < app_now() - interval '2 minutes'`);
      this.set(row?.n ?? 0);
    },
  });
  new Counter({
    name: "automatic_answers_total",
    help: "Automatic answers that rules gave",
    registers: [registry],
    async collect() {
      const [row] = await db.execute<{ n: number }>(sql`select count(*)::int as n from auto_replies`);
      this.reset();
      this.inc(row?.n ?? 0);
    },
  });
  new Gauge({
    name: "phones_with_stopped_rules",
    help: "Phones whose rules stopped by themselves and wait for a person",
    registers: [registry],
    async collect() {
      const [row] = await db.execute<{ n: number }>(
        sql`select count(*)::int as n from auto_breakers where resumed_at is null`,
      );
      this.set(row?.n ?? 0);
    },
  });
  new Gauge({
    name: "ledger_violations",
    help: "Rows of the violations view at the last check; anything but 0 is a defect in the ledger",
    registers: [registry],
    async collect() {
      this.set((await lastLedgerCheck(db))?.violations ?? 0);
    },
  });
  new Gauge({
    name: "ledger_check_age_seconds",
    help: "How long ago the ledger was last checked, which happens every hour; NaN before the first time",
    registers: [registry],
    async collect() {
      const last = await lastLedgerCheck(db);
      this.set(last ? (Date.now() - last.ranAt.getTime()) / 1000 : Number.NaN);
    },
  });
  return registry;
}
