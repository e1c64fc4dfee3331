import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { useDatabase } from "#tests/database.ts";
import { connect, type Db } from "./client.ts";

const database = useDatabase();

async function work(db: Db): Promise<"done" | "failed" | "stuck"> {
  const transaction = db.transaction(async (tx) => {
    await tx.execute(sql`select ${1}::int`);
    await tx.execute(sql`select pg_sleep(0.005)`);
  });
  const outcome = transaction.then(
    () => "done" as const,
    () => "failed" as const,
  );
  return Promise.race([outcome, sleep(5_000, "stuck" as const)]);
}

test("transactions that lose their connection fail, and the pool is as good as new", async () => {
  const pool = connect(database(), { name: "loses-connections" });
  const killer = connect(database(), { max: 1 });
  const outcomes: string[] = [];
  const until = Date.now() + 2_000;
  const workers = Array.from({ length: 8 }, async () => {
    while (Date.now() < until) outcomes.push(await work(pool.db));
  });
  while (Date.now() < until - 200) {
    await sleep(100);
    await killer.db.execute(
      sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'loses-connections'`,
    );
  }
  await Promise.all(workers);
  expect(new Set(outcomes)).toEqual(new Set(["done", "failed"]));
  await sleep(600);
  expect(await Promise.all(Array.from({ length: 12 }, () => work(pool.db)))).toEqual(Array(12).fill("done"));
  await Promise.all([pool.close(), killer.close()]);
});
