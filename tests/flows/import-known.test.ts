import { and, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { newId } from "#db/ids.ts";
import { consentEvents, contacts, identityPairs, importFiles, importRows, suppressions } from "#db/schema/index.ts";
import { lockContacts } from "#server/contacts/lock.ts";
import { entomb, tombstonePads } from "#server/opt-outs/tombstones.ts";
import { createStage, type Stage, type StageUser, until } from "../stage.ts";
import {
  allCounts,
  ayu,
  bima,
  bring,
  citra,
  commit,
  consentStatement,
  csvOf,
  stageRows,
  upload,
} from "./import-steps.ts";

let stage: Stage;
let user: StageUser;
beforeAll(async () => {
  stage = await createStage({ workers: 0 });
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  user = await stage.signUp();
});

const withCity = ["name", "phone_e164", "consent", "city"];
async function person(phone: string) {
  const [found] = await stage.db
    .select()
    .from(contacts)
    .where(and(eq(contacts.userId, user.id), eq(contacts.phoneE164, phone)));
  if (!found) throw new Error("there is no such contact");
  const evidence = await stage.db
    .select({ kind: consentEvents.kind, importId: consentEvents.importId, rowNo: consentEvents.rowNo })
    .from(consentEvents)
    .where(eq(consentEvents.contactId, found.id))
    .orderBy(consentEvents.id);
  return { ...found, evidence };
}

describe("the same file a second time", () => {
  test("goes to the same list and changes nothing", async () => {
    const first = await bring(user.api, [ayu, bima]);
    const before = await person(ayu[1]);
    const again = await stageRows(user.api, [ayu, bima]);
    expect(again).toMatchObject({
      counts: allCounts({ unchanged: 2 }),
      contactListId: first.contactListId,
      sameFile: { importId: first.importId, listName: "people", committedAt: expect.any(Date) },
    });
    expect(await commit(user.api, again.id)).toMatchObject({
      contactListId: first.contactListId,
      added: 0,
      updated: 0,
    });
    expect(await person(ayu[1])).toEqual(before);
    expect(await user.api.contacts.lists()).toMatchObject([{ total: 2 }]);
  });
});

describe("somebody who is a contact already", () => {
  test("learns what the file says, keeps what it does not say, and joins the list", async () => {
    await bring(user.api, [[...ayu, "Bogor"]], {}, withCity);
    const header = ["name", "phone_e164", "consent", "city", "class"];
    const file = csvOf(
      [
        ["Ayu Lestari", "+62 812-0000-0001", "ya", "", "3A"],
        [...citra, "Depok", "3B"],
      ],
      header,
    );
    const staged = await user.api.imports.stage(upload(file, "second.csv"));
    expect(staged.counts).toEqual(allCounts({ valid: 1, updated: 1 }));
    const done = await commit(user.api, staged.id);
    expect(done).toMatchObject({ added: 1, updated: 1 });
    expect(await person(ayu[1])).toMatchObject({
      name: "Ayu Lestari",
      attributes: { city: "Bogor", class: "3A" },
      evidence: [{ kind: "given" }, { kind: "given", importId: staged.id, rowNo: 2 }],
    });
    expect((await user.api.contacts.lists()).map(({ name, total }) => [name, total])).toEqual([
      ["second", 2],
      ["people", 1],
    ]);
  });

  test("adds to a list what is new, with the columns it brings", async () => {
    const { contactListId } = await bring(user.api, [ayu]);
    const rows = [
      [...ayu, ""],
      [...bima, "Depok"],
    ];
    const more = await user.api.imports.stage(
      upload(csvOf(rows, withCity), "more.csv", { contactListId, listName: "" }),
    );
    expect(more.counts).toEqual(allCounts({ valid: 1, unchanged: 1 }));
    expect(await commit(user.api, more.id)).toMatchObject({ contactListId, added: 1, updated: 0 });
    expect(await user.api.contacts.list({ id: contactListId })).toMatchObject({ total: 2, columns: ["city"] });
  });

  test("takes their consent back with an outright no, told before; a blank takes nothing back", async () => {
    await bring(user.api, [ayu, bima]);
    const staged = await stageRows(user.api, [
      ["Ayu", ayu[1], "no"],
      ["", ayu[1], "tidak"],
      ["Bima", bima[1], ""],
    ]);
    expect(staged).toMatchObject({ counts: allCounts({ no_consent: 2, invalid: 1 }), withdraws: 1, error: null });
    const done = await user.api.imports.commit({ importId: staged.id, consentStatement });
    expect(done).toMatchObject({ contactListId: null, withdrawn: 1, added: 0 });
    expect(await person(ayu[1])).toMatchObject({
      consent: false,
      evidence: [{ kind: "given" }, { kind: "withdrawn", importId: staged.id, rowNo: 2 }],
    });
    expect(await person(bima[1])).toMatchObject({ consent: true });
    // A yes in a later file is a new agreement.
    expect(await bring(user.api, [ayu], { listName: "Again" })).toMatchObject({ updated: 1 });
    expect(await person(ayu[1])).toMatchObject({ consent: true, evidence: [{}, {}, { kind: "given" }] });
  });

  test("is judged again at the commit: by an import that came between, and by an opt-out", async () => {
    const { contactListId } = await bring(user.api, [ayu]);
    const dimas = ["Dimas", "+6281200000004", "yes"];
    const first = await stageRows(user.api, [bima, citra, dimas], { contactListId });
    const second = await stageRows(user.api, [bima], { contactListId });
    await commit(user.api, second.id);
    await user.api.contacts.suppress({ phone: "+6281200000004" });
    const done = await commit(user.api, first.id);
    expect(done).toMatchObject({ added: 1, counts: allCounts({ valid: 1, unchanged: 1, opted_out: 1 }) });
    const preview = await user.api.imports.preview({ importId: first.id });
    expect(preview.counts).toEqual(done.counts);
    expect(preview.rows.map((row) => row.verdict)).toEqual(["unchanged", "valid", "opted_out"]);
    expect(await user.api.contacts.list({ id: contactListId })).toMatchObject({ total: 3 });
  });

  test("is found though somebody adds them at this very moment", async () => {
    const { id } = await stageRows(user.api, [ayu, bima]);
    const done = await stage.db.transaction(async (tx) => {
      await lockContacts(tx, user.id);
      await tx
        .insert(contacts)
        .values({ id: newId("contact"), userId: user.id, name: "Ayu", phoneE164: ayu[1], consent: false });
      const committed = commit(user.api, id);
      await until("the commit to wait", async () => {
        const [waiting] = await stage.db.execute(
          sql`select 1 from pg_locks where locktype = 'advisory' and not granted`,
        );
        return waiting;
      });
      return { committed };
    });
    expect(await done.committed).toMatchObject({ added: 1, updated: 1, counts: allCounts({ valid: 1, updated: 1 }) });
  });

  test("is one person when two imports bring them at the same moment", async () => {
    const one = await stageRows(user.api, [ayu, bima], { listName: "One" });
    const two = await stageRows(user.api, [bima, citra], { listName: "Two" });
    const done = await Promise.all([commit(user.api, one.id), commit(user.api, two.id)]);
    expect(done.reduce((sum, { added }) => sum + added, 0)).toBe(3);
    expect(done.reduce((sum, { updated }) => sum + updated, 0)).toBe(1);
    for (const { rows, counts } of done) expect(Object.values(counts).reduce((a, b) => a + b)).toBe(rows);
    expect(await stage.db.$count(contacts, eq(contacts.userId, user.id))).toBe(3);
    expect((await user.api.contacts.lists()).map(({ total }) => total)).toEqual([2, 2]);
  });
});

describe("a person who opted out", () => {
  test("stays so under every identity known of them, whatever a file says", async () => {
    const lid = "lid:123456789";
    await stage.db.insert(identityPairs).values({ userId: user.id, pn: "pn:+6281200000002", lid });
    await stage.db
      .insert(suppressions)
      .values({ id: newId("suppression"), userId: user.id, identity: lid, source: "keyword" });
    await user.api.contacts.suppress({ phone: "+62 812 0000 0001" });
    const staged = await stageRows(user.api, [ayu, bima, citra, ["Ayu", ayu[1], "no"]]);
    expect(staged.counts).toEqual(allCounts({ valid: 1, opted_out: 3 }));
    expect(staged.rows[0]).toMatchObject({ value: "+6281200000001", reason: expect.stringMatching(/START/) });
  });

  test("is put among those who are never messaged by a column that says so", async () => {
    await bring(user.api, [ayu]);
    const header = ["name", "phone_e164", "consent", "opted_out"];
    const rows = [
      [...ayu, "yes"],
      [...bima, "no"],
      [...citra, "ya"],
      [...citra, ""],
    ];
    const staged = await user.api.imports.stage(upload(csvOf(rows, header), "stops.csv"));
    expect(staged.counts).toEqual(allCounts({ valid: 1, opted_out: 3 }));
    const done = await commit(user.api, staged.id);
    expect(done).toMatchObject({ added: 1, suppressed: 2 });
    const stopped = await stage.db.select().from(suppressions).where(eq(suppressions.userId, user.id));
    expect(stopped.map(({ identity, source }) => `${identity} ${source}`).toSorted()).toEqual([
      `pn:${ayu[1]} import`,
      `pn:${citra[1]} import`,
    ]);
    expect((await person(ayu[1])).evidence.at(-1)).toMatchObject({ kind: "opted_out", importId: staged.id });
  });

  test("is all that a file brings: then no list is made", async () => {
    await bring(user.api, [ayu]);
    const header = ["name", "phone_e164", "consent", "opted_out"];
    const rows = [
      [...ayu.slice(0, 2), "no", ""],
      [...bima, "yes"],
    ];
    const staged = await user.api.imports.stage(upload(csvOf(rows, header), "stops.csv"));
    const done = await user.api.imports.commit({ importId: staged.id, consentStatement });
    expect(done).toMatchObject({ contactListId: null, added: 0, withdrawn: 1, suppressed: 1 });
    expect((await user.api.contacts.lists()).map(({ name }) => name)).toEqual(["people"]);
    expect(await user.api.imports.undo({ importId: staged.id })).toEqual({ removed: 0, restored: 1, kept: 0 });
    expect(await person(ayu[1])).toMatchObject({ consent: true });
  });

  test("is known after an erasure, without being named anywhere once the import is done", async () => {
    const pads = await tombstonePads(stage.db, stage.env.sessionKeys);
    await entomb(stage.db, pads, user.id, [`pn:${ayu[1]}`]);
    const staged = await stageRows(user.api, [ayu, bima]);
    expect(staged.counts).toEqual(allCounts({ valid: 1, opted_out: 1 }));
    expect((await commit(user.api, staged.id)).counts).toEqual(staged.counts);
    const rows = await stage.db.select().from(importRows).where(eq(importRows.importId, staged.id));
    expect(JSON.stringify(rows)).not.toContain(ayu[1].slice(1));
    expect(await stage.db.$count(importFiles, eq(importFiles.importId, staged.id))).toBe(0);
  });
});
