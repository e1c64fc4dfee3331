import { eq, type SQL, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import {
  autoBreakers,
  autoCooldowns,
  autoReplies,
  autoRules,
  autoSettings,
  consentEvents,
  conversations,
  imports,
  inboundMessages,
  media,
  mediaUploads,
  messageTemplates,
  tombstones,
  wallets,
  webhookDeliveries,
  webhookEndpoints,
} from "#db/schema/index.ts";
import { useDatabase } from "#tests/database.ts";
import { createHeldSession, createRunningCampaign, createUser, testEnv } from "#tests/factories.ts";
import { withUser } from "./users/with-user.ts";

const url = useDatabase();
let connection: Connection;
let one: Id<"user">;
let other: Id<"user">;

beforeAll(async () => {
  connection = connect(url());
  one = await createUser(connection.db);
  other = await createUser(connection.db);
  const session = await createHeldSession(connection.db, one);
  await createRunningCampaign(connection.db, testEnv(url()), one, session.sessionId, 3);
  await fillPeople(session.sessionId);
});

/** A row in each of the tables that hold people, beside those that a campaign makes. */
async function fillPeople(waSessionId: Id<"waSession">): Promise<void> {
  const { db } = connection;
  const now = new Date();
  const [importId, contactId] = [newId("import"), newId("contact")];
  await db.insert(imports).values({ id: importId, userId: one, fileName: "f", fileSha256: "0", listName: "l" });
  await db.execute(sql`insert into import_files (import_id, user_id, bytes) values (${importId}, ${one}, 'x')`);
  await db.execute(
    sql`insert into import_rows (import_id, user_id, row_no, verdict) values (${importId}, ${one}, 2, 'valid')`,
  );
  await db.insert(consentEvents).values({ userId: one, contactId, kind: "given", source: "manual", at: now });
  await db
    .insert(inboundMessages)
    .values({ id: newId("inboundMessage"), userId: one, waSessionId, waMsgId: "m", sender: "pn:+62", sentAt: now });
  await db.insert(tombstones).values({ userId: one, hash: Buffer.alloc(32) });
  const [mediaId, campaignId] = [newId("media"), newId("campaign")];
  const file = { fileName: "f", mimeType: "application/pdf", bytes: 1, sha256: "0", scan: "clean" as const };
  await db.insert(media).values({ id: mediaId, userId: one, ...file });
  await db.insert(mediaUploads).values({ campaignId, waSessionId, mediaId, userId: one, encoded: Buffer.alloc(1) });
  await db.insert(messageTemplates).values({ id: newId("messageTemplate"), userId: one, name: "t", body: "b" });
  await fillAnswers(waSessionId);
  await db.execute(sql`insert into identity_pairs (user_id, pn, lid) values (${one}, 'pn:+62', 'lid:1@lid')`);
  const endpointId = newId("webhookEndpoint");
  const secret = Buffer.alloc(1);
  await db.insert(webhookEndpoints).values({ id: endpointId, userId: one, url: "https://x", secret, events: [] });
  const event = { id: newId("webhookDelivery"), eventId: newId("webhookEvent"), type: "webhook.test", payload: {} };
  await db.insert(webhookDeliveries).values({ ...event, endpointId, userId: one });
}

/** And in those of what is answered to whom. */
async function fillAnswers(waSessionId: Id<"waSession">): Promise<void> {
  const { db } = connection;
  const [now, ruleId] = [new Date(), newId("autoRule")];
  const said = { match: "keyword" as const, patterns: ["hi"], responses: [{ text: "Hello", mediaId: null }] };
  await db.insert(autoRules).values({ id: ruleId, userId: one, name: "r", position: 1, ...said });
  await db.insert(autoSettings).values({ userId: one });
  await db.insert(autoBreakers).values({ waSessionId, userId: one, reason: "loop" });
  const [inboundId, messageId] = [newId("inboundMessage"), newId("message")];
  await db
    .insert(autoReplies)
    .values({ id: newId("autoReply"), userId: one, ruleId, waSessionId, inboundId, messageId });
  await db.insert(autoCooldowns).values({ ruleId, person: "pn:+62", userId: one, until: now });
  const chat = { person: "pn:+62", chat: "pn:+62", lastAt: now };
  await db.insert(conversations).values({ id: newId("conversation"), userId: one, waSessionId, ...chat });
}

afterAll(() => connection.close());

const tables = async () =>
  (
    await connection.db.execute<{ name: string }>(
      sql`select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
    )
  ).map((row) => row.name);

test("every table has row-level security switched on", async () => {
  const open = await connection.db.execute(
    sql`select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and not relrowsecurity`,
  );
  expect([...open]).toEqual([]);
});

test("a user's transaction sees no row of anybody else, in any table, whatever the query forgets", async () => {
  for (const table of await tables()) {
    const seen = await withUser(connection.db, other, (tx) =>
      tx.execute<{ owner: string }>(sql`select to_jsonb(t) as row from ${sql.identifier(table)} t`),
    ).catch(() => []);
    const text = JSON.stringify(seen);
    expect(text.includes(one), `${table} shows another user's row`).toBe(false);
  }
  const own = await withUser(connection.db, one, (tx) => tx.execute(sql`select id from messages`));
  expect(own).toHaveLength(3);
});

test("the search, which no wall binds, binds itself to the user of the transaction", async () => {
  const [list] = await connection.db.execute<{ id: string }>(sql`select id from contact_lists where user_id = ${one}`);
  const found = (who: Id<"user">, words: string | null, starts: string[], listId: string | null) =>
    withUser(connection.db, who, async (tx) => {
      const rows = await tx.execute(sql`
        select * from find_contacts(${words}, ${JSON.stringify(starts)}::text::jsonb, null, ${listId}, null, null, null, 50)`);
      return rows.length;
    });
  for (const asked of [
    [null, [], null],
    ["person", [], null],
    [null, ["+62"], null],
    [null, [], list?.id ?? ""],
    ["person", [], list?.id ?? ""],
  ] as const) {
    expect(await found(one, asked[0], [...asked[1]], asked[2])).toBe(3);
    expect(await found(other, asked[0], [...asked[1]], asked[2])).toBe(0);
  }
  const unbound = sql`select * from find_contacts(null, '[]', null, null, null, null, null, 50)`;
  expect(await connection.db.execute(unbound)).toHaveLength(0);
});

/** A change that the role was never given the right to make. */
const isForbidden = { cause: { message: expect.stringContaining("permission denied") } };

test("no page makes points, a plan, a payment or an administrator, for its own user neither", async () => {
  const as = (statement: SQL) => withUser(connection.db, one, (tx) => tx.execute(statement));
  const [period] = await connection.db.execute<{ id: string; wallet: string }>(
    sql`select id, wallet_id as wallet from plan_periods where user_id = ${one}`,
  );
  for (const forbidden of [
    sql`update wallets set balance = 9999`,
    sql`update wallets set plan_expires_at = now() + interval '1 year'`,
    sql`update wallets set version = version + 1`,
    sql`insert into wallets (id, user_id, plan_type, plan_started_at, plan_expires_at) values ('wal_x', ${one}, '30d', now(), now())`,
    sql`select book_points('wtx_x', ${one}, 'grant', 100, 0, 'gra_x')`,
    sql`insert into wallet_txns (id, wallet_id, user_id, type, points, ref_id, seq, balance_after)
        values ('wtx_x', ${period?.wallet ?? ""}, ${one}, 'grant', 100, 'gra_x', 2, 500)`,
    sql`insert into plan_periods (id, user_id, wallet_id, plan, points, starts_at, ends_at)
        values ('per_x', ${one}, ${period?.wallet ?? ""}, '30d', 400, now(), now())`,
    sql`update plan_periods set ends_at = now() + interval '1 year'`,
    sql`insert into grants (id, user_id, points, reason, granted_by) values ('gra_x', ${one}, 100, 'mine', ${one})`,
    sql`insert into invoices (id, user_id) values ('ivc_x', ${one})`,
    sql`update plan_offers set price = 1`,
    sql`update users set is_admin = true`,
    sql`select * from ledger_checks`,
  ])
    await expect(as(forbidden)).rejects.toMatchObject(isForbidden);
  const purchase = (status: string) => sql`
    insert into purchases (id, user_id, kind, points, net, tax, total, currency, tax_name, tax_rate, provider, status)
    values ('pur_x', ${one}, 'topup', 100, 1, 0, 1, 'IDR', '', 0, 'demo', ${status})`;
  await expect(as(purchase("paid"))).rejects.toMatchObject({
    cause: { message: expect.stringContaining("row-level security") },
  });
  await as(sql`update wallets set auto_renew = true, low_points = 10, bill_name = 'Ani'`);
  expect(await connection.db.execute(sql`select name from violations`)).toHaveLength(0);
});

test("a user's transaction cannot change or claim another user's rows", async () => {
  const changed = await withUser(connection.db, other, (tx) =>
    tx.update(wallets).set({ lowPoints: 9_999 }).where(eq(wallets.userId, one)).returning({ id: wallets.id }),
  );
  expect(changed).toEqual([]);
  await expect(
    withUser(connection.db, other, (tx) =>
      tx.execute(sql`insert into audit_logs (id, user_id, action) values ('aud_x', ${one}, 'forged')`),
    ),
  ).rejects.toThrow();
  await expect(
    withUser(connection.db, other, (tx) => tx.execute(sql`select * from wa_session_keys`)),
  ).rejects.toThrow();
  // What is kept of an upload to WhatsApp holds the file's key: no page may read it, not even its owner's.
  await expect(withUser(connection.db, one, (tx) => tx.execute(sql`select * from media_uploads`))).rejects.toThrow();
  // Nor with what signs webhooks, sealed as it is.
  await expect(
    withUser(connection.db, one, (tx) => tx.execute(sql`select secret from webhook_endpoints`)),
  ).rejects.toThrow();
});

test("the trigger and the function that no wall binds touch nobody else's lists and files", async () => {
  const { db } = connection;
  const [list] = await db.execute<{ id: string; total: number }>(
    sql`select id, total from contact_lists where user_id = ${one}`,
  );
  const importId = newId("import");
  await db
    .insert(imports)
    .values({ id: importId, userId: one, fileName: "f", fileSha256: "0", listName: "l", status: "reading" });
  const jobs = () => db.execute(sql`select 1 from graphile_worker.jobs where key = ${`import:${importId}`}`);
  await withUser(db, other, async (tx) => {
    await tx.execute(sql`
      insert into contact_list_members (contact_list_id, contact_id, user_id) values (${list?.id ?? ""}, 'con_x', ${other})`);
    await tx.execute(sql`select book_import(${importId})`);
  });
  const after = await db.execute(sql`select id, total from contact_lists where user_id = ${one}`);
  expect([...after]).toEqual([list]);
  expect(await jobs()).toHaveLength(0);
  await withUser(db, one, (tx) => tx.execute(sql`select book_import(${importId})`));
  expect(await jobs()).toHaveLength(1);
});

test("what is told to webhooks from a user's transaction is told to that user's alone", async () => {
  const { db } = connection;
  await db.execute(sql`update webhook_endpoints set events = array['session.*'] where user_id = ${one}`);
  const told = (type: string) => db.execute(sql`select 1 from webhook_deliveries where type = ${type}`);
  const tell = (who: Id<"user">, type: string) =>
    withUser(db, who, (tx) => tx.execute(sql`select emit_webhook(${one}, ${type}, '{}')`));
  await tell(other, "session.forged");
  await tell(one, "session.linked");
  expect([await told("session.forged"), await told("session.linked")].map((rows) => rows.length)).toEqual([0, 1]);
});

test("the wall ends with the transaction", async () => {
  await withUser(connection.db, other, (tx) => tx.execute(sql`select 1`));
  const [who] = await connection.db.execute<{ role: string }>(sql`select current_user as role`);
  expect(who?.role).not.toBe("masssender_web");
});

test("without a user the role sees nothing", async () => {
  const rows = await connection.db.transaction(async (tx) => {
    await tx.execute(sql`set local role masssender_web`);
    return tx.execute(sql`select id from users`);
  });
  expect(rows).toHaveLength(0);
});
