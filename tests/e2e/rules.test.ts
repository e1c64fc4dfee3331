import { eq, sql } from "drizzle-orm";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect } from "#db/client.ts";
import { newId } from "#db/ids.ts";
import { autoBreakers, autoReplies, inboundMessages, users } from "#db/schema/index.ts";
import { createHeldSession } from "../factories.ts";
import { type RunningApp, startApp } from "./app.ts";
import { holdBack, newVisitor, openAccount, openBrowser, type Visitor } from "./browser.ts";
import { oneStory } from "./one-story.ts";
import { bring } from "./people.ts";

const EMAIL = "rules@example.org";

let app: RunningApp;
let browser: Browser;
let connection: Connection;
let visitor: Visitor;
beforeAll(async () => {
  [app, browser] = await Promise.all([startApp(), openBrowser()]);
  connection = connect(app.databaseUrl);
  visitor = await newVisitor(browser, app.origin, { refusals: [400, 404, 422] });
  await openAccount(visitor, EMAIL);
  const people = [{ name: "Ayu", phoneE164: "+6281230000001", attributes: { class: "7B", city: "Bandung" } }];
  await bring(app.databaseUrl, { email: EMAIL, list: "Class", people });
});
afterAll(async () => {
  await browser?.close();
  await connection?.close();
  await app?.stop();
});
oneStory("rules", () => visitor);

const names = (page: Page) =>
  page
    .getByRole("list", { name: /^Rules/ })
    .getByRole("link")
    .allTextContents();
const settled = async (page: Page, expected: string[]) => {
  await expect.poll(() => names(page)).toEqual(expected);
};
async function addRule(page: Page, name: string, words: string[], answer: string): Promise<void> {
  await page.getByRole("link", { name: /New rule|first rule/ }).click();
  await page.getByLabel("Name of the rule").fill(name);
  for (const word of words) {
    await page.getByRole("textbox", { name: "Words or phrases, any of them" }).fill(word);
    await page.keyboard.press("Enter");
  }
  await page.getByRole("textbox", { name: "Answer", exact: true }).fill(answer);
}

test("a rule is written with chips and variables, seen as somebody would get it, and tried before it is saved", async () => {
  const { page, look } = visitor;
  await page.goto("/automation/rules");
  await look("rules-empty");
  await addRule(page, "Prices", ["harga", "price"], "Hi ");
  await page.getByRole("group", { name: "Insert into answer" }).getByRole("button", { name: "name" }).click();
  await page.getByRole("region", { name: "Preview" }).getByText("Hi Ayu").waitFor();
  await page.getByLabel("Somebody writes").fill("Berapa HARGA?");
  await page.getByLabel("Who", { exact: true }).fill("ayu");
  await page.getByRole("button", { name: "Try it" }).click();
  await page.getByText("This is answered to Ayu.").waitFor();
  await look("rule-editor");
  await page.getByLabel("Who", { exact: true }).fill("nobody of this name");
  await page.getByRole("button", { name: "Try it" }).click();
  await page.getByText("No contact has this name or number.").waitFor();
  await page.getByLabel("Only at these times").click();
  await page.getByRole("button", { name: "Another answer, given in turn" }).click();
  await look("rule-editor-hours");
  await page.getByRole("button", { name: "Leave answer 2 out" }).click();
  await page.getByLabel("Whenever your active hours are open").click();
  await page.getByRole("button", { name: "Save the rule" }).click();
  await page.getByText("The rule is saved.").waitFor();
  await settled(page, ["Prices"]);
});

test("a pattern that could take for ever is refused with its place, and nothing that was typed is lost", async () => {
  const { page, look } = visitor;
  await addRule(page, "Orders", [], "Your order is on its way.");
  await page.getByLabel("The rule answers when").selectOption("regex");
  await page.getByLabel("Pattern").fill("order(?= number)");
  await page.getByRole("button", { name: "Save the rule" }).click();
  await page.getByText("“(?=” at character 6 looks ahead or behind").waitFor();
  await look("rule-refused");
  await expect
    .poll(() => page.getByRole("textbox", { name: "Answer", exact: true }).inputValue())
    .toBe("Your order is on its way.");
  await page.getByLabel("Pattern").fill("order #?\\d+");
  await page.getByRole("button", { name: "Save the rule" }).click();
  await settled(page, ["Prices", "Orders"]);
  await addRule(page, "Everything else", ["halo"], "Hello!");
  await page.getByRole("button", { name: "Save the rule" }).click();
  await settled(page, ["Prices", "Orders", "Everything else"]);
});

test("rules change places by the keyboard and by dragging", async () => {
  const { page } = visitor;
  await page.getByRole("button", { name: /^Move Orders, number 2/ }).focus();
  await page.keyboard.press("ArrowUp");
  await settled(page, ["Orders", "Prices", "Everything else"]);
  const held = page.getByRole("button", { name: /^Move Everything else/ });
  await held.hover();
  await page.mouse.down();
  await page.locator("li[data-held]").waitFor();
  const first = await page.getByRole("button", { name: /^Move Orders/ }).boundingBox();
  if (!first) throw new Error("the first rule is not shown");
  await page.mouse.move(first.x + 10, first.y + 60, { steps: 3 });
  await page.mouse.move(first.x + 10, first.y - 5, { steps: 3 });
  await page.mouse.up();
  await settled(page, ["Everything else", "Orders", "Prices"]);
  await page.getByRole("button", { name: "Move up: Prices" }).click();
  await settled(page, ["Everything else", "Prices", "Orders"]);
});

test("the page says why each rule would say nothing, what stopped, and lets it go on", async () => {
  const { page, look } = visitor;
  const { db } = connection;
  const [user] = await db.select({ id: users.id }).from(users).where(eq(users.email, EMAIL));
  if (!user) throw new Error("no user");
  const { sessionId: waSessionId, phone } = await createHeldSession(db, user.id);
  const [rule] = await db.execute<{ id: `rul_${string}` }>(sql`select id from auto_rules where name = 'Prices'`);
  const inboundId = newId("inboundMessage");
  await db.insert(inboundMessages).values({
    id: inboundId,
    userId: user.id,
    waSessionId,
    waMsgId: "IN1",
    sender: "pn:+6281230000001",
    body: "Halo, berapa harga?",
    live: true,
    sentAt: new Date(),
  });
  const answered = { userId: user.id, ruleId: rule?.id ?? "rul_", waSessionId, inboundId };
  await db.insert(autoReplies).values({ id: newId("autoReply"), messageId: newId("message"), ...answered });
  await db.insert(autoBreakers).values({ waSessionId, userId: user.id, reason: "loop", inboundId });
  await page.reload();
  await page.getByText(`The rules of ${phone} have stopped`).waitFor();
  await page.getByText("1 answer in 7 days").waitFor();
  // Both at once: what is done next does not break off what is on its way.
  const letGo = await holdBack(page, "**/automation/rules*", (asked) => asked.postData()?.includes("enable") ?? false);
  await page.getByRole("switch", { name: "Orders answers" }).press("Space");
  await page.getByRole("button", { name: "Pause all" }).click();
  await page.getByText("All rules are paused").waitFor();
  letGo();
  await page.locator("li[data-off]").filter({ hasText: "Orders" }).waitFor();
  await page.unrouteAll({ behavior: "wait" });
  await page.getByLabel("Somebody writes").fill("halo, harga?");
  await page.getByRole("button", { name: "Try it" }).click();
  await page.getByText("Nothing is answered.").waitFor();
  await page.getByRole("button", { name: "Go through them" }).click();
  await page.getByText("1 message of 1 would have been answered.").waitFor();
  await page.getByRole("heading", { level: 1 }).scrollIntoViewIfNeeded();
  await look("rules");
  await page.getByRole("button", { name: "Let all rules go on" }).click();
  await page.getByRole("button", { name: "Let all rules go on" }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Let them go on" }).click();
  await page.getByText("have stopped").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Try it" }).click();
  await page.getByText("A rule before it answers. It is “Everything else”.").waitFor();
  await page.getByText("The rule is switched off.").waitFor();
});

test("all of it works without JavaScript", async () => {
  const storageState = await visitor.page.context().storageState();
  const { page, problems } = await newVisitor(browser, app.origin, {
    javaScriptEnabled: false,
    storageState,
    refusals: [400],
  });
  await page.goto("/automation/rules");
  await page.getByRole("button", { name: "Move up: Orders" }).click();
  await page.goto("/automation/rules");
  await expect.poll(() => names(page)).toEqual(["Everything else", "Orders", "Prices"]);
  await page.getByRole("link", { name: "Everything else" }).click();
  await page.getByLabel("Words or phrases, any of them").fill("halo\nhai");
  await page.getByRole("textbox", { name: "Answer", exact: true }).fill("Good day!");
  // Tried as it stands there, and it stands there still.
  await page.getByLabel("Somebody writes").fill("hai");
  await page.getByRole("button", { name: "Try it" }).click();
  await page.getByText("This is answered.").waitFor();
  await page.locator("section", { hasText: "Try it" }).getByText("Good day!").waitFor();
  await expect.poll(() => page.getByLabel("Somebody writes").inputValue()).toBe("hai");
  await expect.poll(() => page.getByLabel("Words or phrases, any of them").inputValue()).toBe("halo\nhai");
  await page.getByLabel("Somebody writes").fill("");
  await page.getByRole("button", { name: "Try it" }).click();
  await page.getByText("Write a message.").waitFor();
  await page.getByRole("button", { name: "Go through them" }).click();
  await page.getByText("would have been answered").waitFor();
  await expect.poll(() => page.getByRole("textbox", { name: "Answer", exact: true }).inputValue()).toBe("Good day!");
  await page.getByRole("button", { name: "Save the rule" }).click();
  await page.getByText("halo” or “hai").waitFor();
  await page.getByLabel("Somebody writes").fill("hai");
  await page.getByRole("button", { name: "Try it" }).click();
  await page.getByText("This is answered.").waitFor();
  expect(problems).toEqual([]);
});
