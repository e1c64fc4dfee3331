import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningApp, startApp } from "./app.ts";
import { newVisitor, openBrowser, type Visitor } from "./browser.ts";

const PASSWORD = "a calm river walks 42";

let app: RunningApp;
let browser: Browser;
let visitor: Visitor;

beforeAll(async () => {
  app = await startApp();
  browser = await openBrowser();
  visitor = await newVisitor(browser, app.origin, { refusals: [400, 401, 404, 409, 422] });
});
afterAll(async () => {
  await browser?.close();
  await app?.stop();
});

test("without JavaScript a person registers, is told what is wrong, loses nothing, and imports a file", async () => {
  const { page } = await newVisitor(browser, app.origin, { javaScriptEnabled: false });
  await page.goto("/contacts/upload");
  await page.getByRole("link", { name: "Open one" }).click();
  await expect.poll(() => page.locator("form").innerText()).toContain("It is against WhatsApp's terms.");
  await page.getByLabel("E-mail address").fill("budi@example.org");
  await page.getByLabel("Password", { exact: true }).fill("welcome12345");
  await page.getByLabel("Time zone").selectOption("Asia/Makassar");
  await page.getByRole("checkbox").check();
  await page.getByRole("button", { name: "Open the account" }).click();
  await page.getByText("on the lists of common ones").waitFor();
  await expect.poll(() => page.getByLabel("E-mail address").inputValue()).toBe("budi@example.org");
  await expect.poll(() => page.getByLabel("Time zone").inputValue()).toBe("Asia/Makassar");
  await expect.poll(() => page.getByRole("checkbox").isChecked()).toBe(true);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Open the account" }).click();
  await page.waitForURL("**/contacts/upload");
  await page
    .getByLabel("Excel or CSV file")
    .setInputFiles(csv("nama,hp,setuju,class of\nAyu,+6281200000001,ya,2001\nBima,12,ya,2002\n"));
  await page.getByRole("button", { name: "Check the file" }).click();
  await expect.poll(() => page.getByLabel("What hp is").inputValue()).toBe("phone");
  await page.getByLabel("Name of the variable for class of").fill("year");
  await page.getByRole("button", { name: "Check the rows" }).click();
  await page.getByText("2 rows for the new list “people”.").waitFor();
  await page.getByLabel("hp, row 3").fill("+6281200000002");
  await page.getByRole("button", { name: "Save and check" }).click();
  await page.getByText("Row 3 is mended.").waitFor();
  await page.getByLabel("Your statement").fill("They signed up at the open day.");
  await page.getByRole("button", { name: "Import 2 contacts into people" }).click();
  await page.getByRole("heading", { name: "Imported into people" }).waitFor();
  await page.context().close();
});

test("a wrong password and a taken address are refused in words, and what was typed stays", async () => {
  const { page, look } = visitor;
  await page.goto("/login");
  await page.getByLabel("E-mail address").fill("budi@example.org");
  await page.getByLabel("Password", { exact: true }).fill("not my password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("do not match an account").waitFor();
  await expect.poll(() => page.getByLabel("E-mail address").inputValue()).toBe("budi@example.org");
  await look("login-refused");
  await page.goto("/register");
  await page.getByLabel("E-mail address").fill("budi@example.org");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("checkbox").click();
  await page.getByRole("button", { name: "I understand and accept" }).click();
  await page.getByRole("button", { name: "Open the account" }).click();
  await page.getByText("An account with this address exists.").waitFor();
  await expect.poll(() => page.getByLabel("Password", { exact: true }).inputValue()).toBe(PASSWORD);
});

test("a file without one usable row is an error that says so", async () => {
  const { page, look } = visitor;
  await page.goto("/login?next=/contacts/upload");
  await page.getByLabel("E-mail address").fill("budi@example.org");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL("**/contacts/upload");
  await page.locator("input[name=file]").setInputFiles(csv("name,phone_e164,consent\nAyu,12,yes\nBima,,no\n"));
  await page.getByRole("button", { name: "Check the file" }).click();
  await page.getByRole("alert").getByText("Nothing can be imported yet").waitFor();
  await expect.poll(() => page.getByRole("button", { name: /^Import / }).count()).toBe(0);
  await look("nothing-usable");
  await page.goto("/contacts/upload");
  await page.locator("input[name=file]").setInputFiles(csv("nom,tel\nAyu,12\n"));
  await page.getByRole("button", { name: "Check the file" }).click();
  await page.getByRole("button", { name: "Check the rows" }).click();
  await page.getByText("Choose the column that is the consent.").waitFor();
});

test("somebody quick at the keyboard does not break the page while it loads", async () => {
  const { page, problems } = visitor;
  for (let load = 0; load < 8; load += 1) {
    await page.goto("/link", { waitUntil: "commit" });
    for (let key = 0; key < 10; key += 1) await page.keyboard.press("Tab");
    await page.waitForLoadState("load");
  }
  await page.evaluate(() => sessionStorage.setItem("open-since", String(performance.timeOrigin)));
  await page.getByRole("link", { name: "Contacts" }).first().click();
  await page.getByRole("heading", { name: "Contacts", level: 1 }).waitFor();
  expect(await page.evaluate(() => sessionStorage.getItem("open-since") === String(performance.timeOrigin))).toBe(true);
  expect(problems).toEqual([]);
});

test("an address that names nothing says so inside the app, and the way on stays in sight", async () => {
  const { page, look, problems } = visitor;
  for (const path of ["/campaigns/cmp_nobody", "/contacts/nothing", "/nowhere"]) {
    await page.goto(path);
    await page.getByRole("heading", { name: "There is nothing here" }).waitFor();
  }
  await page.goto("/campaigns/cmp_nobody");
  await page.getByRole("navigation", { name: "Main" }).first().waitFor();
  await look("not-found");
  expect(problems).toEqual([]);
});

function csv(text: string) {
  return { name: "people.csv", mimeType: "text/csv", buffer: Buffer.from(text) };
}
