import type postgres from "postgres";

type Unsafe = postgres.Sql["unsafe"];
type Client = { unsafe: Unsafe } & Partial<Pick<postgres.TransactionSql, "savepoint">> &
  Partial<Pick<postgres.Sql, "begin">>;

/** Statements built for many rows at once are as various as their lengths: not worth keeping. */
const LONGEST = 4_000;

/**
 * Lets a client prepare what Drizzle sends through it. postgres.js prepares its own template queries but not `unsafe`, which
 * Drizzle uses, telling it not to: each statement would cost two round trips instead of one, and be planned each time.
 * Transactions are seen to as well, and end for good with their connection: postgres.js would send what they still say to
 * whatever that connection does next, another transaction even (porsager/postgres#1216).
 */
export function prepareStatements(client: Client, life: Life = { over: false }): void {
  const { unsafe, begin, savepoint } = client;
  client.unsafe = ((query: string, args: Parameters<Unsafe>[1] = [], options: Parameters<Unsafe>[2] = {}) => {
    if (life.over) throw new Error("The transaction has ended, with its connection or before.");
    return unsafe(query, args, { ...options, prepare: args.length > 0 && query.length < LONGEST });
  }) as Unsafe;
  // Both hand a client of their own to the callback, the last argument.
  if (begin) client.begin = wrapped(begin, null);
  // A savepoint that fails does not end the transaction it is in.
  if (savepoint) client.savepoint = wrapped(savepoint, life);
}

/** Of a transaction; of a pool it is never over. */
interface Life {
  over: boolean;
}

/** What nobody waits for any more. */
const never = () => new Promise<never>(() => {});

/** @param around the life of the transaction that a savepoint is in; null: what starts is a transaction of its own */
function wrapped<F extends (...args: never[]) => unknown>(start: F, around: Life | null): F {
  const outer = async (...args: unknown[]) => {
    const run = args.pop() as (tx: Client) => unknown;
    const life = around ?? { over: false };
    const inner = async (tx: Client) => {
      prepareStatements(tx, life);
      const result = await Promise.resolve(run(tx)).catch((err: unknown) =>
        life.over ? never() : Promise.reject(err),
      );
      // Its caller knows already; whatever ended would be followed by a commit or rollback of somebody else's work.
      return life.over ? never() : result;
    };
    try {
      return await (start as unknown as (...all: unknown[]) => unknown)(...args, inner);
    } catch (err) {
      if (!around) life.over = true;
      throw err;
    }
  };
  return outer as unknown as F;
}
