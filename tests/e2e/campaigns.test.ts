import { eq } from "drizzle-orm";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { contactLists, users } from "#db/schema/index.ts";
import { createHeldSession, createList } from "../factories.ts";
import { type RunningApp, startApp } from "./app.ts";
import { newVisitor, openAccount, openBrowser, type Visitor } from "./browser.ts";

const EMAIL = "kinds@example.org";

let app: RunningApp;
let browser: Browser;
let connection: Connection;
let visitor: Visitor;
let userId: Id<"user">;
let phone: Awaited<ReturnType<typeof createHeldSession>>;

beforeAll(async () => {
  app = await startApp();
  browser = await openBrowser();
  connection = connect(app.databaseUrl);
  visitor = await newVisitor(browser, app.origin, { refusals: [422] });
  await openAccount(visitor, EMAIL);
  const [user] = await connection.db.select({ id: users.id }).from(users).where(eq(users.email, EMAIL));
  if (!user) throw new Error("the account is not there");
  userId = user.id;
  phone = await createHeldSession(connection.db, userId);
});
afterAll(async () => {
  await browser?.close();
  await connection?.close();
  await app?.stop();
});

test("who has not confirmed is counted in the review, which leads to the question that asks them", async () => {
  const { page, look } = visitor;
  const list = await createList(connection.db, userId, 5, 1);
  await connection.db
    .update(contactLists)
    .set({ name: "Class 7B", doubleOptIn: true })
    .where(eq(contactLists.id, list.id));
  await page.goto("/campaigns/new");
  await page.getByRole("region", { name: "Who gets it" }).getByText("0 people get it, 5 do not").waitFor();
  await page.getByLabel("Name", { exact: true }).fill("Class meeting");
  await look("confirm-new");
  await page.getByRole("button", { name: "Next: the message" }).click();
  await page.getByRole("textbox", { name: "Message", exact: true }).fill("Hi {{name}}, class meets on Friday");
  await page.getByRole("button", { name: "Next: review" }).click();
  await page.getByText("4 people wait for their YES").waitFor();
  await page.getByText("1 person has no recorded consent").waitFor();
  await page.getByRole("button", { name: "It cannot start yet" }).waitFor();
  await look("confirm-review");

  await page.getByRole("link", { name: "Ask them to confirm" }).click();
  await page.getByRole("heading", { name: "Ask people to confirm" }).waitFor();
  await expect.poll(() => page.getByLabel("Name", { exact: true }).inputValue()).toBe("Confirmation: Class 7B");
  await page.getByRole("button", { name: "Next: the message" }).click();
  await page.getByRole("textbox", { name: "Message", exact: true }).fill("Shall I write to you?");
  await page.getByText("Ask for the word YES").waitFor();
  await page
    .getByRole("textbox", { name: "Message", exact: true })
    .fill("Hi {{name}}, shall I write to you about class 7B? Answer YES.");
  await look("confirm-question");
  await page.getByRole("button", { name: "Next: review" }).click();
  await page.getByText("4 people are asked to confirm").waitFor();
  await page.getByLabel("Everyone who is asked agreed to get messages from me").check();
  await look("confirm-question-review");
  await page.getByLabel("Number of people who get it").fill("4");
  await page.getByRole("button", { name: "Start: ask 4 people" }).click();
  await page.getByText("Confirmed", { exact: true }).waitFor();
  await look("confirm-board");
});

test("a list of a group offers the group's own chat, with one text from the phone that is in it", async () => {
  const { page, look } = visitor;
  const list = await createList(connection.db, userId, 3, 3);
  const of = { groupKey: "group:120363000000000001@g.us", waSessionId: phone.sessionId, hiddenMembers: 2 };
  await connection.db
    .update(contactLists)
    .set({ name: "Football", source: "group", ...of })
    .where(eq(contactLists.id, list.id));
  await page.goto("/campaigns/new");
  await page.getByLabel("Football").first().check();
  await page.getByLabel("To each person who agreed (0)").waitFor();
  await page.getByLabel("Name", { exact: true }).fill("Training");
  await page.getByLabel("One message to the group's own chat").check();
  await page.getByRole("button", { name: "Next: the message" }).click();
  await page.getByText("A group's chat has no {{name}}.").waitFor();
  await page.getByRole("textbox", { name: "Message" }).fill("Training moves to 7 pm on Friday.");
  const preview = page.getByRole("region", { name: "Preview" });
  await preview.getByText("Group chat, 5 members, 2 of them with a hidden number").waitFor();
  await look("group-chat-new");
  await page.getByRole("button", { name: "Next: review" }).click();
  await page.getByText("5 members when it was read, also the 2 whose number is hidden").waitFor();
  await page.getByLabel("Everybody in this group may expect this kind of message").check();
  await look("group-chat-review");
  await page.getByRole("link", { name: "Edit" }).click();
  await page.getByLabel("One message to the group's own chat").waitFor();
  await expect.poll(() => page.getByLabel("One message to the group's own chat").isChecked()).toBe(true);
  await page.getByRole("button", { name: "Next: the message" }).click();
  await page.getByRole("button", { name: "Next: review" }).click();
  await page.getByLabel("Everybody in this group may expect this kind of message").check();
  await page.getByLabel("Number of people who get it").fill("1");
  await page.getByRole("button", { name: "Start: write to the group" }).click();
  await page.getByRole("cell", { name: "group chat" }).waitFor();
  await look("group-chat-board");
  await page.goto("/campaigns");
  await page.getByText("Asks for a YES").waitFor();
  await look("campaign-kinds");
  expect(visitor.problems).toEqual([]);
});
