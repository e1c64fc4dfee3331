import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectSimulator, type SimulatorClient } from "#simulator/client.ts";
import { newPhone } from "../factories.ts";
import { simulatorUrl } from "../simulator.ts";
import { type RunningApp, startApp } from "./app.ts";
import { newVisitor, openAccount, openBrowser, type Visitor } from "./browser.ts";
import { oneStory } from "./one-story.ts";
import { bring } from "./people.ts";

const EMAIL = "consent@example.org";
const STATEMENT = "The list of the new school year, as the parents returned it.";
const names = ["Ayu Lestari", "Bima Saputra", "Citra Wijaya", "Dewi Halim", "Eka Pratama", "Fajar Lestari"];
const numbers = names.map((_, i) => `+6281200000${String(i + 201)}`);
const [ayu = "", bima = "", citra = "", dewi = ""] = numbers;

let app: RunningApp;
let browser: Browser;
let visitor: Visitor;
let simulator: SimulatorClient;
let listId: string;

beforeAll(async () => {
  simulator = connectSimulator(await simulatorUrl());
  app = await startApp();
  browser = await openBrowser();
  visitor = await newVisitor(browser, app.origin, { refusals: [400, 422] });
  await openAccount(visitor, EMAIL);
  const people = names.map((name, i) => ({ name, phoneE164: numbers[i] ?? "" }));
  listId = await bring(app.databaseUrl, { email: EMAIL, list: "Parents", people });
});
afterAll(async () => {
  await browser?.close();
  await app?.stop();
});

oneStory("consent", () => visitor);

const button = (name: string | RegExp): Locator => visitor.page.getByRole("button", { name });
const says = (text: string | RegExp) => visitor.page.getByText(text).first().waitFor();
const row = (name: string): Locator => visitor.page.getByRole("row").filter({ hasText: name });
const verdicts = async () => {
  const links = await visitor.page.getByLabel("Show rows by verdict").getByRole("link").allInnerTexts();
  return links.map((text) => text.replace(/\s+/g, " ").trim());
};

async function upload(name: string, lines: readonly string[], to = "Add to Parents"): Promise<void> {
  const { page } = visitor;
  await page.goto("/contacts/upload");
  const buffer = Buffer.from(lines.join("\n"));
  await page.locator("input[name=file]").setInputFiles({ name, mimeType: "text/csv", buffer });
  await page.getByLabel("Where they go").selectOption(to);
  await button("Check the file").click();
}

test("a file that says no of people who agreed before tells so first, and with the import their consent ends", async () => {
  const { page, look } = visitor;
  await upload("new-year.csv", [
    "name,phone_e164,consent",
    `Ayu Lestari,${ayu},yes`,
    `Bima Saputra,${bima},no`,
    `Citra Wijaya,${citra},`,
  ]);
  await says("Consent is taken back");
  await row("Bima Saputra").getByText("They agreed before: with the import that ends.").waitFor();
  await expect.poll(verdicts).toEqual(["Rows 3", "Unchanged 1", "No consent 2"]);
  await look("import-withdrawals");
  await page.getByLabel("Your statement").fill(STATEMENT);
  await button("Withdraw the consent of 1 person").click();
  await page.getByRole("heading", { name: "Imported into Parents" }).waitFor();
  await row("Bima Saputra").getByText("They had agreed: that ended.").waitFor();
  await look("import-withdrawals-done");
  await page.goto(`/contacts?list=${listId}&state=no_consent`);
  await row("Bima Saputra").getByText("No consent").waitFor();
  await expect.poll(() => row("Citra Wijaya").count()).toBe(0);
  await page.getByRole("link", { name: "Bima Saputra" }).click();
  await page.getByRole("heading", { name: "Bima Saputra" }).waitFor();
  await look("person-withdrawn");
});

test("a file that names who opted out puts them among those who are never messaged", async () => {
  const { page, look } = visitor;
  await upload("stops.csv", [
    "name,phone_e164,consent,opted_out",
    `Citra Wijaya,${citra},yes,yes`,
    `Dewi Halim,${dewi},yes,`,
    `Dewi H,${dewi},yes,`,
    `Dewi Halim,${dewi},yes,yes`,
    "Gita Putri,+6281200000207,yes,no",
  ]);
  await says("Rows of the file");
  await expect.poll(verdicts).toEqual(["Rows 5", "New 1", "Opted out 4"]);
  await look("import-opted-out");
  await page.getByLabel("Your statement").fill(STATEMENT);
  await button("Import 1 contact into Parents, never message those who opted out").click();
  await page.getByRole("heading", { name: "Imported into Parents" }).waitFor();
  await expect.poll(verdicts).toEqual(["Rows 5", "New 1", "Opted out 4"]);
  await look("import-opted-out-done");
  await page.getByRole("link", { name: "See who opted out" }).click();
  await row("Citra Wijaya").getByText("Marked in an import").waitFor();
  await row("Dewi Halim").getByText("Marked in an import").waitFor();
  await look("suppressed-by-import");
});

test("a file that only opts people out adds nobody, and makes no list", async () => {
  const { page, look } = visitor;
  const lines = ["name,phone_e164,consent,opted_out", "Hadi Wijaya,+6281200000208,no,yes"];
  await upload("left.csv", lines, "A new list");
  await says("How do you know?");
  await look("import-opt-outs-alone");
  await page.getByLabel("Your statement").fill(STATEMENT);
  await button("Never message those who opted out").click();
  await page.getByRole("heading", { name: "Nobody was added" }).waitFor();
  await look("import-opt-outs-alone-done");
  await page.goto("/contacts/upload");
  await row("left.csv").getByText("None").waitFor();
  await look("import-recent-states");
  await page.goto("/contacts");
  await says("Parents");
  await expect.poll(() => page.getByText("left", { exact: true }).count()).toBe(0);
});

async function linkPhone(phone: string, name: string): Promise<void> {
  const { page } = visitor;
  await page.goto("/link");
  const another = page.getByRole("link", { name: "Link another phone" });
  await page.getByRole("link", { name: "Type a code on the phone" }).or(another).first().waitFor();
  if ((await another.count()) > 0) await another.click();
  await page.getByRole("link", { name: "Type a code on the phone" }).click();
  await page.getByLabel("Number of the phone").fill(phone);
  await button("Get a code").click();
  const shown = page.getByTestId("pairing-code").filter({ hasText: /^[0-9A-Z]{4}-[0-9A-Z]{4}$/ });
  await shown.waitFor();
  await simulator.openAccount(phone, name);
  await simulator.enterLinkCode(phone, await shown.innerText());
  await shown.waitFor({ state: "detached" });
}

test("who has several phones says which of them asks for the YES", async () => {
  const { page, look } = visitor;
  const [ani, budi] = [newPhone(), newPhone()];
  await linkPhone(ani, "Ani");
  await linkPhone(budi, "Budi");
  await page.goto(`/contacts?list=${listId}`);
  await page.getByRole("switch", { name: /^Double opt-in/ }).click();
  await button(/^Ask/).waitFor();
  await look("contacts-ask-phones");
  const phones = page.getByLabel("The phone that asks");
  const option = await phones.getByRole("option", { name: budi }).getAttribute("value");
  await phones.selectOption(option);
  await button(/^Ask/).click();
  await page.waitForURL("**/campaigns/*");
  await says(budi);
  await look("campaign-ask");
});

test("nothing of it troubled the browser", () => {
  expect(visitor.problems).toEqual([]);
});
