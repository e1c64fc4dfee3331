import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate as applyMigrations } from "drizzle-orm/postgres-js/migrator";
import { runMigrations } from "graphile-worker";
import postgres from "postgres";
import { afterAll, expect, inject, test } from "vitest";
import { z } from "zod";
import { migrate } from "#db/migrate.ts";
import { makeTemplate, openTestFolder } from "../postgres.ts";

const folder = openTestFolder();
afterAll(() => folder.remove());

const journal = z.looseObject({ entries: z.array(z.looseObject({ tag: z.string() })) });

/** The migrations up to and with `last`, as an older release had them. */
function migrationsUntil(last: string): string {
  const older = join(folder.path, last);
  cpSync(fileURLToPath(new URL("../../db/migrations", import.meta.url)), older, { recursive: true });
  const path = join(older, "meta/_journal.json");
  const { entries, ...rest } = journal.parse(JSON.parse(readFileSync(path, "utf8")));
  const kept = entries.slice(0, entries.findIndex(({ tag }) => tag === last) + 1);
  writeFileSync(path, JSON.stringify({ ...rest, entries: kept }));
  return older;
}

test("a database in which contacts were rows of lists keeps every person, list, evidence and message", async () => {
  const database = await makeTemplate(inject("databaseServerUrl"), async (url) => {
    const sql = postgres(url, { max: 1, onnotice: () => {} });
    await runMigrations({ connectionString: url });
    await applyMigrations(drizzle(sql), { migrationsFolder: migrationsUntil("0008_command_indexes") });
    await sql`insert into users (id, email, password_hash, tz, terms_accepted_at) values ('usr_1', 'a@example.org', '-', 'UTC', now())`;
    await sql`insert into contact_lists (id, user_id, name, source, total) values ('lst_1', 'usr_1', 'A', 'upload', 2), ('lst_2', 'usr_1', 'B', 'upload', 2)`;
    await sql`insert into contacts (id, user_id, contact_list_id, name, phone_e164, attributes, consent, consent_source, consent_statement, import_id, on_whatsapp) values
      ('con_1', 'usr_1', 'lst_1', 'Ayu', '+6281200000001', '{"class": "7A", "city": "Bogor"}', true, 'a.csv, row 2', 'They signed.', 'imp_1', null),
      ('con_2', 'usr_1', 'lst_1', 'Bima', '+6281200000002', '{}', true, 'a.csv, row 3', 'They signed.', 'imp_1', null),
      ('con_3', 'usr_1', 'lst_2', 'Ayu L', '+6281200000001', '{"class": "8A"}', true, 'b.csv, row 2', 'They ticked.', 'imp_2', true),
      ('con_4', 'usr_1', 'lst_2', 'Bima', '+6281200000002', '{}', false, null, null, null, null)`;
    await sql`insert into wa_sessions (id, user_id, network, status) values ('was_1', 'usr_1', 'simulator', 'logged_out')`;
    await sql`insert into messages (id, user_id, wa_session_id, contact_id, kind, recipient_key, recipient_name, wa_msg_id, status, price_points)
      values ('msg_1', 'usr_1', 'was_1', 'con_3', 'campaign', 'pn:+6281200000001', 'Ayu L', '3EB0', 'read', 0)`;
    await sql`insert into imports (id, user_id, file_name, file_sha256, list_name, status) values ('imp_3', 'usr_1', 'c.csv', '-', 'C', 'staged')`;
    await sql.end();
  });
  await migrate(database.url);

  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  try {
    expect(await sql`select id, name, attributes, consent, on_whatsapp as known from contacts order by id`).toEqual([
      { id: "con_1", name: "Ayu", attributes: { class: "8A", city: "Bogor" }, consent: true, known: true },
      // On one list they had agreed, on the other not: then they did not.
      { id: "con_2", name: "Bima", attributes: {}, consent: false, known: null },
    ]);
    expect(
      await sql`select contact_list_id as list, contact_id as who from contact_list_members order by 1, 2`,
    ).toEqual([
      { list: "lst_1", who: "con_1" },
      { list: "lst_1", who: "con_2" },
      { list: "lst_2", who: "con_1" },
      { list: "lst_2", who: "con_2" },
    ]);
    expect(await sql`select total from contact_lists`).toEqual([{ total: 2 }, { total: 2 }]);
    expect(
      await sql`select contact_id as who, kind, import_id as import, row_no as row, statement from consent_events order by id`,
    ).toEqual([
      { who: "con_1", kind: "given", import: "imp_1", row: 2, statement: "They signed." },
      { who: "con_2", kind: "given", import: "imp_1", row: 3, statement: "They signed." },
      { who: "con_1", kind: "given", import: "imp_2", row: 2, statement: "They ticked." },
    ]);
    expect(await sql`select contact_id as who from messages`).toEqual([{ who: "con_1" }]);
    expect(await sql`select status from imports`).toEqual([{ status: "discarded" }]);
  } finally {
    await sql.end();
    await database.drop();
  }
});
