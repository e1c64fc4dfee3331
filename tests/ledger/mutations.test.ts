import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { Db } from "#db/client.ts";
import { cloneDatabase } from "#tests/database.ts";
import { readViolations } from "#tests/factories.ts";
import { problemsOf, readAccount } from "./account.ts";
import { wholeInTurn } from "./steps.ts";
import { openWorld } from "./world.ts";

/** Takes a guard out of a function of the database. */
async function cut(db: Db, name: string, guard: string, instead: string): Promise<void> {
  const [found] = await db.execute<{ source: string }>(
    sql`select pg_get_functiondef(oid) as source from pg_proc where proname = ${name}`,
  );
  const [before, after, ...more] = found?.source.split(guard) ?? [];
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`${name} does not say "${guard}" once`);
  await db.execute(sql.raw(before + instead + after));
}

/** What the tables themselves would still refuse: without it the sums alone have to tell. */
const bookedTwice = sql`alter table wallet_txns drop constraint wallet_txns_once`;
const overdrawn = sql`alter table wallets drop constraint wallets_held_covered, drop constraint wallets_held_not_negative`;

/** Each takes out one guard. Every one must be noticed by what is looked at after each moment. */
const mutations: Record<string, (db: Db) => Promise<unknown>> = {
  "a repeated ack charges again": async (db) => {
    await db.execute(bookedTwice);
    await cut(db, "move_message", "WHERE id = p_id AND status = p_from", "WHERE id = p_id");
  },
  "a refusal keeps its hold": (db) => cut(db, "release_points", "held - p_points", "held"),
  "two starts spend the same points": async (db) => {
    await db.execute(overdrawn);
    await cut(db, "reserve_points", "AND balance - held >= p_points", "");
  },
  "a late ack after a message was given up ends its hold a second time": async (db) => {
    await db.execute(overdrawn);
    await cut(db, "move_message", "p_points IN ('settle_late', 'forgive') THEN 0", "p_points = 'forgive' THEN 0");
  },
  "a late ack spends points that are held for something else": async (db) => {
    await db.execute(overdrawn);
    await cut(db, "move_message", "p_points = 'settle_late') THEN", "false) THEN");
  },
  "a late ack charges nothing": (db) => cut(db, "move_message", "WHEN 'settle_late' THEN price_points", ""),
  "a repeated callback is paid for again": async (db) => {
    await db.execute(bookedTwice);
    await db.execute(sql`
      create function forget_payment() returns trigger language plpgsql as $$
      begin update purchases set status = 'pending' where id = new.id; return null; end $$`);
    await db.execute(sql`
      create constraint trigger forget after update of status on purchases deferrable initially deferred
      for each row when (new.status = 'paid') execute function forget_payment()`);
  },
  "a refund gives nothing back": (db) =>
    cut(db, "move_message", "IF p_points = 'refund' THEN", "IF p_points = 'refund' THEN RETURN true;"),
  "what was refunded is charged again when it arrives": async (db) => {
    await db.execute(bookedTwice);
    await cut(db, "apply_facts", "WHEN m.status = 'failed' AND m.sent_at IS NOT NULL THEN 'taken_back'", "");
  },
};

/** Plays everything that can happen, one after the other, until something is noticed. */
async function noticed(mutate: (db: Db) => Promise<unknown>): Promise<string[]> {
  const database = await cloneDatabase();
  const world = openWorld(database.url);
  try {
    await mutate(world.db);
    const tenants = [await world.openTenant(), await world.openTenant()] as const;
    for (const [first, step] of wholeInTurn.flat()) {
      await world.play(tenants[first ? 0 : 1], step);
      const wrong = (await readViolations(world.db)).map(({ name }) => name);
      for (const tenant of tenants) wrong.push(...problemsOf(await readAccount(world.db, tenant), tenant));
      if (wrong.length > 0) return wrong;
    }
    return [];
  } finally {
    await world.close();
    await database.drop();
  }
}

test("with every guard in its place nothing is noticed", async () => {
  expect(await noticed(async () => {})).toEqual([]);
});

test.each(Object.entries(mutations))("it is noticed when %s", async (_, mutate) => {
  expect(await noticed(mutate)).not.toEqual([]);
});
