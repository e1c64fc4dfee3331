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

interface ClientOptions {
  max: number;
  name: string;
  /**
   * `force_generic_plan`: a prepared statement is planned once in a connection. For statements that find their few rows by an
   * index whatever they are given: planning takes them longer than running.
   */
  plans?: "auto" | "force_generic_plan";
}

/** Opens a plain client that comes back by itself when Postgres does. */
export function openClient(url: string, { max, name, plans = "auto" }: ClientOptions): Sql {
  const options = {
    max,
    // The default backoff of 20 s would leave a process deaf long after Postgres is back.
    backoff: () => 0.5,
    onnotice: () => {},
    socket: openSocket,
    connection: { application_name: name, plan_cache_mode: plans },
  };
  return postgres(url, options);
}

/**
 * Opens the pool. Two postgres.js clients, because `drizzle(client)` rewires date and JSON parsing of the one it gets.
 * @param max connections of the Drizzle pool; `sql` opens at most two, when used
 */
export function connect(
  url: string,
  { max = 4, name = "masssender", plans = "auto" }: Partial<ClientOptions> = {},
): Connection {
  const pool = openClient(url, { max, name, plans });
  prepareStatements(pool);
  const sql = openClient(url, { max: 2, name, plans });
  return {
    db: drizzle(pool, { schema, casing: "snake_case" }),
    sql,
    close: async () => {
      await Promise.all([pool.end({ timeout: 2 }), sql.end({ timeout: 2 })]);
    },
  };
}
