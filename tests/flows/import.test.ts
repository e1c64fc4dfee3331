import { readFileSync } from "node:fs";
import { and, eq } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { auditLogs, consentEvents, contacts, importFiles, importRows, imports } from "#db/schema/index.ts";
import { createStage, type Stage, type StageUser } from "../stage.ts";
import { allCounts, ayu, bima, citra, commit, consentStatement, refused, stageRows, upload } from "./import-steps.ts";

const example = (name: string) => readFileSync(new URL(`../../examples/${name}`, import.meta.url));

let stage: Stage;
let user: StageUser;
beforeAll(async () => {
  stage = await createStage({ workers: 0 });
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  user = await stage.signUp();
});

describe("an import", () => {
  test.each(["classmates.xlsx", "classmates.csv"])(
    "of %s shows each row's verdict before anything is kept",
    async (name) => {
      const staged = await user.api.imports.stage(upload(example(name), name));
      expect(staged).toMatchObject({
        status: "staged",
        listName: "classmates",
        columns: ["class", "city"],
        total: 17,
        counts: allCounts({ valid: 12, invalid: 2, no_consent: 2, duplicate: 1 }),
        error: null,
      });
      const bad = staged.rows.filter((row) => row.verdict !== "valid");
      expect(bad.map(({ rowNo, column, value }) => [rowNo, column, value])).toEqual([
        [14, "consent", "no"],
        [15, "consent", ""],
        [16, "phone_e164", "+6281200000001"],
        [17, "phone_e164", "6281200000015"],
        [18, "phone_e164", "+62812"],
      ]);
      for (const row of bad) expect(row.reason).toMatch(/\w+.*\.$/);
      expect(await user.api.contacts.lists()).toEqual([]);
    },
  );

  test("keeps the valid rows with their consent as evidence, and is audited without anybody's number", async () => {
    const staged = await user.api.imports.stage(
      upload(example("classmates.xlsx"), "classmates.xlsx", { listName: "Class of 2026" }),
    );
    const done = await commit(user.api, staged.id);
    expect(done).toMatchObject({ added: 12, updated: 0, rows: 17, listName: "Class of 2026", counts: staged.counts });
    expect(await user.api.contacts.list({ id: done.contactListId })).toMatchObject({
      name: "Class of 2026",
      total: 12,
      sendable: 12,
      columns: ["class", "city"],
    });
    const people = await stage.db.select().from(contacts).where(eq(contacts.userId, user.id)).orderBy(contacts.id);
    expect(people.map((row) => row.name).slice(0, 3)).toEqual(["Ayu Lestari", "Bima Saputra", "Citra Dewi"]);
    expect(people[2]).toMatchObject({
      phoneE164: "+6281200000003",
      attributes: { class: "3A", city: "Surabaya" },
      consent: true,
      consentAt: expect.any(Date),
      importId: staged.id,
    });
    const evidence = await stage.db
      .select()
      .from(consentEvents)
      .where(eq(consentEvents.contactId, people[2]?.id ?? "con_"));
    expect(evidence).toMatchObject([{ kind: "given", source: "import", importId: staged.id, rowNo: 4 }]);
    const [kept] = await stage.db.select().from(imports).where(eq(imports.id, staged.id));
    expect(kept).toMatchObject({ consentStatement, fileName: "classmates.xlsx", committedAt: expect.any(Date) });

    const audits = await stage.db.select().from(auditLogs).where(eq(auditLogs.userId, user.id));
    const figures = { rows: 17, added: 12, updated: 0, withdrawn: 0, suppressed: 0 };
    const meta = { importId: staged.id, contactListId: done.contactListId, ...figures };
    expect(audits.find((row) => row.action === "contacts.imported")?.meta).toEqual(meta);
    expect(JSON.stringify(audits)).not.toMatch(/\+62812|Ayu/);
    await expect(commit(user.api, staged.id)).rejects.toEqual(refused("wrong_state"));
    await expect(user.api.imports.discard({ importId: staged.id })).rejects.toEqual(refused("wrong_state"));
  });

  test("without one usable row is an error that shows every row, and cannot be committed", async () => {
    const staged = await stageRows(user.api, [
      ["Ayu", "0812", "yes"],
      ["Bima", "+6281200000002", "no"],
    ]);
    expect(staged).toMatchObject({
      counts: allCounts({ invalid: 1, no_consent: 1 }),
      error: expect.stringMatching(/No row/),
    });
    expect(staged.rows).toHaveLength(2);
    await expect(commit(user.api, staged.id)).rejects.toEqual(refused("no_usable_rows"));
    expect(await user.api.imports.preview({ importId: staged.id })).toMatchObject({ status: "staged" });
    expect(await user.api.contacts.lists()).toEqual([]);
  });

  test("pressed twice at the same moment is committed once", async () => {
    const { id } = await stageRows(user.api, [ayu, bima]);
    const results = await Promise.allSettled([commit(user.api, id), commit(user.api, id), commit(user.api, id)]);
    expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
    expect(await user.api.contacts.lists()).toMatchObject([{ total: 2 }]);
  });

  test("committed and thrown away at the same moment is one of both, whole", async () => {
    const { id: importId } = await stageRows(user.api, [ayu, bima]);
    const [kept, discarded] = await Promise.allSettled([
      commit(user.api, importId),
      user.api.imports.discard({ importId }),
    ]);
    expect([kept.status, discarded.status].sort()).toEqual(["fulfilled", "rejected"]);
    const people = await stage.db.$count(contacts, eq(contacts.userId, user.id));
    expect(people).toBe(kept.status === "fulfilled" ? 2 : 0);
  });

  test("thrown away leaves no row and no file behind", async () => {
    const { id } = await stageRows(user.api, [ayu]);
    await user.api.imports.discard({ importId: id });
    expect(await stage.db.$count(importRows, eq(importRows.importId, id))).toBe(0);
    expect(await stage.db.$count(importFiles, eq(importFiles.importId, id))).toBe(0);
    expect(await user.api.imports.list()).toMatchObject([{ id, status: "discarded" }]);
    await expect(commit(user.api, id)).rejects.toEqual(refused("wrong_state"));
  });

  test("needs to know how the people agreed", async () => {
    const { id } = await stageRows(user.api, [ayu]);
    await expect(user.api.imports.commit({ importId: id, consentStatement: "  " })).rejects.toThrow(
      /Say in a sentence/,
    );
  });

  test.each([
    ["not a form", {}, /multipart/],
    ["no file", new FormData(), /Choose an .xlsx or .csv/],
    ["a file over 10 MB", upload(new Uint8Array(10 * 1024 * 1024 + 1), "big.csv"), /larger than 10 MB/],
    ["a country that is none", upload("name,phone_e164,consent\nA,1,yes", "a.csv", { country: "XX" }), /another look/],
    ["a header alone", upload("name,phone_e164,consent\n", "a.csv"), /no rows below/],
    ["a renamed program", upload(Buffer.from("4d5a9000", "hex"), "people.xlsx"), /Windows program/],
  ])("with %s is refused in a sentence and keeps nothing", async (_, form, sentence) => {
    await expect(user.api.imports.stage(form as FormData)).rejects.toThrow(sentence);
    expect(await stage.db.$count(imports, eq(imports.userId, user.id))).toBe(0);
    expect(await stage.db.$count(importFiles, eq(importFiles.userId, user.id))).toBe(0);
  });

  test("of 3,000 mixed rows puts every row in exactly one place", async () => {
    const number = fc.nat({ max: 1_999 }).map((n) => `+628120000${String(n).padStart(4, "0")}`);
    const row = fc.tuple(
      fc.constantFrom("Ayu", "Bima", "", "=1+1", "'", "名前"),
      fc.oneof({ weight: 4, arbitrary: number }, fc.constantFrom("0812", "x", "", "6.2E+11")),
      fc.constantFrom("yes", "ya", "no", "", "maybe"),
    );
    const rows = fc.sample(row, { numRuns: 3_000, seed: 20_260_817 });
    await user.api.contacts.suppress({ phone: "+6281200000007" });
    const { contactListId } = await commit(user.api, (await stageRows(user.api, rows.slice(0, 500))).id);
    const before = await stage.db.$count(contacts, eq(contacts.userId, user.id));
    const staged = await stageRows(user.api, rows, { contactListId });
    const done = await commit(user.api, staged.id);
    for (const counts of [staged.counts, done.counts]) {
      expect(Object.values(counts).reduce((sum, n) => sum + n, 0)).toBe(staged.total);
    }
    expect(done.counts).toMatchObject({ valid: done.added, updated: done.updated });
    expect(done.withdrawn).toBe(staged.withdraws);
    const { total } = await user.api.contacts.list({ id: contactListId });
    expect(total).toBe(before + done.added);
    const withConsent = and(eq(contacts.userId, user.id), eq(contacts.consent, true));
    expect(await stage.db.$count(contacts, withConsent)).toBe(total - done.withdrawn);
  });
});

describe("what belongs to one user", () => {
  test("is not there for another", async () => {
    const other = (await stage.signUp()).api;
    const { id: importId } = await stageRows(user.api, [ayu]);
    const { id: done, contactListId } = await (async () => {
      const staged = await stageRows(user.api, [citra]);
      return { ...staged, ...(await commit(user.api, staged.id)) };
    })();
    const mapping = { name: 0, phone: 1, consent: 2, attributes: [] };
    const asks = [
      () => other.imports.preview({ importId }),
      () => other.imports.read({ importId }),
      () => other.imports.map({ importId, mapping }),
      () => other.imports.editRows({ importId, rows: [{ rowNo: 2, cells: [...ayu] }] }),
      () => commit(other, importId),
      () => other.imports.discard({ importId }),
      () => other.imports.canUndo({ importId: done }),
      () => other.imports.undo({ importId: done }),
      () => stageRows(other, [ayu], { contactListId }),
    ];
    for (const ask of asks) await expect(ask()).rejects.toEqual(refused("not_found"));
    expect(await other.imports.list()).toEqual([]);
    // The same file of somebody else is no second import of it.
    expect(await stageRows(other, [citra])).toMatchObject({ sameFile: null, counts: { valid: 1 } });
    expect(await user.api.imports.preview({ importId })).toMatchObject({ status: "staged" });
  });
});
