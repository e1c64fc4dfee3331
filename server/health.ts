import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Live } from "./live.ts";

const DATABASE_MS = 500;
const SILENCE_MS = 30_000;

/** Whether this process should get requests: Postgres answers, the live channel is heard, and it is not closing. */
export async function ready(db: Db, live: Pick<Live, "silentForMs">, closing: AbortSignal) {
  const database = await Promise.race([
    db.execute(sql`select 1`).then(
      () => true,
      () => false,
    ),
    new Promise<false>((resolve) => setTimeout(resolve, DATABASE_MS, false).unref()),
  ]);
  const listening = live.silentForMs() < SILENCE_MS;
  return { ready: database && listening && !closing.aborted, database, listening, closing: closing.aborted };
}
