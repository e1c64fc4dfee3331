import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiClient, createApiClient, openAccount } from "#scripts/api-client.ts";
import { useDatabase } from "../database.ts";
import { PASSWORD } from "../factories.ts";
import { startWeb, type TestWeb } from "../web.ts";

const url = useDatabase();
let web: TestWeb;
let api: ApiClient;
beforeAll(async () => {
  web = await startWeb(url());
  const account = { email: "importer@example.org", password: PASSWORD, tz: "Asia/Jakarta" };
  api = createApiClient(web.origin, await openAccount(web.origin, account));
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
  const done = await api.imports.commit.mutate({ importId: staged.id, consentStatement });
  expect(await api.contacts.list.query({ id: done.contactListId })).toMatchObject({ total: 12, sendable: 12 });
  expect(await api.contacts.page.query({ listId: done.contactListId, search: "lestari" })).toMatchObject({
    rows: [{ name: "Ayu Lestari" }],
  });
  expect((await api.contacts.page.query({ listId: done.contactListId, search: "0000 0012" })).rows).toHaveLength(1);
  expect((await api.contacts.page.query({ listId: done.contactListId, search: "%" })).rows).toEqual([]);
});

test("a file over 10 MB is refused with a sentence", async () => {
  const form = new FormData();
  form.set("file", new File([new Uint8Array(10 * 1024 * 1024 + 1)], "big.csv"));
  await expect(api.imports.stage.mutate(form)).rejects.toThrow(/larger than 10 MB/);
});
