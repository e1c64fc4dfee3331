import { eq, sql } from "drizzle-orm";
import { connect, type Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { messages } from "#db/schema/index.ts";
import type { BenchResult } from "#scripts/bench.ts";
import type { Caps } from "#server/env.ts";
import { claimNext } from "#server/messages/claim.ts";
import { applyFacts } from "#server/messages/facts.ts";
import { type Gate, readGate } from "#server/messages/gate.ts";
import {
  createHeldSession,
  createRunningCampaign,
  createUser,
  readViolations,
  testEnv,
  topUp,
} from "#tests/factories.ts";

const MESSAGES = 200;
const ROUNDS = 7;
const MIN_RATIO = 0.4;
/** As large as a text to one phone. */
const ENCODED = Buffer.alloc(400, 1);

/**
 * How many messages a second one session could have claimed, kept as they are written, accepted and charged, one after the
 * other, with everything that is checked on the way: two transactions each, of which the one before the write waits for the disk. Beside them pairs of the least that Postgres can commit, a row that counts up, each waiting for the disk, on one
 * connection in the same run. For comparison, without a target: claims that keep nothing and wait for no disk, and such pairs.
 */
export async function run(): Promise<BenchResult> {
  const url = process.env.DATABASE_URL;
  if (!url) throw new Error("The bench runs on a database: set DATABASE_URL.");
  // As the worker sends.
  const connection = connect(url, { name: "bench", max: 1, plans: "force_generic_plan" });
  try {
    const { db } = connection;
    await db.execute(sql`create table raw_commits (id int primary key, n int not null)`);
    await db.execute(sql`insert into raw_commits values (1, 0)`);
    const cycle = await openCycles(db, url);
    const kinds = {
      "claim, write, ack and charge": () => cycle(true),
      "pairs of commits": () => pairs(db, "on"),
      "claim, ack and charge": () => cycle(false),
      "pairs of commits that do not wait for the disk": () => pairs(db, "off"),
    };
    const rates = new Map<string, number[]>();
    // In turns, so that a busy moment of the machine hits all alike. The first round is not counted: caches are cold.
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const [what, measure] of Object.entries(kinds)) {
        const rate = await measure();
        if (round > 0) rates.set(what, [...(rates.get(what) ?? []), rate]);
      }
      // As autovacuum does within a minute of a first campaign.
      if (round === 0) await db.execute(sql`analyze`);
    }
    const broken = await readViolations(db);
    if (broken.length > 0) throw new Error(`the ledger is broken: ${JSON.stringify(broken)}`);
    const rows = [...rates].map(([what, all]) => ({ what, rate: median(all) }));
    const [ours, peer, quick, quickPeer] = rows.map(({ rate }) => rate);
    const ratio = (ours ?? Number.NaN) / (peer ?? Number.NaN);
    const beside = ["", ratio.toFixed(2), "", ((quick ?? Number.NaN) / (quickPeer ?? Number.NaN)).toFixed(2)];
    return {
      name: "messages claimed, accepted and charged by one session, against pairs of raw commits",
      unit: "per s",
      ours: Math.round(ours ?? Number.NaN),
      peer: Math.round(peer ?? Number.NaN),
      ratio: Number(ratio.toFixed(2)),
      ok: ratio >= MIN_RATIO,
      rows: rows.map(({ what, rate }, n) => ({
        what,
        "per s": Math.round(rate),
        ratio: beside[n] ?? "",
        target: n === 1 ? `>= ${MIN_RATIO}` : "",
      })),
    };
  } finally {
    await connection.close();
  }
}

/** Each call sends a campaign through and answers messages per second; what is not the cycle is not counted. */
async function openCycles(db: Db, url: string): Promise<(written: boolean) => Promise<number>> {
  const env = testEnv(url, { DAILY_CAP: "100000" });
  const userId = await createUser(db);
  const owner = await createHeldSession(db, userId);
  const { sessionId: waSessionId } = owner;
  return async (written) => {
    await topUp(db, userId, MESSAGES * 2);
    const { id } = await createRunningCampaign(db, env, userId, waSessionId, MESSAGES);
    // As the worker knows them beforehand.
    const next = await db
      .select({ id: messages.id })
      .from(messages)
      .where(eq(messages.campaignId, id))
      .orderBy(messages.id);
    const gate = await readGate(db, owner);
    if (!gate) throw new Error("the session is not held");
    return perSecond(() => sendOne(db, owner, { gate, caps: env.caps, ready: written ? next.shift() : undefined }));
  };
}

async function sendOne(
  db: Db,
  owner: Awaited<ReturnType<typeof createHeldSession>>,
  { gate, caps, ready }: { gate: Gate; caps: Caps; ready: { id: Id<"message"> } | undefined },
): Promise<void> {
  const known = ready ? [{ id: ready.id, sealed: ENCODED, alias: null }] : [];
  const claim = await claimNext(db, owner, { caps, ackTimeoutMs: 30_000, chance: 0, gate, ready: known });
  if (claim.type !== "send") throw new Error(`nothing was claimed: ${claim.type}`);
  const [{ waMsgId, lookedAt }] = claim.messages;
  if (ready && lookedAt === null) throw new Error("it was not to be written");
  const charged = await applyFacts(db, { waSessionId: owner.sessionId, facts: [{ waMsgId, fact: { type: "ack" } }] });
  if (charged.length !== 1) throw new Error("nothing was charged");
}

async function pairs(db: Db, durable: "on" | "off"): Promise<number> {
  const count = sql`update raw_commits set n = n + 1 where id = 1`;
  await db.execute(sql`select set_config('synchronous_commit', ${durable}, false)`);
  const rate = await perSecond(async () => {
    await db.execute(count);
    await db.execute(count);
  });
  await db.execute(sql`reset synchronous_commit`);
  return rate;
}

async function perSecond(once: () => Promise<void>): Promise<number> {
  const started = performance.now();
  for (let n = 0; n < MESSAGES; n += 1) await once();
  return MESSAGES / ((performance.now() - started) / 1000);
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
