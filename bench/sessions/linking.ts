import { eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { waSessions } from "#db/schema/index.ts";
import type { Env } from "#server/env.ts";
import { createSession } from "#server/wa/link.ts";
import type { SimulatorClient } from "#simulator/client.ts";
import { createUser, newPhone } from "#tests/factories.ts";
import { until } from "./fleet.ts";

/** How many phones are linked at the same time. */
const AT_ONCE = 6;

export interface LinkedSession {
  id: Id<"waSession">;
  userId: Id<"user">;
  phone: string;
}

interface Linking {
  db: Db;
  env: Env;
  simulator: SimulatorClient;
}

/** Links so many phones, a few at a time, on the workers that run. A user has as many as the environment lets them have. */
export async function linkSessions(deps: Linking, count: number): Promise<LinkedSession[]> {
  const perUser = deps.env.caps.sessionsPerUser;
  const users: Id<"user">[] = [];
  for (let n = 0; n < count; n += perUser) users.push(await createUser(deps.db, `${newId("user")}@bench.example`));
  const linked: LinkedSession[] = [];
  let next = 0;
  const linkSome = async () => {
    for (let index = next++; index < count; index = next++) {
      const userId = users[Math.floor(index / perUser)];
      if (userId) linked.push(await linkOne(deps, userId));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, linkSome));
  return linked;
}

async function linkOne({ db, env, simulator }: Linking, userId: Id<"user">): Promise<LinkedSession> {
  const phone = newPhone();
  await simulator.openAccount(phone, "Bench");
  const { id } = await db.transaction((tx) => createSession(tx, userId, env));
  const row = async () =>
    (
      await db.select({ qr: waSessions.qr, status: waSessions.status }).from(waSessions).where(eq(waSessions.id, id))
    )[0];
  await until("a QR code", async () => Boolean((await row())?.qr));
  await simulator.scan(phone, (await row())?.qr ?? "");
  await until("the phone to be linked", async () => (await row())?.status === "linked");
  return { id, userId, phone };
}
