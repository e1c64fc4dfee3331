import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Connection, connect, type Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { contactListMembers, contactLists, contacts, suppressions } from "#db/schema/index.ts";
import { useDatabase } from "#tests/database.ts";
import { createList, createUser, newPhone } from "#tests/factories.ts";
import { withUser } from "../../users/with-user.ts";
import { type Aim, countAudience, judgePeople, wholeList } from "./audience.ts";
import type { Verdict } from "./facts.ts";
import { readReach } from "./reach.ts";
import { knownVariables } from "./variables.ts";

const LIMIT = 200;
const url = useDatabase();
let connection: Connection;
let db: Db;
let userId: Id<"user">;
/** Two plain lists, and two that wait for a YES. */
const lists = new Map<string, Id<"contactList">>();

// Name: the lists somebody is on; then their tags; `+` confirmed, `-` no consent, `!` opted out.
const people = {
  a: "A",
  ab: "AB",
  av: "A vip",
  bvx: "B vip x",
  v: " vip",
  vx: " vip x",
  d: "D",
  "dc+": "D",
  dv: "D vip",
  ad: "AD",
  "de+": "DE",
  "an-": "A",
  "bo!": "B vip",
};

beforeAll(async () => {
  connection = connect(url(), { max: 4 });
  db = connection.db;
  userId = await createUser(db);
  for (const name of ["A", "B", "D", "E"]) {
    const id = newId("contactList");
    const columns = name === "A" ? ["class"] : ["city", "class"];
    const doubleOptIn = name === "D" || name === "E";
    await db.insert(contactLists).values({ id, userId, name, source: "upload", columns, doubleOptIn });
    lists.set(name, id);
  }
  for (const [name, where] of Object.entries(people)) {
    const [on = "", ...tags] = where.split(" ");
    const contactId = newId("contact");
    const phoneE164 = newPhone();
    await db.insert(contacts).values({
      id: contactId,
      userId,
      name,
      phoneE164,
      tags,
      attributes: tags.includes("x") ? { shoe: "42" } : {},
      consent: !name.endsWith("-"),
      confirmedAt: name.endsWith("+") ? new Date() : null,
    });
    if (name.endsWith("!")) {
      await db
        .insert(suppressions)
        .values({ id: newId("suppression"), userId, identity: `pn:${phoneE164}`, source: "manual" });
    }
    for (const list of on) {
      await db.insert(contactListMembers).values({ contactListId: listId(list), contactId, userId });
    }
  }
});
afterAll(() => connection.close());

function listId(name: string): Id<"contactList"> {
  const id = lists.get(name);
  if (!id) throw new Error(`no list ${name}`);
  return id;
}

/** "A B #vip & - C #x": lists and tags, `&` for those on a list who have a tag, after `-` who is left out. */
function aim(words: string, purpose: Aim["purpose"] = "message"): Aim {
  const [chosen = "", left = ""] = words.split("-");
  const parts = (text: string) => text.split(" ").filter((word) => word !== "");
  const listsOf = (text: string) =>
    parts(text)
      .filter((word) => !/[#&]/.test(word))
      .map(listId);
  const tagsOf = (text: string) =>
    parts(text)
      .filter((word) => word.startsWith("#"))
      .map((word) => word.slice(1));
  return {
    listIds: listsOf(chosen),
    tags: tagsOf(chosen),
    narrow: chosen.includes("&"),
    exceptListIds: listsOf(left),
    exceptTags: tagsOf(left),
    purpose,
  };
}

const bound = <T>(fn: (tx: Db) => Promise<T>) => withUser(db, userId, fn);
/** Those whom the database chooses by the rule are those whom the rule chooses. */
const named = async (words: string, verdict: Verdict, purpose?: Aim["purpose"]) => {
  const all = await bound((tx) => judgePeople(tx, userId, aim(words, purpose)));
  const chosen = await bound((tx) => judgePeople(tx, userId, aim(words, purpose), { wanted: [verdict] }));
  expect(chosen).toEqual(all.filter((person) => person.verdict === verdict));
  return chosen.map(({ name }) => name).join(" ");
};

describe("who gets a message, and who has to confirm first", () => {
  test.each([
    // chosen, get it, wait for their YES
    ["A", "a ab av ad", ""],
    ["A B", "a ab av bvx ad", ""],
    ["#vip", "av bvx v vx", "dv"],
    ["#vip #x", "av bvx v vx", "dv"],
    ["A #vip", "a ab av bvx v vx ad", "dv"],
    ["A #vip &", "av", ""],
    ["A B #vip #x &", "av bvx", ""],
    // Without a list there is nothing to narrow, and without a tag nothing to narrow by.
    ["#vip &", "av bvx v vx", "dv"],
    ["A &", "a ab av ad", ""],
    ["A B - B", "a av ad", ""],
    ["A B - #vip", "a ab ad", ""],
    ["A B #vip - A #x", "v", "dv"],
    ["A - A", "", ""],
    ["D", "dc+ de+", "d dv ad"],
    ["D E", "dc+ de+", "d dv ad"],
    // Through A they are reached without a YES.
    ["A D", "a ab av dc+ ad de+", "d dv"],
    // A tag is no way around it.
    ["B #vip", "ab av bvx v vx", "dv"],
    ["", "", ""],
  ])("%s: %s; wait: %s", async (words, get, wait) => {
    expect(await named(words, "queued")).toBe(get);
    expect(await named(words, "not_confirmed")).toBe(wait);
    const counts = await bound((tx) => countAudience(tx, userId, aim(words)));
    expect(counts.queued).toBe(get === "" ? 0 : get.split(" ").length);
    expect(counts.not_confirmed).toBe(wait === "" ? 0 : wait.split(" ").length);
  });

  test("a question goes to those of the list who were not asked and have not answered", async () => {
    expect(await named("D", "queued", "confirmation")).toBe("d dv ad");
    expect(await named("D", "already_confirmed", "confirmation")).toBe("dc+ de+");
  });

  test("no consent and an opt-out are told apart from the rest", async () => {
    expect(await named("A B", "no_consent")).toBe("an-");
    expect(await named("A B", "opted_out")).toBe("bo!");
  });
});

describe("the reach of a campaign", () => {
  const reach = (words: string) => bound((tx) => readReach(tx, userId, aim(words), LIMIT));

  test("tells who is on several of the chosen lists, and that each is one recipient", async () => {
    expect(await reach("A B")).toMatchObject({ onSeveralLists: 1, limit: LIMIT, people: { queued: 5, no_consent: 1 } });
    expect(await reach("A B - B")).toMatchObject({ onSeveralLists: 0 });
    expect(await reach("D")).toMatchObject({ onSeveralLists: 0, askable: 3, people: { not_confirmed: 3 } });
    expect(await reach("D - #vip")).toMatchObject({ askable: 2 });
    expect(await reach("A D E")).toMatchObject({ onSeveralLists: 2, askable: 0 });
  });

  test("is nobody else's: another user's list is not there, another user's tag reaches nobody", async () => {
    const strangerId = await createUser(db);
    const theirs = await createList(db, strangerId, 2);
    await db.execute(sql`update contacts set tags = '{vip}' where user_id = ${strangerId}`);
    await expect(bound((tx) => readReach(tx, userId, wholeList(theirs.id), LIMIT))).rejects.toThrow("not yours");
    const leftOut = { ...aim("A"), exceptListIds: [theirs.id] };
    await expect(bound((tx) => readReach(tx, userId, leftOut, LIMIT))).rejects.toThrow("not yours");
    // Row-level security alone, without the user's id in the query.
    const seen = await withUser(db, strangerId, (tx) => countAudience(tx, userId, aim("A B #vip")));
    expect(seen.queued).toBe(0);
    expect(await named("#vip", "queued")).toBe("av bvx v vx");
  });
});

test("a text may use the columns of the chosen lists, and what is known of the people with a chosen tag", async () => {
  const known = (words: string) => bound((tx) => knownVariables(tx, userId, aim(words)));
  expect(await known("A")).toEqual(["name", "phone", "class"]);
  expect(await known("B A")).toEqual(["name", "phone", "city", "class"]);
  expect(await known("#x")).toEqual(["name", "phone", "shoe"]);
  expect(await known("A #x")).toEqual(["name", "phone", "class", "shoe"]);
  expect(await known("A #x &")).toEqual(["name", "phone", "class"]);
  expect(await known("")).toEqual(["name", "phone"]);
});

test("a thousand people on two lists are counted once each", async () => {
  const one = await createList(db, userId, 1);
  const two = await createList(db, userId, 1);
  await db.execute(sql`
    with people as (
      insert into contacts (id, user_id, name, phone_e164, attributes, tags, consent)
      select 'con_' || lpad(n::text, 23, '0'), ${userId}, 'Person', '+1' || (2000000000 + n), '{"class": "7B"}',
             case when n % 10 = 0 then array['tenth'] else '{}' end, n % 2 = 0
        from generate_series(1, 1000) n returning id)
    insert into contact_list_members (contact_list_id, contact_id, user_id)
    select list, people.id, ${userId} from people, unnest(array[${one.id}, ${two.id}]) as list`);
  const many = { ...aim("#tenth"), listIds: [one.id, two.id] };
  const reach = await bound((tx) => readReach(tx, userId, many, LIMIT));
  expect(reach).toMatchObject({ onSeveralLists: 1_000, people: { queued: 502, no_consent: 500 } });
});

test("a list is asked for as it is, however often a connection has asked for others", async () => {
  const generic = await withUser(db, userId, async (tx) => {
    for (let time = 0; time < 12; time += 1) {
      const aim = wholeList(listId(time % 2 === 0 ? "A" : "B"));
      await countAudience(tx, userId, aim);
      await judgePeople(tx, userId, aim);
    }
    const rows = await tx.execute<{ plans: number }>(sql`
      select generic_plans::int as plans from pg_prepared_statements where statement like 'select%contact_list_members%'`);
    return rows.map(({ plans }) => plans);
  });
  expect(generic.length).toBeGreaterThan(0);
  expect(Math.max(...generic)).toBe(0);
});
