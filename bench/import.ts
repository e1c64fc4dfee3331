import ExcelJS from "exceljs";
import { type Connection, connect, type Sql } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { users } from "#db/schema/index.ts";
import type { BenchResult } from "#scripts/bench.ts";
import { commitImport } from "#server/imports/commit.ts";
import { stageImport } from "#server/imports/stage.ts";
import { withUser } from "#server/users/with-user.ts";

const CSV_ROWS = 100_000;
const XLSX_ROWS = 10_000;
const ROUNDS = 3;
const MAX_RATIO = 20;
const MAX_XLSX_MS = 4_000;

interface Person {
  name: string;
  phone: string;
  attributes: { class: string; city: string };
}

/**
 * 100,000 CSV rows from the bytes of the file to contacts on a list (parsed, judged, staged, committed), beside a bare
 * COPY of the same rows into a table with the same unique index; and 10,000 rows of .xlsx against the clock.
 */
export async function run(): Promise<BenchResult> {
  const url = process.env.DATABASE_URL;
  if (!url) throw new Error("The bench runs on a database: set DATABASE_URL.");
  const connection = connect(url, { name: "bench" });
  try {
    const userId = await makeUser(connection);
    const people = Array.from({ length: CSV_ROWS }, (_, i) => person(i));
    const csv = Buffer.from(`name,phone_e164,consent,class,city\n${people.map(csvRow).join("\n")}\n`);
    const xlsx = await workbook(people.slice(0, XLSX_ROWS));
    const ours: number[] = [];
    const peer: number[] = [];
    const sheet: number[] = [];
    // In turns, so that a busy moment of the machine hits both alike.
    for (let round = 0; round < ROUNDS; round++) {
      peer.push(await timed(() => copyRows(connection.sql, people)));
      ours.push(await timed(() => importFile(connection, userId, "people.csv", csv, CSV_ROWS)));
      sheet.push(await timed(() => importFile(connection, userId, "people.xlsx", xlsx, XLSX_ROWS)));
    }
    const ratio = median(ours) / median(peer);
    return {
      name: "import",
      unit: "ms",
      ours: Math.round(median(ours)),
      peer: Math.round(median(peer)),
      ratio: Number(ratio.toFixed(2)),
      ok: ratio <= MAX_RATIO && median(sheet) <= MAX_XLSX_MS,
      rows: [
        { what: `CSV, ${CSV_ROWS} rows, end to end`, ms: Math.round(median(ours)), target: `<= ${MAX_RATIO} x COPY` },
        { what: `COPY of the same rows`, ms: Math.round(median(peer)), target: "" },
        { what: `xlsx, ${XLSX_ROWS} rows, end to end`, ms: Math.round(median(sheet)), target: `<= ${MAX_XLSX_MS}` },
      ],
    };
  } finally {
    await connection.close();
  }
}

async function makeUser({ db }: Connection): Promise<Id<"user">> {
  const id = newId("user");
  const nobody = { passwordHash: "-", tz: "Asia/Jakarta", termsAcceptedAt: new Date() };
  await db.insert(users).values({ id, email: `${id}@bench.example`, ...nobody });
  return id;
}

function person(i: number): Person {
  const phone = `+62812${String(10_000_000 + i)}`;
  return { name: `Person ${i}`, phone, attributes: { class: `3${i % 9}`, city: "Jakarta" } };
}

const csvRow = ({ name, phone, attributes }: Person) => `${name},${phone},yes,${attributes.class},${attributes.city}`;

async function workbook(people: Person[]): Promise<Uint8Array> {
  const book = new ExcelJS.Workbook();
  const sheet = book.addWorksheet("People");
  sheet.addRow(["name", "phone_e164", "consent", "class", "city"]);
  for (const { name, phone, attributes } of people)
    sheet.addRow([name, phone, "yes", attributes.class, attributes.city]);
  return new Uint8Array(await book.xlsx.writeBuffer());
}

async function importFile(
  { db }: Connection,
  userId: Id<"user">,
  fileName: string,
  bytes: Uint8Array,
  rows: number,
): Promise<void> {
  const { id: importId } = await stageImport(db, userId, { fileName, bytes });
  const committed = await withUser(db, userId, (tx) =>
    commitImport(tx, userId, { importId, consentStatement: "They agreed on the form of the bench." }),
  );
  if (committed.added !== rows) throw new Error(`${committed.added} of ${rows} rows became contacts`);
}

async function copyRows(sql: Sql, people: Person[]): Promise<void> {
  await sql`drop table if exists copied`;
  await sql`create table copied (contact_list_id text not null, name text not null, phone_e164 text not null,
    attributes jsonb not null, consent boolean not null, unique (contact_list_id, phone_e164))`;
  const stream = await sql`copy copied from stdin`.writable();
  const done = new Promise<void>((resolve, reject) => stream.once("finish", resolve).once("error", reject));
  for (let at = 0; at < people.length; at += 5_000) {
    const lines = people
      .slice(at, at + 5_000)
      .map(({ name, phone, attributes }) => `list\t${name}\t${phone}\t${JSON.stringify(attributes)}\tt\n`);
    if (!stream.write(lines.join(""))) await new Promise((resolve) => stream.once("drain", resolve));
  }
  stream.end();
  await done;
  const [copied] = await sql`select count(*)::int as n from copied`;
  if (copied?.n !== people.length) throw new Error("COPY is not done");
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
