import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect } from "#db/client.ts";
import { useDatabase } from "#tests/database.ts";
import { createHeldSession, createUser } from "#tests/factories.ts";
import { during } from "#tests/races.ts";

const url = useDatabase();
let connection: Connection;
beforeAll(() => {
  connection = connect(url());
});
afterAll(() => connection?.close());

test("who books while the job that waits is being taken is heard after it: it may have looked before there was anything to see", async () => {
  const { db } = connection;
  const { sessionId } = await createHeldSession(db, await createUser(db));
  const book = async () => db.execute(sql`select book_pump(${sessionId})`);
  // As graphile-worker takes a job (its getJob.js).
  const take = sql`update graphile_worker._private_jobs set locked_at = now(), locked_by = 'w', attempts = attempts + 1`;
  await book();
  await during(db, (tx) => tx.execute(take), book);
  expect(
    await db.execute(sql`select key, locked_by, run_at <= now() as due from graphile_worker.jobs order by id`),
  ).toEqual([
    { key: null, locked_by: "w", due: true },
    { key: `pump:${sessionId}`, locked_by: null, due: true },
  ]);
});
