import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningApp, startApp } from "./app.ts";
import { newVisitor, openAccount, openBrowser, screens, type Visitor } from "./browser.ts";
import { bringMany } from "./people.ts";

const EMAIL = "crowd@example.org";
const MANY = 20_000;

let app: RunningApp;
let browser: Browser;
let visitor: Visitor;

beforeAll(async () => {
  app = await startApp();
  browser = await openBrowser();
  visitor = await newVisitor(browser, app.origin);
  await openAccount(visitor, EMAIL);
  await bringMany(app.databaseUrl, EMAIL, "Guests", MANY);
});
afterAll(async () => {
  await browser?.close();
  await app?.stop();
});

test(`a list of ${MANY} people scrolls, and the page holds a few of them; what does not come is told and tried again`, async () => {
  const { page, look, problems } = visitor;
  await page.goto("/contacts");
  await page.getByRole("link", { name: /^Guests/ }).click();
  await page.getByRole("heading", { name: "Guests" }).waitFor();
  await page.getByRole("link", { name: "Guest 1", exact: true }).waitFor();
  await expect
    .poll(() => page.getByRole("table", { name: "People on Guests" }).getAttribute("aria-rowcount"))
    .toBe(`${MANY + 1}`);
  let most = 0;
  const shown = async () => Number((await page.getByText(/ shown of /).innerText()).replace(/ shown.*|,/g, ""));
  await expect
    .poll(async () => {
      await page.mouse.wheel(0, 5_000);
      most = Math.max(most, await page.getByRole("row").count());
      return shown();
    })
    .toBeGreaterThan(1_000);
  expect(most).toBeLessThan(100);
  await look("contacts-many");
  await page.route("**/contacts/rows*", (route) => route.abort());
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  await page.getByText("The next people did not come").waitFor();
  await page.unroute("**/contacts/rows*");
  const before = await shown();
  await page.getByRole("button", { name: "Try again" }).click();
  await expect.poll(shown).toBeGreaterThan(before);
  // The browser complains of what was cut here on purpose.
  expect(problems.filter((problem) => !problem.includes("ERR_FAILED"))).toEqual([]);
});

test("whoever opens a person far down comes back to the same place, with the keyboard on that person", async () => {
  const { page, problems } = visitor;
  const before = problems.length;
  const far = () => page.getByRole("link", { name: "Guest 700", exact: true });
  const focused = () => far().evaluate((link) => link === document.activeElement);
  const down = () => page.evaluate(() => window.scrollY);
  await page.goto("/contacts");
  await page.getByRole("link", { name: /^Guests/ }).click();
  await page.getByRole("link", { name: "Guest 1", exact: true }).waitFor();
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 800 });
    await expect
      .poll(async () => {
        if ((await far().count()) > 0) return true;
        const first = Number(await page.locator("[data-index]").first().getAttribute("data-index"));
        await page.mouse.wheel(0, first > 699 ? -1_000 : 1_000);
        return false;
      })
      .toBe(true);
    // In the middle, where a click need not bring it first.
    await expect
      .poll(async () => {
        await far().evaluate((link) => link.scrollIntoView({ block: "center" }));
        return far().evaluate((link) => Math.abs(link.getBoundingClientRect().top - innerHeight / 2));
      })
      .toBeLessThan(40);
    // Rows that were just measured may still move it.
    let left = Number.NaN;
    await expect
      .poll(async () => {
        const before = left;
        left = await down();
        return left === before;
      })
      .toBe(true);
    await far().click();
    await page.getByRole("heading", { name: "Guest 700" }).waitFor();
    await page.goBack();
    await expect.poll(focused).toBe(true);
    expect(Math.abs((await down()) - left), `at a width of ${width}`).toBeLessThan(3);
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "Back to Guests" }).click();
    await expect.poll(focused).toBe(true);
    expect(Math.abs((await down()) - left), `by the link, at a width of ${width}`).toBeLessThan(3);
    await page.screenshot({ path: join(screens, `contacts-back-${width}.png`) });
    await page.evaluate(() => window.scrollTo(0, 0));
  }
  expect(problems.slice(before)).toEqual([]);
});

test("without JavaScript people are found, and paged through by links", async () => {
  const storageState = await visitor.page.context().storageState();
  const { page, problems } = await newVisitor(browser, app.origin, { javaScriptEnabled: false, storageState });
  await page.goto("/contacts");
  await page.getByLabel("Search").fill("guest");
  await page.getByRole("button", { name: "Show" }).click();
  await page.getByRole("link", { name: "Guest 50", exact: true }).waitFor();
  await page.getByRole("link", { name: "More rows" }).click();
  await page.getByRole("link", { name: "Guest 51", exact: true }).waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});
