import type postgres from "postgres";

type Unsafe = postgres.Sql["unsafe"];
type Client = { unsafe: Unsafe } & Partial<Pick<postgres.TransactionSql, "savepoint">> &
  Partial<Pick<postgres.Sql, "begin">>;

/** Statements built for many rows at once are as various as their lengths: not worth keeping. */
const LONGEST = 4_000;

/**
 * Lets a client prepare what Drizzle sends through it. postgres.js prepares its own template queries but not `unsafe`, which
 * Drizzle uses, telling it not to: each statement would cost two round trips instead of one, and be planned each time.
 * Transactions are seen to as well.
 */
export function prepareStatements(client: Client): void {
  const { unsafe, begin, savepoint } = client;
  client.unsafe = ((query: string, args: Parameters<Unsafe>[1] = [], options: Parameters<Unsafe>[2] = {}) =>
    unsafe(query, args, { ...options, prepare: args.length > 0 && query.length < LONGEST })) as Unsafe;
  // Both hand a client of their own to the callback, the last argument.
  if (begin) client.begin = wrapped(begin);
  if (savepoint) client.savepoint = wrapped(savepoint);
}

function wrapped<F extends (...args: never[]) => unknown>(start: F): F {
  const outer = (...args: unknown[]) => {
    const run = args.pop() as (tx: Client) => unknown;
    const inner = (tx: Client) => {
      prepareStatements(tx);
      return run(tx);
    };
    return (start as unknown as (...all: unknown[]) => unknown)(...args, inner);
  };
  return outer as unknown as F;
}
