import type { PgDatabase } from "drizzle-orm/pg-core";
import type { PostgresJsQueryResultHKT } from "drizzle-orm/postgres-js";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { prepareStatements } from "./prepared.ts";
import * as schema from "./schema/index.ts";
import { openSocket } from "./socket.ts";

/** The pool or a transaction: use cases take either, as their first parameter. */
export type Db = PgDatabase<PostgresJsQueryResultHKT, typeof schema>;
/** A plain postgres.js client, for LISTEN, COPY and bulk statements. */
export type Sql = postgres.Sql;

export interface Connection {
  db: Db;
  sql: Sql;
  close(): Promise<void>;
}

/** Opens a plain client that comes back by itself when Postgres does. */
export function openClient(url: string, { max, name }: { max: number; name: string }): Sql {
  const options = {
    max,
    // The default backoff of 20 s would leave a process deaf long after Postgres is back.
    backoff: () => 0.5,
    onnotice: () => {},
    socket: openSocket,
    connection: { application_name: name },
  };
  return postgres(url, options);
}

/**
 * Opens the pool. Two postgres.js clients, because `drizzle(client)` rewires date and JSON parsing of the one it gets.
 * @param max connections of the Drizzle pool; `sql` opens at most two, when used
 */
export function connect(
  url: string,
  { max = 4, name = "masssender" }: { max?: number; name?: string } = {},
): Connection {
  const pool = openClient(url, { max, name });
  prepareStatements(pool);
  const sql = openClient(url, { max: 2, name });
  return {
    db: drizzle(pool, { schema, casing: "snake_case" }),
    sql,
    close: async () => {
      await Promise.all([pool.end({ timeout: 2 }), sql.end({ timeout: 2 })]);
    },
  };
}
