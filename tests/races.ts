import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";

/** Until somebody, or so many, wait for locks of somebody else, or this is done without. */
export async function isHeldUp(db: Db, act: Promise<unknown>, many = 1): Promise<void> {
  let over = false;
  const end = () => {
    over = true;
  };
  act.then(end, end);
  while (!over) {
    const waiting = await db.execute(
      sql`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (waiting.length >= many) return;
    await sleep(10);
  }
}

/** Does the second while the first has happened and nobody can see it yet; then what is left of the first. */
export async function during<T>(
  db: Db,
  first: (tx: Db) => Promise<unknown>,
  second: () => Promise<T>,
  rest: (tx: Db) => Promise<unknown> = async () => {},
): Promise<T> {
  const [acting] = await db.transaction(async (tx) => {
    await first(tx);
    const started = second();
    await isHeldUp(db, started);
    await rest(tx);
    return [started] as const;
  });
  return acting;
}
