import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect, type Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { treatAsFailed } from "#server/campaigns/run/give-up.ts";
import { cancelCampaign, pauseCampaign, resumeCampaign } from "#server/campaigns/run/pause.ts";
import { repeatUnknown, retryFailed } from "#server/campaigns/run/retry.ts";
import type { Env } from "#server/env.ts";
import { DomainError } from "#server/errors.ts";
import { backToQueue, confirmWrite, failBeforeWrite } from "#server/messages/before-write.ts";
import { claimNext } from "#server/messages/claim.ts";
import { applyFacts } from "#server/messages/facts.ts";
import type { Fact } from "#server/messages/rules.ts";
import { settleSilence } from "#server/messages/silence.ts";
import { useDatabase } from "#tests/database.ts";
import {
  createHeldSession,
  createRunningCampaign,
  createUser,
  readViolations,
  readWallet,
  testEnv,
  topUp,
} from "#tests/factories.ts";

const url = useDatabase();
let connection: Connection;
let db: Db;
let env: Env;
beforeAll(() => {
  connection = connect(url(), { max: 12 });
  db = connection.db;
  env = testEnv(url());
});
afterAll(() => connection.close());

const facts: Fact[] = [{ type: "ack" }, { type: "delivered" }, { type: "read" }, { type: "nack", code: 400 }];
const ofCampaign = { pause: pauseCampaign, resume: resumeCampaign, cancel: cancelCampaign };
/** What is done about messages that did not get through. */
const again = { retry: retryFailed, repeat: repeatUnknown, giveUp: treatAsFailed };
/** What becomes of a message between its claim and the write. */
const beforeWrite = {
  write: confirmWrite,
  back: backToQueue,
  fail: failBeforeWrite,
};
type Step =
  | { do: "start"; recipients: number }
  | { do: "claim"; next: keyof typeof beforeWrite }
  | { do: keyof typeof ofCampaign | "age" | "topup" }
  | { do: keyof typeof again; campaign: number }
  | { do: "fact"; message: number; fact: number; times: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("start" as const), recipients: fc.integer({ min: 1, max: 120 }) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("claim" as const),
      next: fc.constantFrom("write", "write", "write", "back", "fail"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("pause", "resume", "cancel", "topup") }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("age" as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom("retry", "repeat", "giveUp"), campaign: fc.nat(3) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("fact" as const),
      message: fc.nat(30),
      fact: fc.nat(3),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
);

interface Tenant {
  userId: Id<"user">;
  session: Awaited<ReturnType<typeof createHeldSession>>;
  campaigns: Id<"campaign">[];
  sent: string[];
  toppedUp: number;
}

async function openTenant(): Promise<Tenant> {
  const userId = await createUser(db);
  return { userId, session: await createHeldSession(db, userId), campaigns: [], sent: [], toppedUp: 0 };
}

/** How often each of `again` found something to do. */
const did = { retry: 0, repeat: 0, giveUp: 0 };

async function play(tenant: Tenant, todo: Step): Promise<void> {
  const last = tenant.campaigns.at(-1);
  const refused = (error: unknown) => {
    if (!(error instanceof DomainError)) throw error;
  };
  switch (todo.do) {
    case "start":
      await createRunningCampaign(db, env, tenant.userId, tenant.session.sessionId, todo.recipients).then(
        ({ id }) => tenant.campaigns.push(id),
        refused,
      );
      return;
    case "claim": {
      const claim = await claimNext(db, tenant.session, { caps: env.caps, ackTimeoutMs: 30_000, chance: 0 });
      if (claim.type !== "send") return;
      // What may have been written already is written again, or not at all.
      const next = claim.message.redrive ? "write" : todo.next;
      await beforeWrite[next](db, tenant.session, claim.message, Buffer.from("as it was sent"));
      if (next === "write") tenant.sent.push(claim.message.waMsgId);
      return;
    }
    case "fact": {
      const waMsgId = tenant.sent[todo.message % Math.max(1, tenant.sent.length)];
      const fact = facts[todo.fact];
      if (!waMsgId || !fact) return;
      const say = () => applyFacts(db, { waSessionId: tenant.session.sessionId, facts: [{ waMsgId, fact }] });
      await Promise.all(Array.from({ length: todo.times }, say));
      return;
    }
    case "pause":
    case "resume":
    case "cancel": {
      if (!last) return;
      const use = ofCampaign[todo.do];
      await db.transaction((tx) => use(tx, tenant.userId, { id: last })).catch(refused);
      return;
    }
    case "retry":
    case "repeat":
    case "giveUp": {
      const id = tenant.campaigns[todo.campaign % Math.max(1, tenant.campaigns.length)];
      if (!id) return;
      const use = again[todo.do];
      await db
        .transaction((tx) => use(tx, tenant.userId, { id }))
        .then(() => {
          did[todo.do] += 1;
        }, refused);
      return;
    }
    case "age":
      await db.execute(
        sql`update messages set sending_at = sending_at - interval '9 days' where user_id = ${tenant.userId} and status in ('sending', 'unknown')`,
      );
      await settleSilence(db);
      return;
    case "topup":
      tenant.toppedUp += 10;
      await topUp(db, tenant.userId, 10);
  }
}

const AT_ONCE = 8;
/** One moment of the first user's, padded with what changes nothing of it. */
const moment = (...steps: Step[]): [boolean, Step][] =>
  Array.from({ length: AT_ONCE }, (_, n) => [n < steps.length, steps[n] ?? { do: "topup" }]);
const claim: Step = { do: "claim", next: "write" };
const said = (message: number, fact: number, times = 3): Step => ({ do: "fact", message, fact, times });
const about = (what: keyof typeof again): Step => ({ do: what, campaign: 0 });
/** Refused and tried again; unanswered, repeated and unanswered once more, given up; and accepted all the same. */
const whole = [
  ...moment({ do: "start", recipients: 4 }),
  ...moment(claim, claim),
  ...moment(said(0, 3), about("retry"), about("retry")),
  ...moment(about("retry")),
  ...moment(claim, claim, claim),
  ...moment({ do: "age" }),
  ...moment(about("repeat"), about("repeat"), said(1, 0)),
  ...moment(claim, claim),
  ...moment({ do: "age" }),
  ...moment(about("giveUp"), about("giveUp"), said(2, 1)),
  ...moment(said(0, 0), said(1, 0), said(2, 0), said(3, 0), about("retry")),
];

test("whatever happens at once to two users, points always add up and nobody is charged twice or for another", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), step), { minLength: 10, maxLength: 40 }), async (steps) => {
      const [one, other] = [await openTenant(), await openTenant()];
      // Eight at a time: claims, repeated facts, starts and cancels meet in the database as they would in life.
      for (let i = 0; i < steps.length; i += AT_ONCE) {
        await Promise.all(steps.slice(i, i + AT_ONCE).map(([first, todo]) => play(first ? one : other, todo)));
        expect(await readViolations(db)).toEqual([]);
      }
      for (const tenant of [one, other]) {
        // In the end WhatsApp has taken everything that was handed over and is not waiting to be handed over again.
        const { sessionId: waSessionId } = tenant.session;
        const ack = (waMsgId: string) => applyFacts(db, { waSessionId, facts: [{ waMsgId, fact: { type: "ack" } }] });
        await Promise.all(tenant.sent.map(ack));
        const wallet = await readWallet(db, tenant.userId);
        const [accepted] = await db.execute<{ n: number }>(
          sql`select count(*)::int as n from messages where user_id = ${tenant.userId} and status in ('sent', 'delivered', 'read') and not uncharged`,
        );
        expect(wallet.balance).toBe(400 + tenant.toppedUp - 2 * (accepted?.n ?? 0));
        const [open] = await db.execute<{ points: number }>(sql`
          select coalesce(sum(price_points), 0)::int as points from messages
           where user_id = ${tenant.userId} and status in ('queued', 'sending', 'unknown')`);
        expect(wallet.held).toBe(open?.points);
      }
      expect(await readViolations(db)).toEqual([]);
    }),
    { numRuns: 12, endOnFailure: true, examples: [[whole]] },
  );
  expect(did.retry, "something was tried again").toBeGreaterThan(0);
  expect(did.repeat, "something was repeated").toBeGreaterThan(0);
  expect(did.giveUp, "something was given up").toBeGreaterThan(0);
}, 120_000);

test("two starts at once cannot spend the same points", async () => {
  const tenant = await openTenant();
  const start = () => createRunningCampaign(db, env, tenant.userId, tenant.session.sessionId, 150);
  const outcomes = await Promise.allSettled([start(), start()]);
  expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(["fulfilled", "rejected"]);
  const refusal = outcomes.find((outcome) => outcome.status === "rejected")?.reason;
  expect(refusal).toMatchObject({ code: "insufficient_points", details: { need: 300, available: 100, missing: 200 } });
  expect(await readWallet(db, tenant.userId)).toEqual({ balance: 400, held: 300 });
});

test("the ledger cannot be changed or emptied, and a booking happens once", async () => {
  const tenant = await openTenant();
  await expect(db.execute(sql`update wallet_txns set points = 1 where user_id = ${tenant.userId}`)).rejects.toThrow();
  await expect(db.execute(sql`delete from wallet_txns where user_id = ${tenant.userId}`)).rejects.toThrow();
  await expect(db.execute(sql`truncate wallet_txns`)).rejects.toThrow();
  await expect(db.execute(sql`update wallets set balance = -1 where user_id = ${tenant.userId}`)).rejects.toThrow();
  expect(await readViolations(db)).toEqual([]);
});
