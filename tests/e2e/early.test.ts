import { eq } from "drizzle-orm";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type Connection, connect } from "#db/client.ts";
import { contactLists, users, wallets } from "#db/schema/index.ts";
import { publish } from "#server/events.ts";
import { type RunningApp, startApp } from "./app.ts";
import { holdBack, newVisitor, openAccount, openBrowser, type Visitor } from "./browser.ts";
import { bring } from "./people.ts";

const EMAIL = "early@example.org";
const people = [
  { name: "Ani Wijaya", phoneE164: "+6281230000001", tags: ["regular"] },
  { name: "Bo Halim", phoneE164: "+6281230000002", tags: ["regular"], consent: false },
  { name: "Citra Halim", phoneE164: "+6281230000003", consent: false },
];

let app: RunningApp;
let browser: Browser;
let connection: Connection;
let visitor: Visitor;
beforeAll(async () => {
  [app, browser] = await Promise.all([startApp(), openBrowser()]);
  connection = connect(app.databaseUrl);
  visitor = await newVisitor(browser, app.origin);
  await openAccount(visitor, EMAIL);
  await bring(app.databaseUrl, { email: EMAIL, list: "Classmates", people });
});
afterEach(() => visitor.page.unrouteAll({ behavior: "ignoreErrors" }));
afterAll(async () => {
  await browser?.close();
  await connection?.close();
  await app?.stop();
});

/** The page is told that there are so many points. */
async function setPoints(balance: number): Promise<void> {
  const [user] = await connection.db.select({ id: users.id }).from(users).where(eq(users.email, EMAIL));
  if (!user) throw new Error("the account is not there");
  await connection.db.update(wallets).set({ balance }).where(eq(wallets.userId, user.id));
  await publish(connection.db, user.id, "wallet", user.id);
}
const asked = (page: Page) => Object.fromEntries(new URL(page.url()).searchParams);

test("what happens between a page and its live stream is shown as soon as the stream opens, not with the next event", async () => {
  const { page } = visitor;
  const letGo = await holdBack(page, "**/trpc/live.events*");
  const asking = page.waitForRequest("**/trpc/live.events*");
  await page.goto("/contacts");
  await asking;
  await setPoints(1234);
  expect(await page.getByTestId("available-points").innerText()).not.toContain("1,234");
  letGo();
  await page.getByTestId("available-points").getByText("1,234").waitFor();
});

test("what is chosen and typed before the page is alive counts as soon as it is", async () => {
  const { page } = visitor;
  const letGo = await holdBack(page, "**/assets/**");
  await page.goto("/contacts", { waitUntil: "commit" });
  await page.getByLabel("State").selectOption({ label: "No consent" });
  await page.getByLabel("Tag").selectOption("regular");
  await page.getByLabel("Search").fill("hal");
  letGo();
  await expect.poll(() => asked(page)).toEqual({ state: "no_consent", tag: "regular", search: "hal" });
  await page.getByRole("row").filter({ hasText: "Bo Halim" }).waitFor();
  await expect.poll(() => page.getByRole("row").filter({ hasText: "Halim" }).count()).toBe(1);
});

test("a click that begins before the page is alive and ends after it opens the person", async () => {
  const { page } = visitor;
  const letGo = await holdBack(page, "**/assets/*.js");
  await page.goto("/contacts", { waitUntil: "commit" });
  await page.getByRole("link", { name: "Bo Halim" }).hover();
  await page.mouse.down();
  letGo();
  await page.locator("[data-placed]").first().waitFor();
  await page.mouse.up();
  await page.getByRole("heading", { name: "Bo Halim" }).waitFor();
});

test("a second choice made while the first still loads keeps the first, and both are seen as chosen meanwhile", async () => {
  const { page } = visitor;
  // The last thing that a page does when it comes alive.
  const alive = page.waitForRequest("**/trpc/live.events*");
  await page.goto("/contacts");
  await alive;
  const letGo = await holdBack(page, "**/contacts.data*");
  // In one turn of the page: nothing is drawn between the two.
  await page.evaluate(() => {
    for (const [name, value] of [
      ["state", "no_consent"],
      ["tag", "regular"],
    ] as const) {
      const select = document.querySelector<HTMLSelectElement>(`select[name=${name}]`);
      if (!select) throw new Error(`no ${name}`);
      select.value = value;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
  await expect.poll(() => page.getByLabel("State").inputValue()).toBe("no_consent");
  await expect.poll(() => page.getByLabel("Tag").inputValue()).toBe("regular");
  letGo();
  await expect.poll(() => asked(page)).toEqual({ state: "no_consent", tag: "regular" });
  expect(visitor.problems).toEqual([]);
});

test("a switch that is turned before the page is alive is turned", async () => {
  const { page } = visitor;
  const list = async () => (await connection.db.select().from(contactLists))[0];
  const letGo = await holdBack(page, "**/assets/*.js");
  await page.goto(`/contacts?list=${(await list())?.id}`, { waitUntil: "commit" });
  const twice = page.getByRole("switch", { name: /^Double opt-in/ });
  await twice.click();
  letGo();
  await expect.poll(async () => (await list())?.doubleOptIn).toBe(true);
  await expect.poll(() => twice.isChecked()).toBe(true);
});

test("whoever accepts the terms before the page is alive is shown them all the same", async () => {
  const { page, problems } = await newVisitor(browser, app.origin);
  const letGo = await holdBack(page, "**/assets/*.js");
  await page.goto("/register", { waitUntil: "commit" });
  const accepted = page.getByRole("checkbox", { name: /accept the terms/ });
  await accepted.click();
  letGo();
  await page.getByRole("dialog").getByRole("button", { name: "I understand and accept" }).waitFor();
  expect(await accepted.isChecked()).toBe(false);
  await page.getByRole("dialog").getByRole("button", { name: "I understand and accept" }).click();
  await expect.poll(() => accepted.isChecked()).toBe(true);
  expect(problems).toEqual([]);
  await page.context().close();
});

test("a token that is shown once stays to be copied, whatever happens meanwhile", async () => {
  const { page } = visitor;
  await page.goto("/settings/account");
  await page.getByLabel("Name of the new token").fill("Cash desk");
  await page.getByRole("button", { name: "Make a token" }).click();
  const token = page.getByText(/^mst_/);
  await token.waitFor();
  await setPoints(4321);
  await page.getByTestId("available-points").getByText("4,321").waitFor();
  expect(await token.isVisible()).toBe(true);
  expect(visitor.problems).toEqual([]);
});
