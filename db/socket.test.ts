import { createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { useDatabase } from "#tests/database.ts";
import { connect, type Db } from "./client.ts";
import { openSocket } from "./socket.ts";

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
  return Promise.race([outcome, sleep(30_000, "stuck" as const, { ref: false })]);
}

test("transactions that lose their connection fail, and the pool is as good as new", async () => {
  const pool = connect(database(), { name: "loses-connections" });
  const killer = connect(database(), { max: 1 });
  const outcomes: string[] = [];
  let over = false;
  const workers = Array.from({ length: 8 }, async () => {
    while (!over) outcomes.push(await work(pool.db));
  });
  // Until some were hit and some were not.
  for (let n = 0; n < 18 || new Set(outcomes).size < 2; n += 1) {
    await sleep(n % 6 === 5 ? 1_000 : 100);
    // One that still asks for the array types is spared: postgres.js rejects a promise then that nobody can reach.
    await killer.db.execute(
      sql`select pg_terminate_backend(pid) from pg_stat_activity
           where application_name = 'loses-connections' and query <> '' and query not like '%typarray%'`,
    );
  }
  over = true;
  await Promise.all(workers);
  expect(new Set(outcomes)).toEqual(new Set(["done", "failed"]));
  await sleep(600);
  expect(await Promise.all(Array.from({ length: 12 }, () => work(pool.db)))).toEqual(Array(12).fill("done"));
  await Promise.all([pool.close(), killer.close()]);
});

test("a statement that is cut off fails with the server's reason, and the next in its place does not", async () => {
  const pool = connect(database(), { max: 1, name: "cut-off" });
  const killer = connect(database(), { max: 1 });
  await pool.db.execute(sql`select 1`);
  const failure = pool.db.execute(sql`select pg_sleep(30)`).catch((error: unknown) => error);
  const running = sql`select 1 from pg_stat_activity where application_name = 'cut-off' and wait_event = 'PgSleep'`;
  while ((await killer.db.execute(running)).length === 0) await sleep(20);
  await killer.db.execute(
    sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'cut-off'`,
  );
  expect(await failure).toMatchObject({ cause: { severity: "FATAL", code: "57P01" } });
  await sleep(600);
  expect(await pool.db.execute(sql`select 7 as n`)).toEqual([{ n: 7 }]);
  await Promise.all([pool.close(), killer.close()]);
});

test("answers of any length come whole: rows, the error of a statement, the reason of a refusal", async () => {
  const pool = connect(database(), { max: 1 });
  const { db } = pool;
  const rows = await db.execute<{ text: string }>(
    sql`select repeat('E', n * 7) as text from generate_series(1, 3000) n order by n`,
  );
  expect(rows.map(({ text }) => text.length)).toEqual(Array.from({ length: 3_000 }, (_, i) => (i + 1) * 7));
  const failure = db.execute(sql`select ('FATAL' || repeat('x', 300000))::int`);
  await expect(failure).rejects.toMatchObject({ cause: { severity: "ERROR", code: "22P02" } });
  expect(await db.execute(sql`select 7 as n`)).toEqual([{ n: 7 }]);
  const nowhere = connect(`${database()}_missing`, { max: 1 });
  await expect(nowhere.db.execute(sql`select 1`)).rejects.toMatchObject({ cause: { code: "3D000" } });
  await Promise.all([pool.close(), nowhere.close()]);
});

test("connections that end in one moment are told of it one after the other, each when nothing is about to be written", async () => {
  const accepted: Socket[] = [];
  const server = createServer((socket) => accepted.push(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (!address || typeof address === "string") throw new Error("no port");
  const ends = Array.from({ length: 5 }, () => {
    const socket = openSocket({ host: ["127.0.0.1"], port: [address.port] }).on("error", () => {});
    const writesAreDue = () => process.getActiveResourcesInfo().includes("Immediate");
    return new Promise((resolve) => socket.once("close", () => resolve(writesAreDue())));
  });
  while (accepted.length < ends.length) await sleep(5);
  for (const socket of accepted) socket.resetAndDestroy();
  expect(await Promise.all(ends)).toEqual(ends.map(() => false));
  server.close();
});
