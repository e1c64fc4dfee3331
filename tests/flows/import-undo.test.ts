import { and, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { consentEvents, contactListMembers, contacts, importFiles, importRows, imports } from "#db/schema/index.ts";
import { expireImports } from "#server/imports/expire.ts";
import { importPreview, readUndo } from "#server/imports/queries.ts";
import { withUser } from "#server/users/with-user.ts";
import { createHeldSession, topUp } from "../factories.ts";
import { createStage, type Stage, type StageUser, startAsReviewed } from "../stage.ts";
import { ayu, bima, bring, citra, commit, refused, stageRows } from "./import-steps.ts";

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
const people = () => stage.db.select().from(contacts).where(eq(contacts.userId, user.id)).orderBy(contacts.phoneE164);
const events = () =>
  stage.db.select().from(consentEvents).where(eq(consentEvents.userId, user.id)).orderBy(consentEvents.id);
const members = () => stage.db.select().from(contactListMembers).where(eq(contactListMembers.userId, user.id));
const undoOf = (importId: Id<"import">) => user.api.imports.canUndo({ importId });
const shiftClock = (by: string) => stage.db.execute(sql`update app_clock set shift = ${by}::interval`);

describe("a batch that is taken back", () => {
  test("is as if it had never been: new people go, known ones are what they were, its list is gone", async () => {
    await bring(
      user.api,
      [
        [...ayu, "Bogor"],
        [...bima, "Solo"],
      ],
      {},
      withCity,
    );
    const confirmed = { confirmedAt: new Date(), changedAt: new Date(0) };
    await stage.db.update(contacts).set(confirmed).where(eq(contacts.phoneE164, bima[1]));
    const before = { people: await people(), events: await events(), members: await members() };
    const rows = [
      ["Ayu L", ayu[1], "yes", "Depok"],
      ["Bima", bima[1], "no", ""],
      [...citra, ""],
    ];
    const done = await bring(user.api, rows, { listName: "Second" }, withCity);
    expect(done).toMatchObject({ added: 1, updated: 1, withdrawn: 1 });
    // A YES of before holds no longer: who agrees anew is asked anew.
    expect((await people())[1]).toMatchObject({ phoneE164: bima[1], consent: false, confirmedAt: null });
    expect(await undoOf(done.importId)).toEqual({ possible: true, why: null });
    expect((await user.api.imports.list())[0]).toMatchObject({ id: done.importId, status: "committed" });
    expect(await user.api.imports.undo({ importId: done.importId })).toEqual({ removed: 1, restored: 2, kept: 0 });
    expect({ people: await people(), events: await events(), members: await members() }).toEqual(before);
    expect((await user.api.contacts.lists()).map(({ name, total }) => [name, total])).toEqual([["people", 2]]);
    const preview = await user.api.imports.preview({ importId: done.importId });
    expect(preview).toMatchObject({ status: "undone", rows: [] });
    expect(await undoOf(done.importId)).toMatchObject({
      possible: false,
      why: expect.stringContaining("undone already"),
    });
    await expect(user.api.imports.undo({ importId: done.importId })).rejects.toEqual(refused("cannot_undo"));
    // The file is as good as new, and the import before can still be taken back.
    expect(await user.api.imports.undo({ importId: (await user.api.imports.list())[1]?.id ?? "imp_" })).toMatchObject({
      removed: 2,
    });
    expect(await people()).toEqual([]);
    expect(await events()).toEqual([]);
  });

  test("leaves those who are on another list meanwhile, and a list on which somebody else is", async () => {
    const first = await bring(user.api, [ayu, bima], { listName: "First" });
    await bring(user.api, [ayu], { listName: "Second" });
    await bring(user.api, [citra], { contactListId: first.contactListId });
    expect(await user.api.imports.undo({ importId: first.importId })).toEqual({ removed: 1, restored: 0, kept: 1 });
    expect((await people()).map(({ name }) => name)).toEqual(["Ayu", "Citra"]);
    expect((await user.api.contacts.lists()).map(({ name, total }) => [name, total])).toEqual([
      ["Second", 1],
      ["First", 1],
    ]);
  });

  test("can be brought again by the same file", async () => {
    const done = await bring(user.api, [ayu]);
    await user.api.imports.undo({ importId: done.importId });
    const again = await stageRows(user.api, [ayu]);
    expect(again).toMatchObject({ sameFile: null, counts: { valid: 1 } });
    expect(await commit(user.api, again.id)).toMatchObject({ added: 1 });
  });

  test("leaves an opt-out of its file in force", async () => {
    const header = ["name", "phone_e164", "consent", "opted_out"];
    const done = await bring(
      user.api,
      [
        [...ayu, "no"],
        [...bima, "yes"],
      ],
      {},
      header,
    );
    await user.api.imports.undo({ importId: done.importId });
    expect(await people()).toEqual([]);
    expect((await stageRows(user.api, [bima])).counts).toMatchObject({ opted_out: 1 });
  });
});

test("whether a batch can be taken back is looked at when its user asks: its page reads none of its people", async () => {
  const { importId } = await bring(user.api, [ayu, bima]);
  // Counted are also what earlier transactions of the connection read and Postgres has not told yet.
  const rowsRead = async (tx: Db) => {
    const [people] = await tx.execute<{ read: number }>(sql`
      select (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int as read
        from pg_stat_xact_user_tables where relname = 'contacts'`);
    return people?.read ?? 0;
  };
  const read = (look: typeof importPreview | typeof readUndo) =>
    withUser(stage.db, user.id, async (tx) => {
      const before = await rowsRead(tx);
      await look(tx, user.id, { importId });
      return (await rowsRead(tx)) - before;
    });
  expect(await read(importPreview)).toBe(0);
  expect(await read(readUndo)).toBeGreaterThan(0);
});

describe("a batch is used, and cannot be taken back, when somebody of it", () => {
  const used = async (importId: Id<"import">, why: RegExp) => {
    expect(await undoOf(importId)).toEqual({ possible: false, why: expect.stringMatching(why) });
    const before = await people();
    await expect(user.api.imports.undo({ importId })).rejects.toEqual(refused("cannot_undo"));
    expect(await people()).toEqual(before);
  };

  test("was changed by hand", async () => {
    const { importId } = await bring(user.api, [ayu, bima]);
    await stage.db
      .update(contacts)
      .set({ name: "Ayu L" })
      .where(and(eq(contacts.userId, user.id), eq(contacts.phoneE164, ayu[1])));
    await used(importId, /was changed since/);
  });

  test("was changed by a later import, until that one is taken back", async () => {
    const first = await bring(user.api, [ayu, bima], { listName: "First" });
    const later = await bring(user.api, [["Ayu L", ayu[1], "yes"]], { listName: "Later" });
    await used(first.importId, /was changed since/);
    await user.api.imports.undo({ importId: later.importId });
    expect(await undoOf(first.importId)).toEqual({ possible: true, why: null });
  });

  test("got a message", async () => {
    const { importId, contactListId } = await bring(user.api, [ayu, bima]);
    const { sessionId: waSessionId } = await createHeldSession(stage.db, user.id);
    await topUp(stage.db, user.id, 100);
    const campaign = { name: "Meeting", listIds: [contactListId], waSessionId, templateText: "Hi {{name}}" };
    const { id } = await user.api.campaigns.create(campaign);
    expect((await undoOf(importId)).possible).toBe(true);
    await startAsReviewed(user, id);
    await used(importId, /got a message since/);
  });

  test("was removed", async () => {
    const { importId } = await bring(user.api, [ayu, bima]);
    await stage.db.delete(contacts).where(and(eq(contacts.userId, user.id), eq(contacts.phoneE164, ayu[1])));
    await used(importId, /removed or merged since/);
  });
});

describe("what is kept of a file", () => {
  test("goes a day after the commit, but for what the undo needs; that goes when the batch is used", async () => {
    try {
      await bring(user.api, [ayu]);
      const done = await bring(user.api, [["Ayu L", ayu[1], "yes"], bima, ["x", "y", "no"]], { listName: "Second" });
      const ofImport = eq(importRows.importId, done.importId);
      await shiftClock("23 hours");
      await expireImports(stage.db);
      expect(await stage.db.$count(importRows, ofImport)).toBe(3);
      await shiftClock("25 hours");
      await expireImports(stage.db);
      expect(await stage.db.$count(importFiles, eq(importFiles.userId, user.id))).toBe(0);
      expect(await stage.db.select().from(importRows).where(ofImport)).toMatchObject([
        { rowNo: 2, cells: null, before: { name: "Ayu" } },
      ]);
      expect(await user.api.imports.preview({ importId: done.importId })).toMatchObject({
        rows: [],
        counts: { valid: 1, updated: 1, invalid: 1 },
      });
      expect(await undoOf(done.importId)).toMatchObject({ possible: true });
      expect(await user.api.imports.undo({ importId: done.importId })).toEqual({ removed: 1, restored: 1, kept: 0 });
      expect((await people()).map(({ name }) => name)).toEqual(["Ayu"]);

      const again = await bring(user.api, [["Ayu X", ayu[1], "yes"]], { listName: "Third" });
      await stage.db.update(contacts).set({ name: "By hand" }).where(eq(contacts.userId, user.id));
      await shiftClock("60 hours");
      await stage.db.update(contacts).set({ name: "By hand again" }).where(eq(contacts.userId, user.id));
      await expireImports(stage.db);
      expect(await stage.db.$count(importRows, eq(importRows.importId, again.importId))).toBe(0);
    } finally {
      await shiftClock("0");
    }
  });

  test("goes a week after an upload that nobody decided on", async () => {
    try {
      const { id } = await stageRows(user.api, [ayu]);
      await shiftClock("6 days");
      await expireImports(stage.db);
      expect(await user.api.imports.preview({ importId: id })).toMatchObject({ status: "staged", rows: [{}] });
      await shiftClock("8 days");
      await expireImports(stage.db);
      expect(await user.api.imports.preview({ importId: id })).toMatchObject({ status: "discarded", rows: [] });
      expect(await stage.db.$count(importFiles, eq(importFiles.importId, id))).toBe(0);
      expect(await stage.db.$count(imports, eq(imports.id, id))).toBe(1);
    } finally {
      await shiftClock("0");
    }
  });
});
