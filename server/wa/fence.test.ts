import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect, type Db } from "#db/client.ts";
import { useDatabase } from "#tests/database.ts";
import { createHeldSession, createUser } from "#tests/factories.ts";
import { reportNewChats, reportReachout } from "./limits.ts";
import {
  isOtherPhone,
  type Owner,
  reportBroken,
  reportClosed,
  reportCode,
  reportLinked,
  reportPairing,
  reportQr,
  reportReady,
} from "./report.ts";

const url = useDatabase();
let connection: Connection;
beforeAll(() => {
  connection = connect(url());
});
afterAll(() => connection.close());

const soon = () => new Date(Date.now() + 60_000);
const limit = { total: 1, used: 1, state: "CAPPED", cycleEnds: null };

/** Everything a worker may say of a session. */
const reports: Record<string, (db: Db, owner: Owner) => Promise<unknown>> = {
  "a QR code": (db, owner) => reportQr(db, owner, "qr", soon()),
  "a code to type": (db, owner) => reportCode(db, owner, "ABCD1234", soon()),
  pairing: reportPairing,
  "a login": (db, owner) => reportLinked(db, owner, { phone: "+628999999999", lid: null, pushName: "Other" }),
  readiness: reportReady,
  "a loss": (db, owner) => reportClosed(db, owner, { code: 428, reason: "" }),
  "a log-out": (db, owner) => reportClosed(db, owner, { code: 401, reason: "" }),
  "a ban": (db, owner) => reportClosed(db, owner, { code: 403, reason: "" }),
  "broken keys": (db, owner) => reportBroken(db, owner, "unreadable"),
  "no new chats": (db, owner) => reportReachout(db, owner, { active: true, until: soon() }),
  "new chats again": (db, owner) => reportReachout(db, owner, { active: false, until: null }),
  "a quota": (db, owner) => reportNewChats(db, owner, limit),
};

async function heldSession() {
  const userId = await createUser(connection.db);
  const { sessionId, workerId, epoch } = await createHeldSession(connection.db, userId);
  return { sessionId, userId, workerId, epoch };
}

const everything = async ({ sessionId }: Owner) =>
  (
    await connection.db.execute<{ all: string }>(sql`
      select concat(s::text, (select count(*) from wa_disconnects where wa_session_id = s.id),
                    (select count(*) from audit_logs where user_id = s.user_id)) as all
        from wa_sessions s where id = ${sessionId}`)
  )[0]?.all;

test.each(Object.keys(reports))("a worker whose lease was lost changes nothing by telling of %s", async (what) => {
  const owner = await heldSession();
  await connection.db.execute(sql`update wa_sessions set epoch = epoch + 1 where id = ${owner.sessionId}`);
  const before = await everything(owner);
  await reports[what]?.(connection.db, owner);
  expect(await everything(owner)).toBe(before);
  expect(await isOtherPhone(connection.db, owner, "+628999999999")).toBe(false);
});

test.each(["a login", "a loss", "a log-out", "a ban", "broken keys", "no new chats", "a quota"])(
  "the one that holds it changes the session by telling of %s",
  async (what) => {
    const owner = await heldSession();
    const before = await everything(owner);
    await reports[what]?.(connection.db, owner);
    expect(await everything(owner)).not.toBe(before);
  },
);
