import { readFileSync } from "node:fs";
import { eq, sql } from "drizzle-orm";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { messages, users, wallets } from "#db/schema/index.ts";
import { wholeList } from "#server/campaigns/draft/audience.ts";
import { createCampaign } from "#server/campaigns/draft/draft.ts";
import type { Env } from "#server/env.ts";
import { createHeldSession, createList, createRunningCampaign, testEnv } from "../factories.ts";
import { bookPast, type PastBooking } from "../past-ledger.ts";
import { createPastRun, createPeople } from "../past-runs.ts";
import { type RunningApp, startApp } from "./app.ts";
import { newVisitor, openAccount, openBrowser, type Visitor } from "./browser.ts";

const EMAIL = "wallet@example.org";
const DAY = 86_400_000;

let app: RunningApp;
let browser: Browser;
let connection: Connection;
let env: Env;
let visitor: Visitor;
let of: { userId: Id<"user">; sessionId: Id<"waSession"> };

beforeAll(async () => {
  app = await startApp();
  browser = await openBrowser();
  connection = connect(app.databaseUrl);
  env = testEnv(app.databaseUrl);
  const { db } = connection;
  visitor = await newVisitor(browser, app.origin, { acceptDownloads: true, refusals: [422] });
  await openAccount(visitor, EMAIL);
  const [user] = await db.select({ id: users.id }).from(users).where(eq(users.email, EMAIL));
  if (!user) throw new Error("the account is not there");
  of = { userId: user.id, sessionId: (await createHeldSession(db, user.id)).sessionId };
  const people = await createPeople(
    db,
    user.id,
    Array.from({ length: 60 }, (_, n) => `Guest ${n + 1}`),
  );
  // A guest or more a day, up to now; the first message was taken back by WhatsApp.
  const at = people.map((_, n) => new Date(Date.now() - (24 - Math.floor(Math.sqrt(n) * 3)) * DAY));
  const past = await createPastRun(
    db,
    { ...of, name: "Class meeting" },
    people.map((to, n) => ({ to, at: at[n] ?? new Date() })),
  );
  const sent = await db
    .select({ id: messages.id })
    .from(messages)
    .where(eq(messages.campaignId, past))
    .orderBy(messages.id);
  const charges = sent.map(({ id }, n): PastBooking => {
    return { type: "deduct", points: -2, refId: `msg:${id}`, at: at[n] ?? new Date() };
  });
  await bookPast(db, user.id, [
    ...charges,
    { type: "refund", points: 2, refId: `msg:${sent[0]?.id}`, at: new Date(Date.now() - DAY) },
    { type: "topup", points: 18, at: new Date() },
  ]);
  // The account has been there as long.
  await db
    .update(wallets)
    .set({ createdAt: at[0] ?? new Date() })
    .where(eq(wallets.userId, user.id));
  // 300 points; 20 of them are held.
  await createRunningCampaign(db, env, user.id, of.sessionId, 10);
});
afterAll(async () => {
  await browser?.close();
  await connection?.close();
  await app?.stop();
});

test("the wallet tells what is there, what is held and for what, how it is used and how long it lasts", async () => {
  const { page, look } = visitor;
  await page.goto("/billing/wallet");
  const figures = page.locator("dl").first();
  expect((await figures.innerText()).replace(/\s+/g, " ")).toMatch(
    /Available 280 For new campaigns: 140 messages Held 20 .* Balance 300/,
  );
  const held = page.getByRole("region", { name: "What is held" });
  await held.getByRole("row", { name: /Reminder.*10.*20/ }).waitFor();
  const plan = page.getByRole("region", { name: "Plan" });
  await plan.getByText("30 days left").waitFor();
  await page.getByText("Enough for 14 campaigns of 10").waitFor();
  await page.getByText(/Runs out about|Not before the plan ends/).waitFor();
  await page.getByRole("img", { name: "118 points used in 30 days" }).waitFor();
  await page.getByText("The same as a table").click();
  const table = page.getByRole("table", { name: "Points used per day" });
  await expect.poll(() => table.getByRole("row").count()).toBeGreaterThan(5);
  await look("wallet");
  await page.getByText("The same as a table").click();
});

test("the history is narrowed by kind, campaign and days, leads to the message, and comes as a file", async () => {
  const { page, look } = visitor;
  await page.goto("/billing/wallet");
  const history = page.getByRole("region", { name: "History" });
  const rows = history.getByRole("table", { name: "History of the wallet" }).getByRole("row");
  await expect.poll(() => rows.count()).toBe(51);
  await history.getByRole("link", { name: "More rows" }).click();
  await history.getByText("Points of the plan of 30 days").waitFor();
  await history.getByLabel("Kind").selectOption("Given back");
  await page.waitForURL(/kind=refund/);
  await rows.nth(1).getByText("+2").waitFor();
  await expect.poll(() => rows.count()).toBe(2);
  await look("wallet-history");
  await rows.nth(1).getByRole("link", { name: "Guest 1" }).click();
  await page.getByRole("dialog", { name: "Guest 1" }).getByText("Accepted by WhatsApp").waitFor();
  await page.goBack();
  await history.getByLabel("Kind").selectOption("deduct");
  await page.waitForURL(/kind=deduct/);
  await expect.poll(() => rows.count()).toBe(51);
  await history.getByLabel("Campaign", { exact: true }).selectOption("Class meeting");
  await page.waitForURL(/campaign=cmp_/);
  const today = new Date().toISOString().slice(0, 10);
  await history.getByLabel("From").fill("2020-01-01");
  await page.waitForURL(/from=2020-01-01/);
  await history.getByLabel("To, included").fill(today);
  await page.waitForURL(new RegExp(`to=${today}`));
  const [csv] = await Promise.all([
    page.waitForEvent("download"),
    history.getByRole("link", { name: "Export CSV" }).click(),
  ]);
  const lines = readFileSync(await csv.path(), "utf8")
    .trim()
    .split("\r\n");
  expect(lines).toHaveLength(61);
  const [book] = await Promise.all([
    page.waitForEvent("download"),
    history.getByRole("link", { name: "Export Excel" }).click(),
  ]);
  expect(book.suggestedFilename()).toBe("wallet-history.xlsx");
  await history.getByLabel("To, included").fill("2020-01-02");
  await history.getByText("Nothing was booked like that.").waitFor();
  await history.getByRole("link", { name: "Show all" }).click();
  await history.getByRole("link", { name: "More rows" }).waitFor();
});

test("below the points somebody set they are warned on every screen, at once, but not where points are bought", async () => {
  const { page, look } = visitor;
  await page.goto("/billing/wallet");
  await page.getByLabel("Warn me when fewer points are available than").fill("-1");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Type 0 or more.").waitFor();
  await page.getByLabel("Warn me when fewer points are available than").fill("270");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("You are warned below 270 points.").waitFor();
  const warning = page.getByText("Points run low");
  await expect.poll(() => warning.count()).toBe(0);
  await page.goto("/contacts/suppressed");
  await page.getByRole("heading", { level: 1 }).waitFor();
  // Ten more points are held while this screen is open.
  await createRunningCampaign(connection.db, env, of.userId, of.sessionId, 10);
  await warning.waitFor();
  await page.getByText("260 points are available, fewer than the 270 you set.").waitFor();
  await look("wallet-low");
  await page.getByRole("link", { name: "Buy points" }).click();
  await page.waitForURL(/\/billing\/buy/);
  await page.getByRole("heading", { name: "Buy", exact: true }).waitFor();
  await expect.poll(() => warning.count()).toBe(0);
});

test("a start that cannot be paid says by how much, leads to the smallest pack that is enough, and from there back", async () => {
  const { page, look } = visitor;
  const { db } = connection;
  const list = await createList(db, of.userId, 190);
  const { id } = await createCampaign(db, of.userId, {
    name: "Too many",
    ...wholeList(list.id),
    waSessionId: of.sessionId,
    templateText: "Hello {{name}}",
    throttleMinSeconds: 2,
    throttleMaxSeconds: 5,
  });
  await page.goto(`/campaigns/${id}`);
  await page.getByText("It needs 380 points, 260 are available: 120 missing").waitFor();
  await expect.poll(() => page.getByRole("button", { name: "It cannot start yet" }).isDisabled()).toBe(true);
  await look("wallet-blocked");
  await page.getByRole("link", { name: "Get the missing points" }).click();
  await page.waitForURL(/\/billing\/buy\?missing=120&/);
  await expect.poll(() => page.getByRole("radio", { name: /^200 points/ }).isChecked()).toBe(true);
  await page.getByRole("link", { name: "Back to the campaign" }).waitFor();
  await look("buy-for-campaign");
  await page.getByRole("button", { name: "Go to payment" }).click();
  // Left, and gone on with: the way back is still known.
  await page.getByRole("button", { name: "Cancel and go back" }).click();
  await page.getByText("You did not pay").waitFor();
  await page.getByRole("link", { name: "Try again" }).click();
  await page.getByRole("button", { name: "Go to payment" }).click();
  await page.getByLabel("4242 4242 4242 4242").check();
  await page.getByRole("button", { name: /^Pay IDR/ }).click();
  await page.getByText("200 points are in your wallet.").waitFor();
  await look("purchase-for-campaign");
  await page.getByRole("link", { name: "Back to the campaign" }).click();
  await page.waitForURL(`**/campaigns/${id}`);
  await page.getByText("380 points are held for it, 80 are left").waitFor();
  await page.goto("/billing/buy?missing=120&back=https://elsewhere.example/campaigns/cmp_00000000000000000000");
  await page.getByRole("button", { name: "Go to payment" }).waitFor();
  await expect.poll(() => page.getByRole("link", { name: "Back to the campaign" }).count()).toBe(0);
  expect(visitor.problems).toEqual([]);
});

test("without JavaScript the wallet is whole, and its history is narrowed by a button", async () => {
  const plain = await newVisitor(browser, app.origin, {
    javaScriptEnabled: false,
    storageState: await visitor.page.context().storageState(),
  });
  const { page } = plain;
  await page.goto("/billing/wallet");
  await expect
    .poll(() => page.getByRole("img", { name: "118 points used in 30 days" }).locator("rect").count())
    .toBeGreaterThan(5);
  const history = page.getByRole("region", { name: "History" });
  await history.getByLabel("Kind").selectOption("Points bought");
  await history.getByRole("button", { name: "Show" }).click();
  await page.waitForURL(/kind=topup/);
  await history.getByText("+18").waitFor();
  await page.getByLabel("Warn me when fewer points are available than").fill("0");
  await page.getByRole("button", { name: "Save" }).click();
  await expect.poll(() => page.getByRole("alert").innerText()).toBe("No warning is shown any more.");
  await expect.poll(() => page.getByText("Points run low").count()).toBe(0);
  expect(plain.problems).toEqual([]);
});

test("a retry that cannot be paid says by how much, beside the button that was pressed, and leads to where points are bought", async () => {
  const { page, look } = visitor;
  const { db } = connection;
  const people = await createPeople(db, of.userId, ["Ayu", "Bo"]);
  const fate = { at: new Date(Date.now() - DAY), status: "failed" as const, errorCode: "479" };
  const id = await createPastRun(
    db,
    { ...of, name: "Not enough" },
    people.map((to) => ({ to, ...fate })),
  );
  const rows = await db.update(messages).set({ resolvedText: "Hello" }).where(eq(messages.campaignId, id)).returning();
  const leave = (points: number) =>
    db
      .update(wallets)
      .set({ balance: sql`held + ${points}` })
      .where(eq(wallets.userId, of.userId));
  await leave(1);
  await page.goto(`/campaigns/${id}`);
  await page.getByRole("link", { name: "3 points missing to retry 2" }).click();
  await page.waitForURL(`**/billing/buy?missing=3&back=*${id}`);
  await leave(4);
  await page.goto(`/campaigns/${id}`);
  const retry = page.getByRole("button", { name: "Retry failed (2), 4 points" });
  await retry.waitFor();
  // The points go while the page is open.
  await leave(1);
  await retry.click();
  const alert = page.getByRole("alert").filter({ hasText: "This needs 4 points and 1 is available: 3 are missing." });
  await alert.getByRole("link", { name: "Get the missing points" }).waitFor();
  await look("retry-blocked");
  await page.goto(`/campaigns/${id}?row=${rows[0]?.id}`);
  await page.getByRole("dialog").getByRole("button", { name: "Try again" }).click();
  const inside = page.getByRole("dialog").getByRole("alert");
  await inside.getByText("This needs 2 points and 1 is available: 1 is missing.").waitFor();
  await look("retry-blocked-row");
  await inside.getByRole("link", { name: "Get the missing points" }).click();
  await page.waitForURL(`**/billing/buy?missing=1&back=*${id}`);
  await expect.poll(() => page.getByRole("radio", { name: /^100 points/ }).isChecked()).toBe(true);
  expect(visitor.problems).toEqual([]);
});
