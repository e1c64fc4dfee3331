import { and, eq, sql } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { auditLogs, campaigns, wallets, waSessions } from "#db/schema/index.ts";
import {
  createHeldSession,
  createRunningCampaign,
  createUser,
  readViolations,
  readWallet,
  testEnv,
} from "#tests/factories.ts";
import { type HeldSession, useHeldSession } from "#tests/held-session.ts";
import { during } from "#tests/races.ts";
import { pauseCampaign, pauseCampaignsOfSession } from "../../campaigns/run/pause.ts";
import { createLog } from "../../log.ts";
import { claimNext } from "../../messages/claim.ts";
import { withUser } from "../../users/with-user.ts";
import { endPlan } from "./end.ts";
import { goOn } from "./go-on.ts";
import { getPlan } from "./queries.ts";
import { startPeriod } from "./start-period.ts";
import { tickPlans } from "./tick.ts";

let db: Db;
let userId: Id<"user">;
let session: HeldSession;

const url = useHeldSession((held) => {
  ({ db, userId, session } = held);
});

const tick = () => tickPlans(db, { env: testEnv(url()), log: createLog("worker", testEnv(url())) });
const start = async (on = session) => (await createRunningCampaign(db, testEnv(url()), userId, on.sessionId, 2)).id;
const isOver = () =>
  db.update(wallets).set({ planExpiresAt: sql`app_now() - interval '1 second'` }).where(eq(wallets.userId, userId));
const renew = (tx: Db) => startPeriod(tx, userId, { plan: "30d", days: 30, points: 0, refId: newId("grant") });
const state = async (id: Id<"campaign">) => {
  const [row] = await db.select().from(campaigns).where(eq(campaigns.id, id));
  return row?.status === "paused" ? row.pauseReason : row?.status;
};
const audited = (action: string) =>
  db
    .select()
    .from(auditLogs)
    .where(and(eq(auditLogs.userId, userId), eq(auditLogs.action, action)));
const goOnJobs = async () =>
  [...(await db.execute(sql`select 1 from graphile_worker.jobs where key = ${`go-on:${userId}`}`))].length;

describe("the end of a plan", () => {
  test("pauses what runs in that minute, keeps the points, and is told once however many ticks look", async () => {
    const id = await start();
    await tick();
    expect(await state(id)).toBe("running");
    await isOver();
    await Promise.all([tick(), tick(), tick()]);
    await tick();
    expect(await state(id)).toBe("plan_expired");
    expect(await readWallet(db, userId)).toEqual({ balance: 400, held: 4 });
    expect(await audited("plan.ended")).toHaveLength(1);
    expect(await audited("campaign.paused")).toHaveLength(1);
    expect(await readViolations(db)).toEqual([]);
  });

  test("keeps scheduled campaigns from starting, of which those that missed their time are none", async () => {
    const id = await start();
    const waiting = async () =>
      (await withUser(db, userId, (tx) => getPlan(tx, testEnv(url()).billing, userId))).waiting.scheduled;
    await db
      .update(campaigns)
      .set({ status: "scheduled", scheduledFor: sql`app_now() + interval '1 hour'`, scheduleTz: "Asia/Jakarta" })
      .where(eq(campaigns.id, id));
    await isOver();
    expect(await waiting()).toBe(1);
    await db.update(campaigns).set({ scheduleProblem: "missed" }).where(eq(campaigns.id, id));
    expect(await waiting()).toBe(0);
  });

  test("also reaches a campaign that began in its last moment", async () => {
    await isOver();
    await tick();
    await db
      .update(wallets)
      .set({ planExpiresAt: sql`app_now() + interval '1 hour'` })
      .where(eq(wallets.userId, userId));
    const id = await start();
    await isOver();
    await tick();
    expect(await state(id)).toBe("plan_expired");
  });

  test("is found by a claim that comes before the minute is over", async () => {
    const id = await start();
    await isOver();
    const claim = await claimNext(db, session, { caps: testEnv(url()).caps, ackTimeoutMs: 1_000, chance: 0 });
    expect(claim.type).toBe("idle");
    expect(await state(id)).toBe("plan_expired");
    expect(await audited("plan.ended")).toHaveLength(1);
  });

  test("is nobody else's: another user's campaign goes on", async () => {
    const other = await createUser(db);
    const phone = await createHeldSession(db, other);
    const { id } = await createRunningCampaign(db, testEnv(url()), other, phone.sessionId, 1);
    await isOver();
    await tick();
    expect(await state(id)).toBe("running");
  });
});

describe("a renewal", () => {
  test("lets go on what the end paused, and not what its user paused", async () => {
    const [paused, byHand] = [await start(), await start()];
    await pauseCampaign(db, userId, { id: byHand });
    await isOver();
    await tick();
    await db.transaction(renew);
    expect(await goOnJobs()).toBe(1);
    await goOn(db, userId);
    expect(await state(paused)).toBe("running");
    expect(await state(byHand)).toBe("user");
  });

  test("books nothing to go on with where nothing waits", async () => {
    await start();
    await db.transaction(renew);
    expect(await goOnJobs()).toBe(0);
  });

  test("does not start what cannot be sent: it stays paused, for the reason that is true then", async () => {
    const phones = [session, await createHeldSession(db, userId), await createHeldSession(db, userId)];
    const ids: Id<"campaign">[] = [];
    for (const phone of phones) ids.push(await start(phone));
    await isOver();
    await tick();
    for (const [i, status] of (["linked", "restricted", "needs_attention"] as const).entries()) {
      await db
        .update(waSessions)
        .set({ status })
        .where(eq(waSessions.id, phones[i]?.sessionId ?? session.sessionId));
    }
    await db.transaction(renew);
    await goOn(db, userId);
    expect(await Promise.all(ids.map(state))).toEqual(["running", "restricted", "logged_out"]);
  });

  test("does not send from a phone that was linked anew meanwhile, perhaps another one", async () => {
    const id = await start();
    await isOver();
    await tick();
    await pauseCampaignsOfSession(db, session.sessionId, "logged_out");
    await db.transaction(renew);
    await goOn(db, userId);
    expect(await state(id)).toBe("logged_out");
  });

  test("whose job a crash lost is made good by the next tick", async () => {
    const id = await start();
    await isOver();
    await tick();
    await db.transaction(renew);
    await db.execute(sql`select graphile_worker.remove_job(${`go-on:${userId}`})`);
    await tick();
    expect(await state(id)).toBe("running");
  });

  test("ends with a running campaign, whichever of it and the end of the plan comes first", async () => {
    const id = await start();
    await isOver();
    await during(
      db,
      (tx) => endPlan(tx, userId),
      () => db.transaction(renew),
    );
    await goOn(db, userId);
    expect(await state(id)).toBe("running");

    await isOver();
    await during(db, renew, () => endPlan(db, userId));
    await goOn(db, userId);
    expect(await state(id)).toBe("running");
    expect(await audited("plan.ended")).toHaveLength(1);
  });

  test("that ended again at once does not let anything go on", async () => {
    const id = await start();
    await isOver();
    await tick();
    await goOn(db, userId);
    expect(await state(id)).toBe("plan_expired");
  });
});
