import { afterAll, beforeAll, beforeEach } from "vitest";
import { type Connection, connect, type Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { useDatabase } from "./database.ts";
import { createHeldSession, createUser } from "./factories.ts";

export type HeldSession = Awaited<ReturnType<typeof createHeldSession>>;

/** What a test of claims and facts alone works on. */
export interface Held {
  db: Db;
  userId: Id<"user">;
  session: HeldSession;
}

/**
 * A database of a file's own, and in it, new before every test, a user whose linked phone is held by a worker without a socket.
 * @param give is told of them before each test
 * @param max connections
 * @returns the database's address
 */
export function useHeldSession(give: (held: Held) => void, { max = 4 }: { max?: number } = {}): () => string {
  const url = useDatabase();
  let connection: Connection;
  beforeAll(() => {
    connection = connect(url(), { max });
  });
  afterAll(() => connection?.close());
  beforeEach(async () => {
    const { db } = connection;
    const userId = await createUser(db);
    give({ db, userId, session: await createHeldSession(db, userId) });
  });
  return url;
}
