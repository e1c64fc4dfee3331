import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { useDatabase } from "#tests/database.ts";
import { openSeverable, type Severable } from "#tests/severed.ts";
import { connect } from "./client.ts";

const database = useDatabase();
let severable: Severable;
beforeAll(async () => {
  severable = await openSeverable(database());
});
afterAll(() => severable?.close());

test("a pool whose connections are all cut at one moment, time after time, comes back with every one of them", async () => {
  const pool = connect(severable.url, { max: 6 });
  let over = false;
  const busy = Array.from({ length: 24 }, async () => {
    // Whoever fails tries again at once: on a connection that may be at its end, too.
    while (!over) {
      await pool.db
        .transaction(async (tx) => {
          await tx.execute(sql`select ${1}::int`);
          await tx.execute(sql`select ${2}::int`);
        })
        .catch(() => {});
    }
  });
  for (let n = 0; n < 8; n += 1) {
    await sleep(900 + 10 * n);
    severable.cut();
  }
  over = true;
  await Promise.race([
    Promise.all(busy),
    sleep(45_000).then(() => {
      throw new Error("a connection of the pool does not come back");
    }),
  ]);
  const held = Array.from({ length: 6 }, () => pool.db.execute(sql`select pg_sleep(0.2)`));
  await expect(Promise.all(held)).resolves.toHaveLength(6);
  await pool.close();
});

test("what a transaction still does after its connection was cut is refused, and done to nobody else", async () => {
  const pool = connect(severable.url, { max: 1 });
  await pool.db.execute(sql`create table if not exists cut_off (n int)`);
  let late: Promise<unknown> = Promise.resolve();
  let inside: () => void = () => {};
  const begun = new Promise<void>((resolve) => {
    inside = resolve;
  });
  const cutOff = pool.db.transaction(async (tx) => {
    await tx.execute(sql`insert into cut_off values (${1})`);
    inside();
    await sleep(1_500);
    late = tx.execute(sql`insert into cut_off values (${2})`);
    await late;
  });
  await begun;
  severable.cut();
  await expect(cutOff).rejects.toThrow();
  await sleep(600);
  const next = pool.db.transaction(async (tx) => {
    await tx.execute(sql`insert into cut_off values (${3})`);
    await sleep(1_500);
  });
  await next;
  await expect(late).rejects.toThrow();
  expect(await pool.db.execute(sql`select n from cut_off`)).toEqual([{ n: 3 }]);
  await pool.close();
});
