import { sql } from "drizzle-orm";
import { connect, type Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { purchases } from "#db/schema/index.ts";
import { endPlan } from "#server/billing/plans/end.ts";
import { goOn } from "#server/billing/plans/go-on.ts";
import { applyPayment } from "#server/billing/purchases/apply.ts";
import { treatAsFailed } from "#server/campaigns/run/give-up.ts";
import { cancelCampaign, pauseCampaign, resumeCampaign } from "#server/campaigns/run/pause.ts";
import { repeatUnknown, retryFailed } from "#server/campaigns/run/retry.ts";
import { DomainError } from "#server/errors.ts";
import { createLog } from "#server/log.ts";
import { backToQueue, confirmWrite, failBeforeWrite } from "#server/messages/before-write.ts";
import { type ClaimedMessage, claimNext } from "#server/messages/claim.ts";
import { applyFacts } from "#server/messages/facts.ts";
import type { Fact } from "#server/messages/rules.ts";
import { settleSilence } from "#server/messages/silence.ts";
import { createHeldSession, createRunningCampaign, createUser, testEnv } from "#tests/factories.ts";
import { facts, type Step } from "./steps.ts";

export interface Tenant {
  userId: Id<"user">;
  session: Awaited<ReturnType<typeof createHeldSession>>;
  campaigns: Id<"campaign">[];
  /** What was handed over, in order. */
  written: string[];
  /** Points it was given and paid for. */
  given: number;
}

export interface World {
  db: Db;
  openTenant(): Promise<Tenant>;
  /** Does a step of a tenant's. What the product refuses is refused; anything else that goes wrong is thrown. */
  play(tenant: Tenant, step: Step): Promise<void>;
  /** How often a step of a kind found something to do. */
  did: Record<"retry" | "repeat" | "giveUp" | "buy", number>;
  close(): Promise<void>;
}

const POINTS_AT_FIRST = 400;
const ofCampaign = { pause: pauseCampaign, resume: resumeCampaign, cancel: cancelCampaign };
/** What is done about messages that did not get through. */
const again = { retry: retryFailed, repeat: repeatUnknown, giveUp: treatAsFailed };

function refused(error: unknown): void {
  if (!(error instanceof DomainError)) throw error;
}

/** The points of several users, with connections enough that steps at the same moment meet in the database. */
export function openWorld(url: string): World {
  // Eight steps, each with what it holds up.
  const connection = connect(url, { max: 40 });
  const { db } = connection;
  const env = testEnv(url);
  const deps = { env, log: createLog("worker", env) };
  const did = { retry: 0, repeat: 0, giveUp: 0, buy: 0 };

  /** Between the claim and the write. What may have been written already is written again, or not at all. */
  async function claim(tenant: Tenant, next: "write" | "back" | "fail"): Promise<void> {
    const found = await claimNext(db, tenant.session, { caps: env.caps, ackTimeoutMs: 30_000, chance: 0 });
    if (found.type !== "send") return;
    const [message] = found.messages;
    if (message.redrive || next === "write") await write(tenant, message);
    else if (next === "back") await backToQueue(db, tenant.session, message);
    else await failBeforeWrite(db, tenant.session, message);
  }

  async function write({ session, written }: Tenant, message: ClaimedMessage): Promise<void> {
    await confirmWrite(db, session, message, Buffer.from("as it was sent"));
    written.push(message.waMsgId);
  }

  /** Says it so often at the same moment: each has read the message before the first of them changes it. */
  async function say({ session, userId }: Tenant, waMsgId: string, fact: Fact, times: number): Promise<void> {
    const waSessionId = session.sessionId;
    let over = 0;
    const tell = () =>
      applyFacts(db, { waSessionId, facts: [{ waMsgId, fact }] }).finally(() => {
        over += 1;
      });
    const told = await db.transaction(async (tx) => {
      await tx.execute(sql`select from campaigns where user_id = ${userId} order by id for no key update`);
      const telling = Array.from({ length: times }, tell);
      // What changes nothing ends by itself; the others wait for the campaign, which this holds.
      for (let waiting = 0; waiting + over < times; ) waiting = await countWaiting(tx);
      return { all: Promise.allSettled(telling) };
    });
    const failed = (await told.all).find((each) => each.status === "rejected");
    if (failed) throw failed.reason;
  }

  async function countWaiting(tx: Db): Promise<number> {
    const [row] = await tx.execute<{ n: number }>(sql`
      select count(*)::int as n, pg_stat_clear_snapshot() from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock' and query like '%apply_facts%'`);
    return row?.n ?? 0;
  }

  /** A purchase that is paid, and told of by a provider that repeats itself, under the same and under another name. */
  async function buy(tenant: Tenant, plan: "15d" | null): Promise<void> {
    const id = newId("purchase");
    const { userId } = tenant;
    const points = plan ? 200 : 10;
    const what = plan ? { kind: "plan" as const, plan, days: 15 } : { kind: "topup" as const };
    const price = { net: 100, tax: 11, total: 111, currency: "IDR", taxName: "PPN", taxRate: 1100 };
    await db.insert(purchases).values({ id, userId, ...what, points, ...price, provider: "demo", providerRef: id });
    const event = {
      provider: "demo" as const,
      eventId: `${id}:1`,
      type: "paid" as const,
      reference: id,
      providerRef: id,
      amount: price.total,
      currency: price.currency,
      method: null,
    };
    tenant.given += points;
    const said = [event, event, { ...event, eventId: `${id}:2` }];
    await Promise.all(said.map((each) => applyPayment(db, deps, each)));
    await goOn(db, userId);
    did.buy += 1;
  }

  async function onCampaign(tenant: Tenant, step: Extract<Step, { campaign: number }>): Promise<void> {
    const id = tenant.campaigns.at(-1 - (step.campaign % Math.max(1, tenant.campaigns.length)));
    if (!id) return;
    if (step.do === "pause" || step.do === "resume" || step.do === "cancel") {
      const use = ofCampaign[step.do];
      await db.transaction((tx) => use(tx, tenant.userId, { id })).catch(refused);
      return;
    }
    const { do: name } = step;
    const use = again[name];
    await db
      .transaction((tx) => use(tx, tenant.userId, { id }))
      .then(() => {
        did[name] += 1;
      }, refused);
  }

  async function play(tenant: Tenant, step: Step): Promise<void> {
    if ("campaign" in step) return onCampaign(tenant, step);
    const { userId } = tenant;
    switch (step.do) {
      case "start":
        await createRunningCampaign(db, env, userId, tenant.session.sessionId, step.recipients).then(
          ({ id }) => tenant.campaigns.push(id),
          refused,
        );
        return;
      case "claim":
        return claim(tenant, step.next);
      case "fact": {
        const waMsgId = tenant.written[step.message % Math.max(1, tenant.written.length)];
        if (waMsgId) await say(tenant, waMsgId, facts[step.fact], step.times);
        return;
      }
      case "age":
        await db.transaction(async (tx) => {
          // In the order of everybody else.
          await tx.execute(sql`select from campaigns where user_id = ${userId} order by id for no key update`);
          await tx.execute(sql`
            update messages set sending_at = sending_at - interval '9 days'
             where user_id = ${userId} and status in ('sending', 'unknown')`);
        });
        return settleSilence(db);
      case "buy":
        return buy(tenant, step.plan);
      case "expire":
        await db.execute(
          sql`update wallets set plan_expires_at = app_now() - interval '1 second' where user_id = ${userId}`,
        );
        return endPlan(db, userId);
    }
  }

  return {
    db,
    did,
    play,
    async openTenant() {
      const userId = await createUser(db);
      return {
        userId,
        session: await createHeldSession(db, userId),
        campaigns: [],
        written: [],
        given: POINTS_AT_FIRST,
      };
    },
    close: () => connection.close(),
  };
}
