import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, type Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { lockErasure } from "#server/contacts/lock.ts";
import { expireImports } from "#server/imports/expire.ts";
import { startLive } from "#server/live.ts";
import { createLog } from "#server/log.ts";
import { wipeBodies } from "#server/messages/silence.ts";
import { appRouter } from "#server/router.ts";
import { createCallerFactory } from "#server/trpc.ts";
import { startWorker } from "#worker/start-worker.ts";
import { createHeldSession, createRunningCampaign, newPhone, readViolations } from "../factories.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, startAsReviewed, until } from "../stage.ts";
import { commit, consentStatement, csvOf, refused, stageRows, upload } from "./import-steps.ts";

let stage: Stage;
let user: StageUser;
let linked: LinkedPhone;
let close: () => Promise<void>;
/** Every line that web and worker log, down to the last detail. */
const logged: string[] = [];

beforeAll(async () => {
  stage = await createStage({ workers: 0 });
  const log = createLog("worker", { logLevel: "trace" }, { write: (line) => logged.push(line) });
  stage.workers.push(await startWorker({ env: stage.env, log, httpPort: 0 }));
  const connection = connect(stage.env.databaseUrl);
  const live = await startLive(connection.sql, log);
  close = async () => {
    await live.close();
    await connection.close();
  };
  const { id } = await stage.signUp();
  const signedIn = { id, email: `${id}@example.org`, tz: "Asia/Jakarta", isAdmin: false };
  const context = { db: connection.db, env: stage.env, log, live, requestId: "r", ip: "127.0.0.1", user: signedIn };
  user = { id, api: createCallerFactory(appRouter)({ ...context, loginSessionId: null, setCookie: () => {} }) };
  linked = await stage.linkPhone(user);
});
afterAll(async () => {
  await close?.();
  await stage?.stop();
});

const NAME = "Wilhelmina Quartermaine";
const SAID = "my cello lesson moved to thursday";
const WROTE = "the aubergine concert";

/** The tables of the rows of `rowsWith`. */
const tablesOf = (rows: string[]): string[] =>
  rows.map((row) => row.split(":")[0] ?? "").toSorted((a, b) => a.localeCompare(b));

/** Every row of every table of ours and of the job queue that holds one of these, as "table: row". */
async function rowsWith(db: Db, needles: readonly string[]): Promise<string[]> {
  const tables = await db.execute<{ schema: string; name: string }>(sql`
    select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'm') and n.nspname in ('public', 'graphile_worker')`);
  expect(tables.length).toBeGreaterThan(25);
  const found: string[] = [];
  for (const { schema, name } of tables) {
    const table = sql`${sql.identifier(schema)}.${sql.identifier(name)}`;
    const rows = await db.execute<{ row: string }>(sql`select to_jsonb(t)::text as row from ${table} t`);
    for (const { row } of rows) {
      // Bytes are shown in hex: a file may hold a person as well.
      const bytes = row.replace(/\\\\x([0-9a-f]+)/g, (_, hex: string) => Buffer.from(hex, "hex").toString("latin1"));
      if (needles.some((needle) => `${row}${bytes}`.toLowerCase().includes(needle.toLowerCase())))
        found.push(`${name}: ${row}`);
    }
  }
  return found;
}

const idOf = async (phone: string): Promise<Id<"contact">> => {
  const { rows } = await user.api.contacts.page({ search: phone });
  const [found] = rows;
  if (!found) throw new Error("nobody has this number");
  return found.id;
};

test("of an erased person nothing is left that could be read, in any table, file or log; they stay unreachable until their START", async () => {
  const phone = newPhone();
  const national = `0${phone.slice(3)}`;
  const neighbour = newPhone();
  await stage.simulator.setPhone(phone, { addressing: "lid" });
  const { contactListId, importId } = await commit(
    user.api,
    (
      await stageRows(user.api, [
        [NAME, phone, "yes"],
        ["Neighbour", neighbour, "yes"],
      ])
    ).id,
  );
  // Files that wait: one that found them, one that could not read their number, in other spellings.
  const waits = await stageRows(user.api, [
    [NAME.toUpperCase(), phone, "yes"],
    ["Neighbour", neighbour, "yes"],
  ]);
  const unread = await user.api.imports.stage(
    upload(
      csvOf([
        ["Somebody", national.replace(/^(....)/, "$1-"), "yes"],
        [NAME, "?", "yes"],
      ]),
      "spelled.csv",
    ),
  );
  const { id } = await user.api.campaigns.create({
    name: "Concert",
    listIds: [contactListId],
    waSessionId: linked.sessionId,
    templateText: `Hi {{name}}, ${WROTE}`,
    throttleMinSeconds: 0,
    throttleMaxSeconds: 0,
  });
  await user.api.campaigns.checkNumbers({ id });
  await until("the answer", async () => (await user.api.campaigns.review({ id })).numbers.state === "answered");
  await startAsReviewed(user, id);
  await until("them to read it", async () => (await user.api.campaigns.get({ id })).counts.read === 2);
  await stage.simulator.write(phone, linked.phone, SAID);
  await stage.simulator.write(phone, linked.phone, "STOP");
  const contactId = await idOf(phone);
  await until("the opt-out", async () => (await user.api.contacts.get({ id: contactId })).optedOut);
  await until("its confirmation", async () => {
    const open = await stage.db.execute(sql`select 1 from messages where status in ('queued', 'sending')`);
    return open.length === 0;
  });
  const [pair] = await stage.db.execute<{ lid: string }>(
    sql`select lid from identity_pairs where user_id = ${user.id} and pn = ${`pn:${phone}`}`,
  );
  const lid = pair?.lid.replace("lid:", "") ?? "";
  expect(lid).toMatch(/^\d{6,}/);
  const traces = [
    phone.slice(1),
    national,
    national.slice(1),
    phone.slice(1).split("").toReversed().join(""),
    NAME,
    SAID,
    WROTE,
    lid.replace(/@.*/, ""),
  ];
  const theirs = traces.filter((trace) => trace !== WROTE);
  for (const trace of theirs.filter((_, n) => n !== 1 && n !== 3))
    expect(await rowsWith(stage.db, [trace]), `${trace} is kept before`).not.toEqual([]);

  await expect(user.api.contacts.erase({ id: contactId, confirm: "Neighbour" })).rejects.toEqual(
    refused("invalid_input"),
  );
  await user.api.contacts.erase({ id: contactId, confirm: ` wilhelmina  QUARTERMAINE ` });
  expect(await rowsWith(stage.db, theirs)).toEqual([]);
  // The neighbour's message and the campaign's template are not theirs.
  expect(tablesOf(await rowsWith(stage.db, [WROTE]))).toEqual(["campaigns", "messages"]);
  expect(await readViolations(stage.db)).toEqual([]);

  // Figures stay, and the neighbour with everything.
  expect(await user.api.campaigns.get({ id })).toMatchObject({ total: 2, counts: { read: 2 } });
  expect(await user.api.contacts.list({ id: contactListId })).toMatchObject({ total: 1, sendable: 1 });
  const waiting = await user.api.imports.preview({ importId: waits.id });
  expect(waiting).toMatchObject({ total: 2, counts: { opted_out: 1, updated: 1 } });
  expect((await user.api.imports.preview({ importId: unread.id })).total).toBe(2);
  expect((await user.api.imports.preview({ importId })).total).toBe(2);

  // They are not met again by hand, by a file, by the file that waited, or by a group.
  await expect(user.api.contacts.add({ name: NAME, phone, consentStatement })).rejects.toEqual(refused("opted_out"));
  const again = await stageRows(user.api, [[NAME, phone, "yes"]]);
  expect(again.counts).toMatchObject({ opted_out: 1, valid: 0 });
  await user.api.imports.discard({ importId: again.id });
  await expireImports(stage.db);
  await user.api.contacts.suppress({ phone });
  expect((await user.api.contacts.page({ search: phone })).rows).toEqual([]);
  expect(await user.api.contacts.suppressed()).toMatchObject({ rows: [] });
  await stage.simulator.write(phone, linked.phone, SAID);
  await until("their message", async () => {
    const kept = await stage.db.execute(sql`select 1 from inbound_messages`);
    return kept.length === 3;
  });
  expect(await rowsWith(stage.db, theirs)).toEqual([]);

  await stage.simulator.write(phone, linked.phone, "START");
  await until("them to be back", () =>
    user.api.contacts.add({ name: NAME, phone, consentStatement }).then(
      () => true,
      () => false,
    ),
  );
  expect(await user.api.contacts.get({ id: await idOf(phone) })).toMatchObject({ consent: true, optedOut: false });
  expect(logged.length).toBeGreaterThan(20);
  expect(logged.filter((line) => theirs.some((trace) => line.toLowerCase().includes(trace.toLowerCase())))).toEqual([]);
});

test("an erasure waits for a message that is on its way, and takes what is queued or unanswered out with its points", async () => {
  const { sessionId } = await createHeldSession(stage.db, user.id);
  const { id: campaignId, phones } = await createRunningCampaign(stage.db, stage.env, user.id, sessionId, 3);
  const [sending = "", unknown = "", queued = ""] = phones;
  const move = (phone: string, status: string) =>
    stage.db.execute(sql`
      update messages set status = ${status}, sending_at = now() where campaign_id = ${campaignId} and recipient_key = ${`pn:${phone}`}`);
  await move(sending, "sending");
  await move(unknown, "unknown");
  const id = await idOf(sending);
  await expect(user.api.contacts.erase({ id, confirm: sending })).rejects.toMatchObject({
    cause: { code: "erase_waits" },
    message: expect.stringContaining("on its way"),
  });
  await user.api.contacts.erase({ id: await idOf(unknown), confirm: unknown });
  await user.api.contacts.erase({ id: await idOf(queued), confirm: queued.slice(1) });
  const rows = await stage.db.execute(sql`
    select status, error_code as why, recipient_key like 'erased:%' as erased from messages where campaign_id = ${campaignId} order by id`);
  expect([...rows]).toEqual([
    { status: "sending", why: null, erased: false },
    { status: "failed", why: "contact_erased", erased: true },
    { status: "skipped", why: "contact_erased", erased: true },
  ]);
  expect(await readViolations(stage.db)).toEqual([]);
});

test("an erasure and an import of the same person at the same moment leave nobody behind", async () => {
  const people = Array.from({ length: 3 }, () => newPhone());
  const staged = [];
  for (const phone of people) {
    await user.api.contacts.add({ name: "Racer", phone, consentStatement });
    const racer = ["Racer", phone, "yes"];
    staged.push({
      phone,
      id: await idOf(phone),
      import: await stageRows(user.api, [racer, ["Other", newPhone(), "yes"]]),
    });
  }
  for (const { phone, id, import: file } of staged) {
    const [erased] = await Promise.allSettled([
      user.api.contacts.erase({ id, confirm: phone }),
      commit(user.api, file.id),
      user.api.contacts.add({ name: "Racer", phone, consentStatement }),
      user.api.contacts.suppress({ phone }),
    ]);
    expect(erased.status).toBe("fulfilled");
    const left = await stage.db.execute(sql`
      select phone_e164 from contacts where user_id = ${user.id} and phone_e164 = ${phone}
      union all select identity from suppressions where user_id = ${user.id} and identity = ${`pn:${phone}`}`);
    expect([...left]).toEqual([]);
  }
});

test("what was written and answered is wiped after 14 days, and not a day earlier", async () => {
  const { id: listId } = await user.api.contacts.createList({ name: "Old" });
  await stage.db.execute(sql`
    insert into inbound_messages (id, user_id, wa_session_id, wa_msg_id, sender, body, sent_at)
    values ('inb_old', ${user.id}, ${linked.sessionId}, 'old', 'pn:+62', ${SAID}, now())`);
  const phone = newPhone();
  await user.api.contacts.add({ name: "Old friend", phone, consentStatement, listIds: [listId] });
  const { id } = await user.api.campaigns.create({
    name: "Old",
    listIds: [listId],
    waSessionId: linked.sessionId,
    templateText: "Long ago, {{name}}",
    throttleMinSeconds: 0,
    throttleMaxSeconds: 0,
  });
  await startAsReviewed(user, id);
  await until("the end", async () => (await user.api.campaigns.get({ id })).status === "completed");
  const held = async () => {
    await wipeBodies(stage.db);
    return tablesOf(await rowsWith(stage.db, [SAID, "Long ago, Old friend"]));
  };
  await stage.db.execute(sql`update app_clock set shift = '13 days 23 hours'`);
  expect(await held()).toEqual(["inbound_messages", "messages"]);
  await stage.db.execute(sql`update app_clock set shift = '14 days 1 minute'`);
  expect(await held()).toEqual([]);
  await stage.db.execute(sql`update app_clock set shift = '0'`);
});

test("a file without a header does not keep its first person among its titles", async () => {
  const phone = newPhone();
  const { id } = await user.api.contacts.add({ name: "Ottoline Featherstone", phone, consentStatement });
  const headless = upload(`Ottoline Featherstone,${phone},yes\nNeighbour,${newPhone()},yes`, "headless.csv");
  const staged = await user.api.imports.stage(headless);
  await user.api.imports.discard({ importId: staged.id });
  expect(await rowsWith(stage.db, ["Featherstone"])).toHaveLength(2);
  await user.api.contacts.erase({ id, confirm: phone });
  expect(await rowsWith(stage.db, [phone.slice(1), "Featherstone"])).toEqual([]);
});

test("a file that is read in another way at this very moment does not bring them back", async () => {
  const staged = await stageRows(user.api, [["Somebody", newPhone(), "yes"]]);
  let reading: Promise<unknown> = Promise.resolve();
  await stage.db.transaction(async (tx) => {
    // An erasure, between the reading of the kept file and the keeping of its rows.
    await lockErasure(tx, user.id);
    reading = user.api.imports.read({ importId: staged.id, delimiter: "," });
    reading.catch(() => {});
    const waiting = sql`select 1 from pg_locks where locktype = 'advisory' and not granted`;
    await until("the reading to wait", async () => (await stage.db.execute(waiting)).length > 0);
    await tx.execute(sql`update imports set counts = counts where id = ${staged.id}`);
    await tx.execute(sql`delete from import_files where import_id = ${staged.id}`);
  });
  await expect(reading).rejects.toEqual(refused("not_found"));
  expect((await user.api.imports.preview({ importId: staged.id })).counts.valid).toBe(1);
});
