import { readFileSync } from "node:fs";
import { eq } from "drizzle-orm";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { auditLogs, campaigns, schedules, users, waDisconnects } from "#db/schema/index.ts";
import { createHeldSession } from "../factories.ts";
import { createPastRun, createPeople, type Fate, write } from "../past-runs.ts";
import { type RunningApp, startApp } from "./app.ts";
import { newVisitor, openAccount, openBrowser, type Visitor } from "./browser.ts";

const EMAIL = "results@example.org";
const MINUTE = 60_000;

let app: RunningApp;
let browser: Browser;
let connection: Connection;
let visitor: Visitor;
let of: { userId: Id<"user">; sessionId: Id<"waSession"> };
let id: Id<"campaign">;
let startedAt: number;

beforeAll(async () => {
  app = await startApp();
  browser = await openBrowser();
  connection = connect(app.databaseUrl);
  const { db } = connection;
  visitor = await newVisitor(browser, app.origin, { acceptDownloads: true });
  await openAccount(visitor, EMAIL);
  const [user] = await db.select({ id: users.id }).from(users).where(eq(users.email, EMAIL));
  if (!user) throw new Error("the account is not there");
  of = { userId: user.id, sessionId: (await createHeldSession(db, user.id)).sessionId };
  startedAt = Date.now() - 3 * 60 * MINUTE;
  const people = await createPeople(
    db,
    user.id,
    Array.from({ length: 60 }, (_, n) => `Guest ${n + 1}`),
  );
  // Half of it, a pause, and the rest.
  const fates = people.map((to, n): Fate => {
    const at = new Date(startedAt + n * 20_000 + (n < 30 ? 0 : 25 * MINUTE));
    if (n === 7) return { to, at, status: "failed", errorCode: "not_on_whatsapp" };
    return { to, at, status: n % 5 === 0 ? "sent" : n % 3 === 0 ? "delivered" : "read" };
  });
  id = await createPastRun(db, { ...of, name: "Class meeting" }, fates);
  const [ayu, bima, citra] = people;
  if (!ayu || !bima || !citra) throw new Error("there are people");
  // The audit log tells why nothing was sent between the two halves.
  const pause = { userId: user.id, meta: { campaignId: id } };
  await db.insert(auditLogs).values([
    { ...pause, id: newId("audit"), action: "campaign.paused", createdAt: new Date(startedAt + 10 * MINUTE) },
    { ...pause, id: newId("audit"), action: "campaign.resumed", createdAt: new Date(startedAt + 20 * MINUTE) },
  ]);
  // And a quarter of an hour of each day is no active one.
  const closes = Math.floor(startedAt / MINUTE) + 20;
  const opens = (closes + 15) % 1_440;
  const windows = Array.from({ length: 7 }, (_, day) => ({ day, from: opens, to: opens + 1_440 - 15 }));
  await db.update(schedules).set({ tz: "UTC", windows }).where(eq(schedules.userId, user.id));
  // The phone was away before the pause and for a while of it, and tried twice to come back.
  const backAt = new Date(startedAt + 14 * MINUTE);
  const away = { userId: user.id, waSessionId: of.sessionId, reason: "offline", backAt };
  await db.insert(waDisconnects).values([
    { ...away, id: newId("waDisconnect"), at: new Date(startedAt + 7 * MINUTE) },
    { ...away, id: newId("waDisconnect"), at: new Date(startedAt + 12 * MINUTE) },
  ]);
  const replied = (n: number) => new Date(startedAt + n * MINUTE);
  await write(db, of, ayu, replied(40), "Yes, we both come. Shall I bring the cake again?");
  await write(db, of, bima, replied(42), null);
  await write(db, of, citra, replied(50), "STOP");
});
afterAll(async () => {
  await browser?.close();
  await connection?.close();
  await app?.stop();
});

test("a finished campaign shows whom it reached, how it went, and who answered", async () => {
  const { page, look } = visitor;
  await page.goto(`/campaigns/${id}`);
  const results = page.getByRole("region", { name: "Results" });
  await results.getByText("of 60 recipients, for 118 points").waitFor();
  await results.getByText("1 of them to opt out").waitFor();
  await results.getByRole("img", { name: "Accepted: 59 in this time" }).waitFor();
  await results
    .getByRole("list", { name: "When nothing was sent" })
    .getByText(/^Paused .*, for 10 min: you paused it\.$/)
    .waitFor();
  await results.getByText(/^Nothing sent from .*, for 15 min: it was outside of your active hours\.$/).waitFor();
  await results.getByText(/^Nothing sent from .*, for 3 min: the phone was not connected to WhatsApp\.$/).waitFor();
  await results.getByText("The same as a table").click();
  await expect
    .poll(() => results.getByRole("table", { name: "Messages over time" }).getByRole("row").count())
    .toBeGreaterThan(10);
  await results.getByText("The same as a table").click();
  const replies = page.getByRole("region", { name: "Replies" });
  await replies.getByText("Shall I bring the cake again?").waitFor();
  await replies.getByText("No text, such as a picture or a voice message.").waitFor();
  await replies.getByText("Opted out").waitFor();
  await results.scrollIntoViewIfNeeded();
  await look("results");
  await replies.getByRole("link", { name: "Guest 1", exact: true }).click();
  await page.getByRole("heading", { name: "Guest 1" }).waitFor();
});

test("what the page shows is what the file holds", async () => {
  const { page } = visitor;
  await page.goto(`/campaigns/${id}?status=failed`);
  const [csv] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Export CSV (failed)" }).click(),
  ]);
  expect(csv.suggestedFilename()).toBe("campaign-results.csv");
  const lines = readFileSync(await csv.path(), "utf8")
    .trim()
    .split("\r\n");
  expect(lines).toHaveLength(2);
  expect(lines[1]).toContain('"Guest 8"');
  await page.goto(`/campaigns/${id}`);
  const [book] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Export Excel" }).click(),
  ]);
  expect(
    readFileSync(await book.path())
      .subarray(0, 2)
      .toString(),
  ).toBe("PK");
});

test("a campaign is made again for those it failed", async () => {
  const { page } = visitor;
  await page.goto(`/campaigns/${id}`);
  await page.getByRole("button", { name: "Duplicate to the failed" }).click();
  await page.getByRole("heading", { name: "Class meeting (copy)" }).waitFor();
  await page.getByText("Failed of Class meeting").first().waitFor();
});

test("campaigns are found by a part of the name and by state, and made again", async () => {
  const { page, look } = visitor;
  const { db } = connection;
  for (let n = 1; n <= 30; n++) await createPastRun(db, { ...of, name: `Newsletter ${n}` }, []);
  const later = await createPastRun(db, { ...of, name: "Café evening" }, []);
  await db
    .update(campaigns)
    .set({
      status: "scheduled",
      startedAt: null,
      finishedAt: null,
      scheduledFor: new Date(Date.now() + 86_400_000),
      scheduleTz: "Asia/Jakarta",
    })
    .where(eq(campaigns.id, later));
  await page.goto("/campaigns");
  await page.getByText("starts then").waitFor();
  await look("campaigns-list");
  await page.getByRole("link", { name: "More rows" }).click();
  await page.getByRole("link", { name: "Class meeting", exact: true }).waitFor();
  await page.goto("/campaigns");
  await page.getByLabel("Search").fill("cafe");
  await page.waitForURL(/search=cafe/);
  await page.getByRole("link", { name: "Newsletter 30" }).waitFor({ state: "detached" });
  await page.getByRole("link", { name: "Café evening" }).waitFor();
  await page.getByLabel("Search").fill("class");
  await page.waitForURL(/search=class/);
  await page.getByRole("link", { name: /^Completed/ }).click();
  await page.waitForURL(/status=completed/);
  await page.getByRole("cell", { name: /53%/ }).waitFor();
  await look("campaigns-found");
  await page.getByLabel("Search").fill("nothing like it");
  await page.getByText("No campaign is like that.").waitFor();
  await page.getByRole("link", { name: "Show all" }).click();
  await page.getByRole("button", { name: "Duplicate Newsletter 30" }).click();
  await page.getByRole("heading", { name: "Newsletter 30 (copy)" }).waitFor();
  expect(visitor.problems).toEqual([]);
});
