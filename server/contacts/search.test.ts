import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { contactListMembers, contactLists, contacts, suppressions } from "#db/schema/index.ts";
import { useDatabase } from "#tests/database.ts";
import { createUser } from "#tests/factories.ts";
import { withUser } from "../users/with-user.ts";
import { contactList, contactsPage, sampleContacts } from "./queries.ts";
import { type PageInput, pageInput } from "./schema.ts";

const url = useDatabase();
let connection: Connection;
let userId: Id<"user">;
const listId = newId("contactList");
beforeAll(async () => {
  connection = connect(url());
  userId = await createUser(connection.db);
  const other = await createUser(connection.db);
  await connection.db.insert(contactLists).values({ id: listId, userId, name: "Class 7B", source: "upload" });
  for (const [name, phoneE164, more] of people) {
    const id = newId("contact");
    await connection.db.insert(contacts).values({ id, userId, name, phoneE164, consent: true, ...more });
    await connection.db
      .insert(contacts)
      .values({ id: newId("contact"), userId: other, name, phoneE164, consent: true });
    if (name.startsWith("Anna"))
      await connection.db.insert(contactListMembers).values({ contactListId: listId, contactId: id, userId });
  }
  await connection.db
    .insert(suppressions)
    .values({ id: newId("suppression"), userId, identity: "pn:+6281390000777", source: "manual" });
});
afterAll(() => connection?.close());

const people: [string, string, Partial<typeof contacts.$inferInsert>?][] = [
  ["Anna Lim", "+6281200000012", { tags: ["vip"] }],
  ["Budi Annas", "+6281200000013", { consent: false }],
  ["Zoë O'Hara-Smith", "+447700900123"],
  ["Иван Петров", "+79161234567", { tags: ["vip", "late"] }],
  ["St.John Müller", "+6281390000777"],
  ["李小龍", "+8613800138000", { confirmedAt: new Date() }],
  ["Anna Lima", "+14155550112"],
];

const find = async (input: Partial<PageInput> & { search?: string }) => {
  const page = await withUser(connection.db, userId, (tx) => contactsPage(tx, userId, pageInput.parse(input)));
  return page.rows.map(({ name }) => name);
};

test.each([
  ["ann", ["Anna Lim", "Budi Annas", "Anna Lima"]],
  ["an li", ["Anna Lim", "Anna Lima"]],
  ["LIM anna", ["Anna Lim", "Anna Lima"]],
  ["nna", []],
  ["zoe", ["Zoë O'Hara-Smith"]],
  ["o'hara", ["Zoë O'Hara-Smith"]],
  ["smi", ["Zoë O'Hara-Smith"]],
  ["иван", ["Иван Петров"]],
  ["john mul", ["St.John Müller"]],
  ["李", ["李小龍"]],
  ["anna' | budi:* & !", ["Budi Annas"]],
  ["%", []],
  ["+62 812", ["Anna Lim", "Budi Annas"]],
  ["0812", ["Anna Lim", "Budi Annas"]],
  ["0812-0000-0012", ["Anna Lim"]],
  ["62812 0000 0012", ["Anna Lim"]],
  ["0062812 0000 0012", ["Anna Lim"]],
  ["812", ["Anna Lim", "Budi Annas"]],
  ["0012", ["Anna Lim"]],
  ["12", ["Anna Lim", "Anna Lima"]],
  ["07700 900123", ["Zoë O'Hara-Smith"]],
  ["+812", []],
])("%s finds %j", async (search, names) => {
  expect(await find({ search })).toEqual(names);
});

test("a list, a tag and a state narrow it down, alone and with a search", async () => {
  expect(await find({ listId })).toEqual(["Anna Lim", "Anna Lima"]);
  expect(await find({ listId, search: "lima" })).toEqual(["Anna Lima"]);
  expect(await find({ tag: "vip" })).toEqual(["Anna Lim", "Иван Петров"]);
  expect(await find({ tag: "vip", search: "0812" })).toEqual(["Anna Lim"]);
  expect(await find({ tag: "v" })).toEqual([]);
  expect(await find({ state: "no_consent" })).toEqual(["Budi Annas"]);
  expect(await find({ state: "opted_out" })).toEqual(["St.John Müller"]);
  expect(await find({ state: "unconfirmed", search: "+6281" })).toEqual(["Anna Lim"]);
  expect(await find({ state: "sendable" })).toEqual(
    people.map(([name]) => name).filter((name) => !/Annas|John/.test(name)),
  );
});

test("who opted out under their hidden identity is opted out in every filter", async () => {
  await connection.db.execute(
    sql`insert into identity_pairs (user_id, pn, lid) values (${userId}, 'pn:+447700900123', 'lid:77@lid')`,
  );
  await connection.db
    .insert(suppressions)
    .values({ id: newId("suppression"), userId, identity: "lid:77@lid", source: "keyword" });
  expect(await find({ state: "opted_out" })).toEqual(["Zoë O'Hara-Smith", "St.John Müller"]);
  expect(await find({ state: "sendable", search: "zoe" })).toEqual([]);
});

test.each([false, true])("the figures of a list are those of its filters (double opt-in: %s)", async (doubleOptIn) => {
  const { db } = connection;
  const owner = await createUser(db);
  const id = newId("contactList");
  await db.insert(contactLists).values({ id, userId: owner, name: "Choir", source: "upload", doubleOptIn });
  const kinds = [
    { onWhatsapp: false },
    { onWhatsapp: false, confirmedAt: new Date() },
    { onWhatsapp: false, consent: false },
    { onWhatsapp: true },
    { confirmedAt: new Date() },
    {},
    { consent: false },
  ];
  // Those whom WhatsApp does not know stand first: a page that looked at them alone would be empty.
  const rows = kinds.flatMap((kind, k) =>
    Array.from({ length: 3 }, (_, n) => ({
      id: newId("contact"),
      userId: owner,
      name: `Kind ${k}`,
      phoneE164: `+62812000${k}000${n}`,
      consent: true,
      ...kind,
    })),
  );
  await db.insert(contacts).values(rows);
  await db
    .insert(contactListMembers)
    .values(rows.map((row) => ({ contactListId: id, contactId: row.id, userId: owner })));
  const all = async (state: PageInput["state"]) => {
    const seen: string[] = [];
    for (let cursor: Id<"contact"> | null | undefined; cursor !== null; ) {
      const asked = pageInput.parse({ listId: id, state, limit: 2, cursor: cursor ?? undefined });
      const page = await withUser(db, owner, (tx) => contactsPage(tx, owner, asked));
      seen.push(...page.rows.map(({ name }) => name));
      cursor = page.nextCursor;
    }
    return seen;
  };
  const figures = await withUser(db, owner, (tx) => contactList(tx, owner, id));
  expect(figures).toMatchObject({ sendable: doubleOptIn ? 3 : 9, unconfirmed: 6, notOnWhatsapp: 6, noConsent: 6 });
  expect(await all("sendable")).toHaveLength(figures.sendable);
  expect(await all("unconfirmed")).toHaveLength(figures.unconfirmed);
  expect(await all("not_on_whatsapp")).toHaveLength(figures.notOnWhatsapp);
  expect(await all("no_consent")).toHaveLength(figures.noConsent);
  const samples = await withUser(db, owner, (tx) => sampleContacts(tx, owner, { listId: id, count: 10 }));
  expect(samples).toHaveLength(figures.sendable);
});

test("every person of a long search is on exactly one page, however rare or common the name, wherever they are", async () => {
  const { db } = connection;
  const many = await createUser(db);
  const name = (n: number) =>
    `${n % 2 ? "Common" : "Frequent"} ${n % 211 ? "Person" : "Rare"} ${n > 4_900 ? "Last" : "First"}`;
  const rows = Array.from({ length: 5_000 }, (_, n) => ({
    id: newId("contact"),
    userId: many,
    name: name(n),
    phoneE164: `+62812${String(n).padStart(7, "0")}`,
    tags: n % 150 ? [] : ["seldom"],
    consent: n % 3 > 0,
  }));
  for (let at = 0; at < rows.length; at += 1_000) await db.insert(contacts).values(rows.slice(at, at + 1_000));
  await db.execute(sql`analyze contacts`);
  const cases: [Partial<PageInput>, (row: (typeof rows)[number]) => boolean][] = [
    [{}, () => true],
    [{ search: "common" }, (row) => row.name.startsWith("Common")],
    [{ search: "rare" }, (row) => row.name.includes("Rare")],
    [{ search: "last com" }, (row) => row.name.includes("Last") && row.name.startsWith("Common")],
    [{ search: "rare", state: "no_consent" }, (row) => row.name.includes("Rare") && !row.consent],
    [{ tag: "seldom" }, (row) => row.tags.length > 0],
    [{ search: "+62812" }, () => true],
    [{ search: "999" }, (row) => row.phoneE164.endsWith("999")],
    [{ search: "499" }, (row) => row.phoneE164.endsWith("499") || row.phoneE164.startsWith("+499")],
    [{ search: "08120004" }, (row) => row.phoneE164.startsWith("+628120004")],
  ];
  for (const [input, wanted] of cases) {
    const seen: string[] = [];
    for (let cursor: Id<"contact"> | null | undefined; cursor !== null; ) {
      const asked = pageInput.parse({ ...input, limit: 15, cursor: cursor ?? undefined });
      const page = await withUser(db, many, (tx) => contactsPage(tx, many, asked));
      seen.push(...page.rows.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(seen, JSON.stringify(input)).toEqual(rows.filter(wanted).map(({ id }) => id));
  }
});
