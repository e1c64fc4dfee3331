import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningApp, startApp } from "./app.ts";
import { newVisitor, openAccount, openBrowser, type Visitor } from "./browser.ts";
import { oneStory } from "./one-story.ts";
import { bring } from "./people.ts";

const EMAIL = "people@example.org";
const STATEMENT = "Signed the list at the open day on 3 May.";

const first = ["Ayu", "Bima", "Citra", "Dewi", "Eka", "Fajar", "Gita", "Hadi", "Indah", "Joko", "Kartika", "Lukman"];
const last = ["Lestari", "Saputra", "Wijaya", "Halim", "Pratama"];
const classmates = first.map((name, i) => ({
  name: `${name} ${last[i % last.length]}`,
  phoneE164: `+62812000000${String(i + 10)}`,
  consent: i !== 3,
  optedOut: i === 4,
  ...(i === 5 ? { onWhatsapp: false } : {}),
  attributes: { class: `7${"ABC"[i % 3]}`, city: i % 2 === 0 ? "Bandung" : "Jakarta" },
}));
const twins = ["+6281300000001", "+6281300000002"].map((phoneE164, i) => ({
  name: "Maya Sari",
  phoneE164,
  tags: [`choir ${i + 1}`],
  attributes: { [i === 0 ? "class" : "city"]: i === 0 ? "8A" : "Solo" },
}));

let app: RunningApp;
let browser: Browser;
let visitor: Visitor;
let listId: string;

beforeAll(async () => {
  app = await startApp();
  browser = await openBrowser();
  visitor = await newVisitor(browser, app.origin, { refusals: [400, 404, 409, 422] });
  await openAccount(visitor, EMAIL);
});
afterAll(async () => {
  await browser?.close();
  await app?.stop();
});

oneStory("contacts", () => visitor);

const button = (name: string | RegExp): Locator => visitor.page.getByRole("button", { name });
const link = (name: string | RegExp): Locator => visitor.page.getByRole("link", { name });
const says = (text: string | RegExp) => visitor.page.getByText(text).first().waitFor();
const dialog = () => visitor.page.getByRole("dialog");
/** The names in the table, as far as it holds rows. */
const names = () => visitor.page.getByRole("rowheader").allInnerTexts();
const choose = (name: string) => visitor.page.getByRole("checkbox", { name: `Choose ${name}` }).check();
const fromMenu = async (menu: string, item: string) => {
  await visitor.page.getByRole("button", { name: menu, exact: true }).click();
  await visitor.page.getByRole("menuitem", { name: item }).click();
};

test("a person without contacts adds one by hand, with the evidence of consent; a wrong number is told and nothing is lost", async () => {
  const { page, look } = visitor;
  await page.goto("/contacts");
  await page.getByRole("heading", { name: "No contacts yet" }).waitFor();
  await look("contacts-none");
  await link("Add one by hand").click();
  await page.getByLabel("Name", { exact: true }).fill("Nadia Putri");
  await page.getByLabel("Phone number").fill("0812 12");
  await page.getByLabel("Your statement").fill(STATEMENT);
  await button("Add an attribute").click();
  await page.getByLabel("Name of attribute 1").fill("class");
  await page.getByLabel("Value of attribute 1").fill("9C");
  await button("Add this person").click();
  await says("This number is too short");
  await expect.poll(() => page.getByLabel("Value of attribute 1").inputValue()).toBe("9C");
  await look("contacts-add");
  await page.getByLabel("Phone number").fill("+62 812-3000-0001");
  await button("Add this person").click();
  await page.getByRole("heading", { name: "Nadia Putri" }).waitFor();
  await says("Recorded by hand by people@example.org");
  await says(STATEMENT);
  await look("person-new");
});

test("people stand beside their lists, each with their consent and state; an old address of a list leads there", async () => {
  const { page, look } = visitor;
  listId = await bring(app.databaseUrl, { email: EMAIL, list: "Classmates", people: [...classmates, ...twins] });
  await page.goto("/contacts");
  await link(/^Classmates/).waitFor();
  await look("contacts");
  await page.goto(`/contacts/${listId}`);
  await page.waitForURL(`**/contacts?list=${listId}`);
  await page.getByRole("heading", { name: "Classmates" }).waitFor();
  await expect.poll(() => page.getByRole("definition").allInnerTexts()).toEqual(["14", "11", "1", "1", "1"]);
  const row = (name: string) => page.getByRole("row").filter({ hasText: name });
  await row("Dewi Halim").getByText("No consent").waitFor();
  await row("Eka Pratama").getByText("Opted out").waitFor();
  await row("Fajar Lestari").getByText("Not on WhatsApp").waitFor();
  await row("Gita Saputra").getByText("Can be messaged").waitFor();
  await button("Columns").click();
  await page.getByRole("checkbox", { name: "class" }).check();
  await page.keyboard.press("Escape");
  await row("Gita Saputra").getByText("7A").waitFor();
  await look("contacts-list");
});

test("search finds by the beginning of a word and the end of a number while somebody types, and says when nobody matches", async () => {
  const { page, look } = visitor;
  await page.goto(`/contacts?list=${listId}`);
  const before = await page.evaluate(() => history.length);
  const search = page.getByLabel("Search");
  await search.pressSequentially("lest");
  await expect.poll(names).toEqual(["Ayu Lestari", "Fajar Lestari", "Kartika Lestari"]);
  // Its first letters find the same three.
  await expect.poll(() => new URL(page.url()).searchParams.get("search")).toBe("lest");
  await search.fill("0000021");
  await expect.poll(names).toEqual(["Lukman Saputra"]);
  await search.fill("estari");
  await page.getByRole("heading", { name: "Nobody matches" }).waitFor();
  await expect.poll(() => search.evaluate((field) => field === document.activeElement)).toBe(true);
  expect(await page.evaluate(() => history.length), "typing leaves no trail in the history").toBe(before);
  await look("contacts-no-match");
  await link("Show everybody").click();
  await expect.poll(async () => (await names()).length).toBe(14);
  await expect.poll(() => search.inputValue()).toBe("");
});

test("those who are chosen are tagged, and the tag narrows the list", async () => {
  const { page, look } = visitor;
  await choose("Ayu Lestari");
  await choose("Citra Wijaya");
  await says("2 people chosen");
  await look("contacts-chosen");
  await button("Tag").click();
  await dialog().getByRole("textbox", { name: "Tags to add" }).fill("committee");
  await page.keyboard.press("Enter");
  await look("contacts-tag");
  await dialog().getByRole("button", { name: "Change the tags" }).click();
  await says("The tags of 2 people were changed.");
  await says("Choose the 14 shown");
  await page.getByLabel("Tag", { exact: true }).selectOption("committee");
  await expect.poll(names).toEqual(["Ayu Lestari", "Citra Wijaya"]);
  await page.getByRole("checkbox", { name: "Choose the 2 shown" }).check();
  await fromMenu("More", "Take off Classmates");
  await dialog().getByRole("button", { name: "Take off the list" }).click();
  await page.getByRole("heading", { name: "Nobody matches" }).waitFor();
  await page.goto("/contacts?tag=committee");
  await choose("Ayu Lestari");
  await choose("Citra Wijaya");
  await button("Add to a list").click();
  await dialog().getByLabel("List", { exact: true }).selectOption("Classmates");
  await dialog().getByRole("button", { name: "Add to the list" }).click();
  await says("2 people put on the list.");
});

test("consent is recorded with a statement, which is asked for, and withdrawn", async () => {
  const { page } = visitor;
  await page.goto(`/contacts?list=${listId}&state=no_consent`);
  await choose("Dewi Halim");
  await fromMenu("More", "Record that they agreed");
  await dialog().getByRole("button", { name: "Record their consent" }).click();
  await says("Write how they agreed");
  await dialog().getByLabel("How did they agree?").fill(STATEMENT);
  await dialog().getByRole("button", { name: "Record their consent" }).click();
  await says("Consent of 1 person recorded.");
  await page.goto(`/contacts?list=${listId}`);
  await choose("Joko Pratama");
  await fromMenu("More", "Withdraw their consent");
  await dialog().getByRole("button", { name: "Withdraw their consent" }).click();
  await says("Consent of 1 person withdrawn.");
  await page.getByRole("row").filter({ hasText: "Joko Pratama" }).getByText("No consent").waitFor();
});

test("a person is changed: name, attributes and lists; the evidence and what happened stand beside it", async () => {
  const { page, look } = visitor;
  await link("Gita Saputra").click();
  await page.getByLabel("Name", { exact: true }).fill("Gita Saputri");
  await page.getByLabel("Name of attribute 1").fill("class_of");
  await button("Take attribute 2 away").click();
  await button("Save").click();
  await page.getByRole("heading", { name: "Gita Saputri" }).waitFor();
  await expect.poll(() => page.getByLabel("Name of attribute 1").inputValue()).toBe("class_of");
  await expect.poll(() => page.getByLabel("Name of attribute 2").count()).toBe(0);
  await page.getByRole("region", { name: "What happened" }).getByText("Agreed").waitFor();
  await look("person");
  await button("Take off Classmates").click();
  await says("On no list.");
  await button("Never message").click();
  await dialog().getByRole("button", { name: "Never message Gita Saputri" }).click();
  await says("You cannot take it back: only they can, by writing START to you.");
  await expect.poll(() => button("Record consent").count()).toBe(0);
  await look("person-opted-out");
});

test("two contacts that may be one person are compared and made one", async () => {
  const { page, look } = visitor;
  await page.goto(`/contacts?list=${listId}&search=maya`);
  const other = page.getByRole("row").filter({ hasText: "Maya Sari" }).filter({ hasNotText: "+6281300000002" });
  await other.getByRole("link", { name: "Maya Sari" }).click();
  await link("Compare with +6281300000002").click();
  await dialog().getByText("8A").waitFor();
  await dialog().getByText("Solo").waitFor();
  await look("person-merge");
  await dialog().getByRole("radio", { name: "Maya Sari, +6281300000002" }).check();
  await dialog().getByRole("button", { name: "Keep +6281300000002" }).click();
  await says("The two are one contact now.");
  await says(/^\+6281300000002\./);
  await expect.poll(() => page.getByText("Perhaps twice").count()).toBe(0);
  await says("choir 1");
  await says("choir 2");
});

test("a list is renamed, asks for a YES, and is deleted by its name while its people stay", async () => {
  const { page, look } = visitor;
  await page.goto("/contacts");
  await button("New list").click();
  await dialog().getByLabel("Name of the list").fill("Neighbours");
  await look("contacts-new-list");
  await dialog().getByRole("button", { name: "Make the list" }).click();
  await page.getByRole("heading", { name: "Nobody is on Neighbours yet" }).waitFor();
  await look("contacts-empty-list");
  await fromMenu("More for Neighbours", "Rename");
  await dialog().getByLabel("Name of the list").fill("Old neighbours");
  await dialog().getByRole("button", { name: "Rename it" }).click();
  await page.getByRole("heading", { name: "Old neighbours", exact: true }).waitFor();
  await page.goto(`/contacts?list=${listId}`);
  await page.getByRole("switch", { name: /^Double opt-in/ }).click();
  await button(/^Ask \d+ people to confirm$/).waitFor();
  await page.getByRole("row").filter({ hasText: "Bima Saputra" }).getByText("Waits for YES").waitFor();
  await look("contacts-double-opt-in");
  await button(/^Ask \d+ people/).click();
  await page.getByRole("alert").getByText("not linked").waitFor();
  await fromMenu("More for Classmates", "Delete the list");
  await dialog().getByText("people stay among your contacts").waitFor();
  await look("contacts-delete-list");
  await dialog().getByRole("button", { name: "Delete Classmates" }).click();
  await says("The list is deleted.");
  await link("Bima Saputra").waitFor();
});

test("whoever asks to be forgotten is erased, by typing the name, and cannot come back", async () => {
  const { page, look } = visitor;
  await link("Bima Saputra").click();
  await button("Erase everything").click();
  await dialog().getByText("We keep only a fingerprint so that they are never messaged again.").waitFor();
  await dialog()
    .getByLabel(/^To go on, type/)
    .fill("Bima");
  await dialog().getByRole("button", { name: "Erase Bima Saputra" }).click();
  await says("This is not their name or number.");
  await look("person-erase");
  await dialog()
    .getByLabel(/^To go on, type/)
    .fill("bima saputra");
  await dialog().getByRole("button", { name: "Erase Bima Saputra" }).click();
  await says("Everything about this person is erased.");
  await expect.poll(() => link("Bima Saputra").count()).toBe(0);
  await page.goto("/contacts/add");
  await page.getByLabel("Name", { exact: true }).fill("Bima again");
  await page.getByLabel("Phone number").fill("+6281200000011");
  await page.getByLabel("Your statement").fill(STATEMENT);
  await button("Add this person").click();
  await says("opted out");
});

test("many numbers are left out at once, each with its answer; a contact among them is named", async () => {
  const { page, look, problems } = visitor;
  await page.goto("/contacts/suppressed");
  await page.getByLabel("Phone numbers, one a line").fill("+6281200000017\n+62 812 9999 0001\n12");
  await button("Never message these numbers").click();
  await says("2 numbers left out, 1 line is not a number");
  await page.getByRole("cell", { name: "Left out from now on" }).first().waitFor();
  await link("Hadi Wijaya").waitFor();
  await look("suppressed-many");
  await expect
    .poll(() => page.getByRole("table", { name: "What became of each number" }).getByRole("row").count())
    .toBe(4);
  expect(problems).toEqual([]);
});
