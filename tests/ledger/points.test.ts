import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cancelCampaign } from "#server/campaigns/run/pause.ts";
import { DomainError } from "#server/errors.ts";
import { applyFacts } from "#server/messages/facts.ts";
import { useDatabase } from "#tests/database.ts";
import { createRunningCampaign, readViolations, readWallet, testEnv } from "#tests/factories.ts";
import { problemsOf, readAccount } from "./account.ts";
import { moments, whole, wholeInTurn } from "./steps.ts";
import { openWorld, type Tenant, type World } from "./world.ts";

const url = useDatabase();
let world: World;
beforeAll(() => {
  world = openWorld(url());
});
afterAll(() => world.close());

const account = (tenant: Tenant) => readAccount(world.db, tenant);
const problems = async (tenant: Tenant) => problemsOf(await account(tenant), tenant);

/** Whatever is cancelled gives back what was queued, and nothing of what is on its way. */
async function expectCancelToRelease(tenant: Tenant): Promise<void> {
  const before = await account(tenant);
  let released = 0;
  for (const id of tenant.campaigns) {
    const [row] = await world.db.execute<{ points: number }>(
      sql`select coalesce(sum(price_points), 0)::int as points from messages where campaign_id = ${id} and status = 'queued'`,
    );
    const cancel = world.db.transaction((tx) => cancelCampaign(tx, tenant.userId, { id }));
    const refusal = await cancel.catch((error: unknown) => error);
    if (refusal === undefined) released += row?.points ?? 0;
    else expect(refusal).toBeInstanceOf(DomainError);
  }
  const { balance, held, queued } = await account(tenant);
  expect({ balance, held, queued }).toEqual({
    balance: before.balance,
    held: before.held - released,
    queued: before.queued - released,
  });
}

test("whatever happens at once to two users, points always add up and nobody is charged twice or for another", async () => {
  await fc.assert(
    fc.asyncProperty(moments, async (played) => {
      const [one, other] = [await world.openTenant(), await world.openTenant()];
      for (const moment of played) {
        await Promise.all(moment.map(([first, step]) => world.play(first ? one : other, step)));
        expect(await readViolations(world.db)).toEqual([]);
        expect(await Promise.all([one, other].map(problems))).toEqual([[], []]);
      }
      for (const tenant of [one, other]) {
        await expectCancelToRelease(tenant);
        // In the end WhatsApp has taken everything that was handed over and is not waiting to be handed over again.
        const { sessionId: waSessionId } = tenant.session;
        const facts = tenant.written.map((waMsgId) => ({ waMsgId, fact: { type: "ack" as const } }));
        await Promise.all(facts.map((fact) => applyFacts(world.db, { waSessionId, facts: [fact] })));
        expect(await problems(tenant)).toEqual([]);
      }
      expect(await readViolations(world.db)).toEqual([]);
    }),
    { numRuns: 16, endOnFailure: true, examples: [[whole], [wholeInTurn]] },
  );
  for (const [what, times] of Object.entries(world.did))
    expect(times, `nothing was found to ${what}`).toBeGreaterThan(0);
  const [found] = await world.db.execute(sql`
    select count(*) filter (where action = 'message.uncharged') > 1 as uncharged,
           count(*) filter (where action = 'campaign.resumed' and meta ->> 'because' = 'plan') > 0 as "wentOn",
           (select count(*) from wallet_txns where type = 'refund') > 0 as refunds
      from audit_logs`);
  expect(found).toEqual({ uncharged: true, wentOn: true, refunds: true });
}, 120_000);

test("two starts at once cannot spend the same points", async () => {
  const { userId, session } = await world.openTenant();
  const start = () => createRunningCampaign(world.db, testEnv(url()), userId, session.sessionId, 150);
  const outcomes = await Promise.allSettled([start(), start()]);
  expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(["fulfilled", "rejected"]);
  const refusal = outcomes.find((outcome) => outcome.status === "rejected")?.reason;
  expect(refusal).toMatchObject({ code: "insufficient_points", details: { need: 300, available: 100, missing: 200 } });
  expect(await readWallet(world.db, userId)).toEqual({ balance: 400, held: 300 });
});

test("the ledger cannot be changed or emptied, and a balance cannot fall below nothing", async () => {
  const { userId } = await world.openTenant();
  const { db } = world;
  await expect(db.execute(sql`update wallet_txns set points = 1 where user_id = ${userId}`)).rejects.toThrow();
  await expect(db.execute(sql`delete from wallet_txns where user_id = ${userId}`)).rejects.toThrow();
  await expect(db.execute(sql`truncate wallet_txns`)).rejects.toThrow();
  await expect(db.execute(sql`update wallets set balance = -1 where user_id = ${userId}`)).rejects.toThrow();
  expect(await readViolations(db)).toEqual([]);
});
