import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningApp, startApp } from "./app.ts";
import { newVisitor, openBrowser, type Visitor } from "./browser.ts";
import { oneStory } from "./one-story.ts";

const CLASSMATES = fileURLToPath(new URL("../../examples/classmates.xlsx", import.meta.url));
const PASSWORD = "a calm river walks 42";
const PEOPLE = 12;

let app: RunningApp;
let browser: Browser;
let visitor: Visitor;

beforeAll(async () => {
  app = await startApp();
  browser = await openBrowser();
  visitor = await newVisitor(browser, app.origin);
});
afterAll(async () => {
  await browser?.close();
  await app?.stop();
});

oneStory("story", () => visitor);

test("a newcomer opens an account, after reading the terms", async () => {
  const { page, look } = visitor;
  await page.goto("/");
  await page.getByRole("heading", { name: "WhatsApp messages to people who agreed" }).waitFor();
  await look("landing");
  await page.getByRole("link", { name: "Open an account" }).click();
  await page.getByLabel("E-mail address").fill("ani@example.org");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await expect.poll(() => page.getByLabel("Time zone").inputValue()).toBe("Asia/Jakarta");
  await look("register");
  await page.getByRole("checkbox").click();
  const terms = page.getByRole("dialog");
  await terms.getByText("It is against WhatsApp's terms.").waitFor();
  await look("terms");
  await terms.getByRole("button", { name: "I understand and accept" }).click();
  await page.getByRole("button", { name: "Open the account" }).click();
  await page.getByText("Three steps to your first campaign.").waitFor();
  await page.getByRole("link", { name: "400 points available" }).waitFor();
  await look("start");
});

test("they link their phone by scanning the code", async () => {
  const { page, look } = visitor;
  await page.getByRole("link", { name: "Link a phone" }).click();
  await look("link-empty");
  await page.getByRole("button", { name: "Show the QR code" }).click();
  await page.getByAltText("QR code to scan with WhatsApp").waitFor();
  await look("link", { keep: true });
  await page.getByRole("link", { name: "Scan with the pretend phone" }).click();
  await page.getByLabel("Number of the phone").fill("+6281234567890");
  await page.getByLabel("Name on the phone").fill("Ani");
  await look("scan");
  await page.getByRole("button", { name: "Scan the code" }).click();
  await page.getByRole("link", { name: "WhatsApp: Linked" }).click();
  await page.getByText("This phone is linked and ready to send.").waitFor();
  await look("linked");
});

test("they import an Excel file and see what becomes of every row", async () => {
  const { page, look } = visitor;
  await page.goto("/contacts/upload");
  await look("upload-empty");
  const [chooser] = await Promise.all([
    page.waitForEvent("filechooser"),
    page.getByRole("button", { name: "Choose a file" }).click(),
  ]);
  await chooser.setFiles(CLASSMATES);
  await page.getByText("classmates.xlsx").waitFor();
  await page.getByRole("button", { name: "Check the file" }).click();
  await page.getByRole("heading", { name: "Rows of the file" }).waitFor();
  const counts = await page.getByLabel("Show rows by verdict").getByRole("link").allInnerTexts();
  const [total, ...parts] = counts.map((text) => Number(text.match(/\d+$/)?.[0]));
  expect(parts.reduce((sum, part) => sum + part, 0)).toBe(total);
  await look("upload", { keep: true });
  await page.getByLabel("Your statement").fill("They ticked the box on the form of our class reunion.");
  await page.getByRole("button", { name: `Import ${PEOPLE} contacts` }).click();
  await page.getByRole("heading", { name: "Imported into classmates" }).waitFor();
  await look("imported");
  await page.getByRole("link", { name: "See the list" }).click();
  await page.getByRole("heading", { name: "classmates", exact: true }).waitFor();
  await page.getByRole("cell", { name: "+6281200000001" }).waitFor();
  await look("contacts");
});

test("they write a campaign and see it as three real people will", async () => {
  const { page, look } = visitor;
  await page.getByRole("link", { name: "Write a campaign" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Class reunion");
  await page.getByRole("button", { name: "Next: the message" }).click();
  await page
    .getByRole("textbox", { name: "Message", exact: true })
    .fill("Hi {{name}}, our reunion is on 12 December. Are you in? Yours, class ");
  await page.getByRole("group", { name: "Insert" }).getByRole("button", { name: "class" }).click();
  await page.getByLabel("Shortest wait").fill("1");
  await page.getByLabel("Longest wait").fill("1");
  const preview = page.getByRole("region", { name: "Preview" });
  await preview.getByText("Hi Ayu Lestari, our reunion").waitFor();
  await page.getByText(/^Saved /).waitFor();
  await look("campaign-new", { keep: true });
  await preview.getByRole("button", { name: "Next contact" }).click();
  await preview.getByText("2 of 3").waitFor();
  await page.getByRole("button", { name: "Next: review" }).click();
  await page.getByRole("heading", { name: "Before it starts" }).waitFor();
  await page.getByText("24 points are held for it, 376 are left").waitFor();
  await page.getByRole("button", { name: `Check which of ${PEOPLE} numbers have WhatsApp` }).click();
  await page.getByText("all have an account").waitFor();
  await look("review");
});

test("they start it, and the screen follows until everyone has read it", async () => {
  const { page, look } = visitor;
  await page.getByRole("checkbox").check();
  await page.getByLabel("Number of people who get it").fill(String(PEOPLE));
  await page.getByRole("button", { name: `Start: send to ${PEOPLE} people` }).click();
  await page
    .getByText("Sending.")
    .or(page.getByText(`${PEOPLE} have read it`))
    .first()
    .waitFor();
  await page.evaluate(() => sessionStorage.setItem("open-since", String(performance.timeOrigin)));
  await page.getByRole("link", { name: /^Read\s*(?:[2-9]|1[0-2])\b/ }).waitFor();
  await look("campaign", { keep: true });
  await page.getByText(`${PEOPLE} have read it`).waitFor({ timeout: 60_000 });
  await expect.poll(() => page.getByRole("cell", { name: "Read", exact: true }).count()).toBe(PEOPLE);
  await page.getByRole("link", { name: "376 points available" }).waitFor();
  const since = await page.evaluate(() => [sessionStorage.getItem("open-since"), String(performance.timeOrigin)]);
  expect(since[0], "the page was never loaded again").toBe(since[1]);
  await look("done");
});

test("they export the results", async () => {
  const { page } = visitor;
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Export CSV" }).click(),
  ]);
  const lines = readFileSync(await download.path(), "utf8")
    .trim()
    .split("\r\n");
  expect(lines.length).toBe(PEOPLE + 1);
  expect(lines.filter((line) => /\bread\b/.test(line)).length).toBe(PEOPLE);
});

test("a recipient writes STOP from the pretend phone and is left out from then on", async () => {
  const { page, look } = visitor;
  await page.goto("/dev/phone");
  const chats = page.getByRole("navigation", { name: "Chats" });
  await chats.getByRole("link", { name: "+6281200000001" }).click();
  await page.getByRole("listitem").filter({ hasText: "Hi Ayu Lestari, our reunion" }).getByText("Read").waitFor();
  await look("phone", { keep: true });
  await page.getByRole("link", { name: "On the phone of +6281200000001" }).click();
  await page.getByLabel("Write as +6281200000001").fill("STOP");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("listitem").filter({ hasText: "STOP" }).waitFor();
  await page.goto("/contacts/suppressed");
  await page.getByRole("cell", { name: "+6281200000001" }).waitFor();
  await page.getByRole("cell", { name: "They wrote STOP or the like" }).first().waitFor();
  await look("suppressed");
});

test("the wallet, the dashboard, the account and every empty form are in order too", async () => {
  const { page, look } = visitor;
  await page.goto("/");
  await page.getByRole("heading", { name: "Recent" }).waitFor();
  await look("dashboard", { keep: true });
  for (const [path, name] of [
    ["/billing/wallet", "wallet"],
    ["/campaigns", "campaigns"],
    ["/contacts", "lists"],
    ["/settings/account", "account"],
  ] as const) {
    await page.goto(path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await look(name);
  }
  await page.getByLabel("Name of the new token").fill("Cash desk");
  await page.getByRole("button", { name: "Make a token" }).click();
  await page.getByText(/^mst_/).waitFor();
  await page.getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("dialog").getByText("Revoke Cash desk?").waitFor();
  await look("revoke");
});

test("they sign out and in again, and the browser never complained", async () => {
  const { page, look, problems } = visitor;
  await page.goto("/");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL("**/login");
  await look("login");
  await page.goto("/campaigns");
  await page.getByLabel("E-mail address").fill("ani@example.org");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/campaigns");
  await page.getByRole("link", { name: "Class reunion" }).waitFor();
  expect(problems).toEqual([]);
});
