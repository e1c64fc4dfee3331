import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "#db/client.ts";
import { campaigns } from "#db/schema/index.ts";
import { createHeldSession } from "../factories.ts";
import { until } from "../stage.ts";
import { type RunningApp, startApp } from "./app.ts";
import { newVisitor, openAccount, openBrowser, type Visitor } from "./browser.ts";
import { bring, bringMany } from "./people.ts";

const EMAIL = "wizard@example.org";

let app: RunningApp;
let browser: Browser;
let visitor: Visitor;
const LONG = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaft";

beforeAll(async () => {
  app = await startApp();
  browser = await openBrowser();
  visitor = await newVisitor(browser, app.origin, { refusals: [409, 503] });
  await openAccount(visitor, EMAIL);
});
afterAll(async () => {
  await browser?.close();
  await app?.stop();
});

const drafts = async () => {
  const connection = connect(app.databaseUrl);
  const rows = await connection.db.select().from(campaigns);
  await connection.close();
  return rows;
};
const saved = () => visitor.page.getByText(/^Saved \d\d:\d\d/).waitFor();

const counted = (words: string) => visitor.page.getByRole("region", { name: "Who gets it" }).getByText(words).waitFor();

test("an empty account is told what a campaign needs first", async () => {
  const { page, look } = visitor;
  await page.goto("/campaigns/new");
  await page.getByRole("heading", { name: "First link a phone" }).waitFor();
  await look("wizard-empty");
});

test("lists, tags and exceptions are counted as they are chosen, and saved as they are", async () => {
  const { page, look } = visitor;
  const person = (n: number) => `+62812${String(n).padStart(8, "0")}`;
  const pupils = Array.from({ length: 12 }, (_, n) => ({
    name: n === 0 ? LONG : `Pupil ${n}`,
    phoneE164: person(n),
    tags: n < 3 ? ["choir"] : [],
    consent: n !== 11,
    optedOut: n === 10,
    attributes: (n < 7 ? { class: `7${"ABC"[n % 3]}` } : { city: "Solo *not bold*" }) as Record<string, string>,
  }));
  await bring(app.databaseUrl, { email: EMAIL, list: "Class of 2006", people: pupils });
  await bring(app.databaseUrl, {
    email: EMAIL,
    list: "Teachers",
    people: [{ name: "Ibu Sri", phoneE164: person(50) }],
  });
  await bringMany(app.databaseUrl, EMAIL, "Everybody in town", 300);
  const connection = connect(app.databaseUrl);
  const [owner] = await connection.db.query.users.findMany();
  if (!owner) throw new Error("nobody is there");
  await createHeldSession(connection.db, owner.id);
  await connection.close();

  await page.goto("/campaigns/new");
  await page.getByText("Nobody yet.").waitFor();
  await look("wizard-audience-empty");
  expect(await drafts()).toEqual([]);
  await page.getByRole("group", { name: "Lists" }).getByLabel("Class of 2006").check();
  await counted("10 people get it, 2 do not");
  await saved();
  await page.getByRole("group", { name: "Lists" }).getByLabel("Teachers").check();
  await counted("11 people get it, 2 do not");
  await page.getByText("See why 2 do not").click();
  await page.getByText("1 person opted out.").waitFor();
  await page.getByLabel("Name", { exact: true }).fill("Class meeting");
  await page.getByText("Leave people out").click();
  await page.getByRole("group", { name: "Not those tagged" }).getByLabel("choir").check();
  await counted("8 people get it, 2 do not");
  await saved();
  await look("wizard-audience");
  await expect.poll(drafts).toMatchObject([{ name: "Class meeting", exceptTags: ["choir"] }]);

  await page.getByRole("group", { name: "Lists" }).getByLabel("Everybody in town").check();
  await page.getByText("108 people too many").waitFor();
  await look("wizard-over-cap");
  await page.getByRole("group", { name: "Lists" }).getByLabel("Everybody in town").uncheck();
  await page.getByRole("group", { name: "Not those tagged" }).getByLabel("choir").uncheck();
  await counted("11 people get it, 2 do not");
});

test("what was typed survives a reload, and the way back", async () => {
  const { page } = visitor;
  await page.getByLabel("Name", { exact: true }).fill("Class reunion");
  await saved();
  await page.reload();
  await expect.poll(() => page.getByLabel("Name", { exact: true }).inputValue()).toBe("Class reunion");
  // Not even a moment's pause is needed.
  await page.getByLabel("Name", { exact: true }).fill("Class reunion 2026");
  await page.getByRole("button", { name: "Next: the message" }).click();
  await page.getByRole("textbox", { name: "Message" }).fill("Hi");
  await page.goBack();
  await until("the name is kept", async () => (await drafts())[0]?.name === "Class reunion 2026");
  await until("the text is kept", async () => (await drafts())[0]?.templateText === "Hi");
  await expect.poll(drafts).toHaveLength(1);
  await page.goForward();
  await page.getByRole("textbox", { name: "Message" }).waitFor();
});

test("a message is written with the keyboard alone, and shown as WhatsApp shows it", async () => {
  const { page, look } = visitor;
  const message = page.getByRole("textbox", { name: "Message" });
  await message.fill("Hi ");
  await page.getByRole("button", { name: "name", exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.type(" of ");
  await page.getByRole("button", { name: "class", exact: true }).focus();
  await page.keyboard.press("Space");
  await page.keyboard.type(", see you ");
  await page.keyboard.press("Control+b");
  await page.keyboard.type("on Friday");
  await page.keyboard.press("Control+b");
  await page.keyboard.type("!");
  await expect.poll(() => message.inputValue()).toBe("Hi {{name}} of {{class}}, see you *on Friday*!");
  const preview = page.getByRole("region", { name: "Preview" });
  await preview.locator("strong", { hasText: "on Friday" }).waitFor();
  await page.getByText("4 contacts have no class").waitFor();
  await page.getByText("1 of 3").waitFor();
  await page.getByRole("button", { name: "Next contact" }).click();
  await page.getByText("2 of 3").waitFor();
  await look("wizard-message");
  await page.getByRole("textbox", { name: "4 contacts have no class" }).fill("your class");
  await page.keyboard.press("Enter");
  await expect.poll(() => message.inputValue()).toContain("{{class|your class}}");
  await page.getByRole("button", { name: "Reply STOP to opt out" }).click();
  await expect.poll(() => message.inputValue()).toMatch(/\n\nReply STOP to opt out\.$/);
  await message.press("End");
  await page.keyboard.type(" {{teacher}}");
  await page.getByText("Nobody who was chosen has {{teacher}}.").waitFor();
  await look("wizard-unknown");
  for (let i = 0; i < 12; i += 1) await page.keyboard.press("Backspace");
  await saved();
  // As it was typed: browsers would send each line end as two characters.
  await until("the text is kept", async () => (await drafts())[0]?.templateText === (await message.inputValue()));
  await page.getByText(/; the longest has \d+, for /).waitFor();
});

test("a text is kept under a name, used again, renamed and deleted", async () => {
  const { page, look } = visitor;
  const message = page.getByRole("textbox", { name: "Message", exact: true });
  const before = await message.inputValue();
  await page.getByRole("button", { name: "Use the text Invitation (a sample)" }).click();
  await expect.poll(() => message.inputValue()).toContain("our class meets again");
  await page.getByRole("button", { name: "Put the text back that was here" }).click();
  await expect.poll(() => message.inputValue()).toBe(before);
  await saved();
  await page.getByRole("button", { name: "Save this text" }).click();
  await page.getByLabel("Name of the text").fill("Reunion");
  await page.getByRole("button", { name: "Save the text" }).click();
  await page.getByRole("button", { name: "Use the text Reunion" }).waitFor();
  await page.getByRole("button", { name: "Save this text" }).click();
  await page.getByLabel("Name of the text").fill("Reunion");
  await page.getByRole("button", { name: "Save the text" }).click();
  await page.getByText("You have a text with the name “Reunion”.").waitFor();
  await page.getByRole("button", { name: "Not now" }).click();
  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByLabel("Name of the text").fill("Reunion invitation");
  await page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
  await page.getByRole("button", { name: "Use the text Reunion invitation" }).waitFor();
  await look("wizard-library");
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("button", { name: "Delete the text" }).click();
  await page.getByText("A text that you save here can be used again").waitFor();
  await expect.poll(() => message.inputValue()).toBe(before);
});

test("of two tabs neither undoes what the other did unasked", async () => {
  const { page, look } = visitor;
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const field = (tab: typeof page) => tab.getByRole("textbox", { name: "Message", exact: true });
  const other = await page.context().newPage();
  await other.goto(page.url());
  await field(other).fill("from there");
  await until("the other tab has saved", async () => (await drafts())[0]?.templateText === "from there");
  await until("this one shows it", async () => (await field(page).inputValue()) === "from there");
  await page.route("**/campaigns/new/save**", async (route) => {
    await held;
    await route.continue();
  });
  await field(page).fill("from here");
  await page.getByText("Saving…").waitFor();
  await field(other).fill("from there again");
  await until("the other tab has saved", async () => (await drafts())[0]?.templateText === "from there again");
  release();
  await page.getByText("What you typed here is not saved yet.").waitFor();
  await expect.poll(() => field(page).inputValue()).toBe("from here");
  await look("wizard-conflict");
  await page.getByRole("button", { name: "Keep what is here" }).click();
  await saved();
  await until("it is kept", async () => (await drafts())[0]?.templateText === "from here");
  await until("the other tab shows it", async () => (await field(other).inputValue()) === "from here");
  await page.unroute("**/campaigns/new/save**");
  await other.close();
});

test("what cannot be saved is said, and saved when it can", async () => {
  const { page, look } = visitor;
  await page.route("**/campaigns/new/save**", (route) =>
    route.fulfill({ status: 503, json: { code: "x", message: "Down." } }),
  );
  await page.getByRole("textbox", { name: "Message", exact: true }).fill("Hi {{name}}, it is on.");
  await page.getByText("Down.").waitFor();
  await look("wizard-not-saved");
  await page.unroute("**/campaigns/new/save**");
  await page.getByRole("button", { name: "Try again" }).click();
  await saved();
  await page.getByRole("button", { name: "Next: review" }).click();
  await page.waitForURL(/\/campaigns\/cmp_/);
  expect(visitor.problems).toEqual([]);
});

test("without a script the steps follow each other all the same", async () => {
  const context = await browser.newContext({
    baseURL: app.origin,
    javaScriptEnabled: false,
    storageState: await visitor.page.context().storageState(),
  });
  const page = await context.newPage();
  await page.goto("/campaigns/new");
  await page.getByLabel("Name", { exact: true }).fill("Plain");
  await page.getByLabel("Class of 2006").first().check();
  await page.getByRole("button", { name: "Next: the message" }).click();
  await page.getByRole("textbox", { name: "Message", exact: true }).fill("Hi {{name}}");
  await page.getByRole("button", { name: "Next: review" }).click();
  await page.waitForURL(/\/campaigns\/cmp_/);
  const plain = (await drafts()).find(({ name }) => name === "Plain");
  expect(plain).toMatchObject({ templateText: "Hi {{name}}", status: "draft" });
  await context.close();
});
