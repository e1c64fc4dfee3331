import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiClient, createApiClient, openAccount } from "#scripts/api-client.ts";
import { useDatabase } from "../database.ts";
import { PASSWORD } from "../factories.ts";
import { startWeb, type TestWeb } from "../web.ts";

const url = useDatabase();
let web: TestWeb;
let api: ApiClient;
let account: { cookie: string };
beforeAll(async () => {
  web = await startWeb(url());
  account = await openAccount(web.origin, { email: "importer@example.org", password: PASSWORD, tz: "Asia/Jakarta" });
  api = createApiClient(web.origin, account);
});
afterAll(() => web?.stop());

test("a program imports a file through the typed client", async () => {
  const form = new FormData();
  const bytes = readFileSync(new URL("../../examples/classmates.xlsx", import.meta.url));
  form.set("file", new File([bytes], "classmates.xlsx"));
  form.set("listName", "Classmates");
  const staged = await api.imports.stage.mutate(form);
  expect(staged).toMatchObject({ listName: "Classmates", counts: { valid: 12 } });
  const consentStatement = "They ticked the box on the class form.";
  const { contactListId } = await api.imports.commit.mutate({ importId: staged.id, consentStatement });
  if (!contactListId) throw new Error("the import made no list");
  expect(await api.contacts.list.query({ id: contactListId })).toMatchObject({ total: 12, sendable: 12 });
  expect(await api.contacts.page.query({ listId: contactListId, search: "lestari" })).toMatchObject({
    rows: [{ name: "Ayu Lestari" }],
  });
});

test("a program maps a file in other words, mends a row, and takes the batch back", async () => {
  const form = new FormData();
  form.set("file", new File(["Nama;HP;Setuju\nAyu;0812 0000 0077;ya\nBima;x;ya"], "kelas.csv"));
  form.set("country", "ID");
  const { id: importId, suggestion } = await api.imports.stage.mutate(form);
  const mapped = await api.imports.map.mutate({ importId, mapping: suggestion.mapping });
  expect(mapped).toMatchObject({ status: "staged", counts: { valid: 1, invalid: 1 } });
  const rows = [{ rowNo: 3, cells: ["Bima", "081200000078", "ya"] }];
  expect(await api.imports.editRows.mutate({ importId, rows })).toMatchObject({ counts: { valid: 2 } });
  const done = await api.imports.commit.mutate({ importId, consentStatement: "They ticked the box on the form." });
  expect(done).toMatchObject({ added: 2, listName: "kelas" });
  expect((await api.imports.list.query())[0]).toMatchObject({ id: importId, status: "committed" });
  expect(await api.imports.undo.mutate({ importId })).toEqual({ removed: 2, restored: 0, kept: 0 });
});

test("rejected rows and lists are downloaded by their owner alone", async () => {
  const form = new FormData();
  form.set("file", new File(["name,phone_e164,consent\nAyu,0812,yes\nCitra,+6281200000079,yes"], "people.csv"));
  const { id: importId } = await api.imports.stage.mutate(form);
  const { contactListId } = await api.imports.commit.mutate({ importId, consentStatement: "They ticked the box." });
  const get = (path: string, who?: { cookie: string }) =>
    fetch(`${web.origin}${path}`, { headers: who ? { cookie: who.cookie } : {} });
  const files = [
    [`/contacts/imports/${importId}/rejected.csv`, "text/csv; charset=utf-8", /"0812"/],
    [
      `/contacts/imports/${importId}/rejected.xlsx`,
      "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
      /^PK/,
    ],
    [`/contacts/lists/${contactListId}/export.csv`, "text/csv; charset=utf-8", /"Citra"/],
  ] as const;
  const stranger = { email: "stranger@example.org", password: PASSWORD, tz: "Asia/Jakarta" };
  const other = await openAccount(web.origin, stranger);
  for (const [path, type, text] of files) {
    const response = await get(path, account);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, type]);
    expect(await response.text()).toMatch(text);
    expect((await get(path, other)).status).toBe(404);
    expect((await get(path)).status).toBe(401);
  }
});

test("a file over 10 MB is refused with a sentence", async () => {
  const form = new FormData();
  form.set("file", new File([new Uint8Array(10 * 1024 * 1024 + 1)], "big.csv"));
  await expect(api.imports.stage.mutate(form)).rejects.toThrow(/larger than 10 MB/);
});
