import { randomInt } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import {
  contactListMembers,
  contactLists,
  contacts,
  grants,
  wallets,
  waNumbers,
  waSessions,
} from "#db/schema/index.ts";
import { wholeList } from "#server/campaigns/draft/audience.ts";
import { createCampaign } from "#server/campaigns/draft/draft.ts";
import { startCampaign } from "#server/campaigns/run/start.ts";
import { type Env, readEnv } from "#server/env.ts";
import { registerUser } from "#server/users/register.ts";
import { book } from "#server/wallet/ledger.ts";
import { testDataDir } from "./postgres.ts";

export const PASSWORD = "a quiet green harbour";

/** The environment of a test: no throttle, short timeouts, the simulator. */
export function testEnv(databaseUrl: string, more: Record<string, string> = {}): Env {
  return readEnv({
    NODE_ENV: "test" as const,
    DATABASE_URL: databaseUrl,
    SESSION_KEY: Buffer.alloc(32, 7).toString("base64"),
    THROTTLE_FLOOR_MS: "0",
    LOG_LEVEL: "silent",
    DATA_DIR: testDataDir,
    ...more,
  });
}

let people = 0;
/** Files of one run share a local WhatsApp: of two with the same numbers, one would find the phones of the other. */
const firstPhone = randomInt(999_000_000);
/** A phone number no other test uses. */
export function newPhone(): string {
  people += 1;
  return `+62812${String(firstPhone + people).padStart(9, "0")}`;
}

export function createUser(db: Db, email = `${newId("user")}@example.org`): Promise<Id<"user">> {
  return registerUser(db, { email, password: PASSWORD, tz: "Asia/Jakarta", acceptTerms: true }, { provider: "demo" });
}

/** Sets the product's clock: windows, plans and retention follow it. */
export async function setClock(db: Db, at: string): Promise<void> {
  await db.execute(sql`update app_clock set shift = ${at}::timestamptz - clock_timestamp()`);
}

/** A list of people who agreed; `without` of them did not. */
export async function createList(
  db: Db,
  userId: Id<"user">,
  people: number,
  without = 0,
): Promise<{ id: Id<"contactList">; phones: string[] }> {
  const id = newId("contactList");
  await db.insert(contactLists).values({ id, userId, name: "Friends", source: "upload", columns: ["class"] });
  const rows = Array.from({ length: people }, (_, i) => ({
    id: newId("contact"),
    userId,
    name: `Person ${i + 1}`,
    phoneE164: newPhone(),
    attributes: { class: "7B" },
    consent: i >= without,
  }));
  await db.insert(contacts).values(rows);
  await db.insert(contactListMembers).values(rows.map((row) => ({ contactListId: id, contactId: row.id, userId })));
  return { id, phones: rows.map((row) => row.phoneE164) };
}

/** A session that is linked and held by a worker, without a socket: for tests of claims and facts alone. */
export async function createHeldSession(db: Db, userId: Id<"user">) {
  const sessionId = newId("waSession");
  const workerId = newId("worker");
  const phone = newPhone();
  await db.insert(waNumbers).values({ phone, tz: "Asia/Jakarta", day: "2000-01-01" });
  await db.insert(waSessions).values({
    id: sessionId,
    userId,
    network: "simulator",
    status: "linked",
    phone,
    ownerId: workerId,
    epoch: 1,
    leaseUntil: sql`now() + interval '1 hour'`,
  });
  return { sessionId, workerId, epoch: 1, phone };
}

/** A running campaign to a new list. Tops the wallet up to `points` above what it has, when given. */
export async function createRunningCampaign(
  db: Db,
  env: Env,
  userId: Id<"user">,
  sessionId: Id<"waSession">,
  recipients: number,
): Promise<{ id: Id<"campaign">; phones: string[] }> {
  const list = await createList(db, userId, recipients);
  const { id } = await createCampaign(db, userId, {
    name: "Reminder",
    ...wholeList(list.id),
    waSessionId: sessionId,
    templateText: "Hello {{name}} of {{class}}",
    throttleMinSeconds: 0,
    throttleMaxSeconds: 0,
  });
  await db.transaction((tx) => startCampaign(tx, env, userId, { id, recipients: null }));
  return { id, phones: list.phones };
}

/** Points, as an administrator gives them. */
export async function topUp(db: Db, userId: Id<"user">, points: number): Promise<void> {
  const id = newId("grant");
  await db.transaction(async (tx) => {
    await tx.insert(grants).values({ id, userId, points, reason: "A test needs them", grantedBy: userId });
    await book(tx, userId, { type: "grant", points, refId: id });
  });
}

export async function readWallet(db: Db, userId: Id<"user">): Promise<{ balance: number; held: number }> {
  const [wallet] = await db
    .select({ balance: wallets.balance, held: wallets.held })
    .from(wallets)
    .where(eq(wallets.userId, userId));
  if (!wallet) throw new Error("no wallet");
  return wallet;
}

export async function readViolations(db: Db): Promise<{ name: string; subject: string }[]> {
  return [...(await db.execute<{ name: string; subject: string }>(sql`select name, subject from violations`))];
}
