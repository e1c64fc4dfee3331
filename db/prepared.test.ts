import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { useDatabase } from "#tests/database.ts";
import { type Connection, connect } from "./client.ts";

const url = useDatabase();
let connection: Connection;
beforeAll(() => {
  connection = connect(url(), { max: 1, plans: "force_generic_plan" });
});
afterAll(() => connection?.close());

const plansOf = async (words: string) =>
  connection.db.execute<{ times: string }>(
    sql`select generic_plans as times from pg_prepared_statements where statement like ${`%${words}%`}`,
  );

test("a statement of Drizzle's is prepared once in a connection and run as often as it is asked for", async () => {
  for (const id of ["one", "two", "three"])
    await connection.db.execute(sql`select 1 as first from users where id = ${id}`);
  expect(await plansOf("as first from")).toMatchObject([{ times: "3" }]);
});

test("so is one inside a transaction, and inside one of its parts", async () => {
  const ask = (db: typeof connection.db) => db.execute(sql`select 1 as second from users where id = ${"one"}`);
  await connection.db.transaction(async (tx) => {
    await ask(tx);
    await tx.transaction((part) => ask(part));
  });
  await ask(connection.db);
  expect(await plansOf("as second from")).toMatchObject([{ times: "3" }]);
});
