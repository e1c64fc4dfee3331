import { eq, isNotNull } from "drizzle-orm";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect } from "#db/client.ts";
import { schedules, users, waSessions } from "#db/schema/index.ts";
import { connectSimulator, type SimulatorClient } from "#simulator/client.ts";
import { newPhone } from "../factories.ts";
import { simulatorUrl } from "../simulator.ts";
import { until } from "../stage.ts";
import { type RunningApp, startApp } from "./app.ts";
import { newVisitor, openAccount, openBrowser, type Visitor } from "./browser.ts";
import { oneStory } from "./one-story.ts";
import { bring } from "./people.ts";

const EMAIL = "inbox@example.org";
const phone = newPhone();
const [ayu, bo, stranger] = [newPhone(), newPhone(), newPhone()];

let app: RunningApp;
let browser: Browser;
let connection: Connection;
let simulator: SimulatorClient;
let visitor: Visitor;
beforeAll(async () => {
  [app, browser] = await Promise.all([startApp(), openBrowser()]);
  connection = connect(app.databaseUrl);
  simulator = connectSimulator(await simulatorUrl());
  visitor = await newVisitor(browser, app.origin, { refusals: [409] });
  await openAccount(visitor, EMAIL);
});
afterAll(async () => {
  await browser?.close();
  await connection?.close();
  await app?.stop();
});
oneStory("inbox", () => visitor);

const writes = (from: string, text: string) => simulator.write(from, phone, text);
async function shownTo(person: string): Promise<string[]> {
  const chats = await simulator.phoneChats(person);
  return chats.flatMap((chat) => chat.messages.flatMap((message) => (message.fromMe ? [] : [message.text])));
}
const said = () => visitor.page.getByRole("log");
const row = (name: string | RegExp) =>
  visitor.page.getByRole("list", { name: "Conversations" }).getByRole("link", { name });

test("before a phone is linked the inbox says what to do", async () => {
  const { page, look } = visitor;
  await page.goto("/inbox");
  await page.getByRole("heading", { name: "No phone is linked" }).waitFor();
  await look("inbox-no-phone");
  await page.getByRole("main").getByRole("link", { name: "Link a phone" }).click();
  await page.getByRole("button", { name: "Show the QR code" }).click();
  await simulator.openAccount(phone, "Ani");
  const qr = await until("a code", async () => {
    const [session] = await connection.db
      .select({ qr: waSessions.qr })
      .from(waSessions)
      .where(isNotNull(waSessions.qr));
    return session?.qr;
  });
  await simulator.scan(phone, qr);
  await page.getByText("This phone is linked and ready to send.").waitFor();
});

test("what people write appears by itself, with a count at the side", async () => {
  const { page, look } = visitor;
  const people = [
    { name: "Ayu Lestari", phoneE164: ayu },
    { name: "Bo Hartono", phoneE164: bo },
  ];
  await bring(app.databaseUrl, { email: EMAIL, list: "Class 7B", people });
  await page.goto("/inbox");
  await page.getByRole("heading", { name: "Nobody has written yet" }).waitFor();
  await writes(ayu, "Good morning! When does the *reunion* begin, and may I bring my sister?");
  await row(/Ayu Lestari/).waitFor();
  await writes(bo, "Count me in");
  await writes(stranger, "Hello, I got this number from Ayu");
  const main = page.getByRole("navigation", { name: "Main" });
  await main.getByRole("link", { name: "Inbox 3 unread" }).waitFor();
  await look("inbox-list");
});

test("a conversation is opened by keyboard, read by that, and answered; the ticks follow", async () => {
  const { page, look } = visitor;
  const list = page.getByRole("list", { name: "Conversations" });
  await list.getByRole("link").first().focus();
  await page.keyboard.press("j");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Ayu Lestari" }).waitFor();
  await page.getByRole("link", { name: "Inbox 2 unread" }).waitFor();
  const field = page.getByLabel("Your answer to Ayu Lestari");
  await field.fill("At ten.");
  await field.press("Shift+Enter");
  await field.pressSequentially("Your sister is welcome.");
  await field.press("Enter");
  await said().getByText("Your sister is welcome.").waitFor();
  await said().getByText("Read", { exact: true }).waitFor();
  await expect.poll(() => field.inputValue()).toBe("");
  await expect.poll(() => shownTo(ayu)).toEqual(["At ten.\nYour sister is welcome."]);
  await writes(ayu, "Wonderful, thank you!");
  await said().getByText("Wonderful, thank you!").waitFor();
  await page.getByRole("link", { name: "Inbox 2 unread" }).waitFor();
  await field.focus();
  await look("inbox-conversation");
});

test("what is begun for one person stays with them, and what cannot be sent says why", async () => {
  const { page, look } = visitor;
  await page.getByLabel("Your answer to Ayu Lestari").fill("By the way");
  await row(/Bo Hartono/).click();
  const field = page.getByLabel("Your answer to Bo Hartono");
  await expect.poll(() => field.inputValue()).toBe("");
  await row(/Ayu Lestari/).click();
  await page.getByRole("heading", { name: "Ayu Lestari" }).waitFor();
  await expect.poll(() => page.getByLabel("Your answer to Ayu Lestari").inputValue()).toBe("By the way");
  await row(/Bo Hartono/).click();
  await writes(bo, "STOP");
  await page.getByText("This person asked not to be messaged.").waitFor();
  await said().getByText("Opted out with this").waitFor();
  await until("the confirmation", async () => (await shownTo(bo)).length > 0);
  await look("inbox-opted-out");
});

test("outside the hours it waits, and can be taken back", async () => {
  const { page, look } = visitor;
  const { db } = connection;
  const [user] = await db.select({ id: users.id }).from(users).where(eq(users.email, EMAIL));
  const hours = (windows: { day: number; from: number; to: number }[] | null) =>
    db
      .update(schedules)
      .set({ windows })
      .where(eq(schedules.userId, user?.id ?? "usr_"));
  const inTwoDays = (new Date().getUTCDay() + 2) % 7;
  await hours([{ day: inTwoDays, from: 9 * 60, to: 18 * 60 }]);
  await row(stranger).click();
  await page.getByText("Outside your active hours: what you write waits until").waitFor();
  await page.getByLabel(`Your answer to ${stranger}`).fill("Welcome");
  await page.getByRole("button", { name: "Send" }).click();
  await said().getByText("Queued", { exact: true }).waitFor();
  await look("inbox-waiting");
  await said().getByRole("button", { name: "Take it back" }).click();
  await said().getByText("You took this back before it was sent.").waitFor();
  await hours(null);
  expect(await shownTo(stranger)).toEqual([]);
});

test("what WhatsApp refused says why, and is tried again", async () => {
  const { page, look } = visitor;
  await simulator.setFaults(phone, { nack: { code: 479, count: 1 } });
  await page.getByLabel(`Your answer to ${stranger}`).fill("Welcome after all");
  await page.getByRole("button", { name: "Send" }).click();
  await said().getByText("WhatsApp refused this message (code 479).").waitFor();
  await look("inbox-refused");
  await said().getByRole("button", { name: "Try again" }).click();
  await said().getByText("Read", { exact: true }).waitFor();
  await expect.poll(() => said().getByRole("button", { name: "Try again" }).count()).toBe(0);
  await expect.poll(() => shownTo(stranger)).toEqual(["Welcome after all"]);
});

test("a stranger is added as a contact, found by a word they wrote, and left out for good", async () => {
  const { page } = visitor;
  await page.getByRole("link", { name: "Add as contact" }).click();
  await page.waitForURL(/contacts\/add/);
  await expect.poll(() => page.getByLabel("Phone number").inputValue()).toBe(stranger);
  await page.goBack();
  await page.getByLabel("Search").fill("this number");
  await row(/Bo Hartono/).waitFor({ state: "detached" });
  await row(stranger).waitFor();
  await page.getByLabel("Search").fill("nothing like it");
  await page.getByText("No conversation is like that.").waitFor();
  await page.getByLabel("Search").fill("");
  await row(/Bo Hartono/).waitFor();
  await page.getByRole("button", { name: "Mark as unread" }).click();
  await page.getByText("Choose a conversation").waitFor();
  await page.getByRole("link", { name: /^Unread/ }).click();
  await row(/Bo Hartono/).waitFor({ state: "detached" });
  await row(stranger).click();
  await page.getByRole("button", { name: "Opt out" }).click();
  await page.getByRole("button", { name: "Never message them" }).click();
  await page.getByText("This person asked not to be messaged.").waitFor();
  expect(visitor.problems).toEqual([]);
});

test("it is all there without JavaScript", async () => {
  const storageState = await visitor.page.context().storageState();
  const { page } = await newVisitor(browser, app.origin, { javaScriptEnabled: false, storageState });
  await page.goto("/inbox");
  await page.getByRole("link", { name: /Ayu Lestari/ }).click();
  await page.getByLabel("Your answer to Ayu Lestari").fill("See you there");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("log").getByText("See you there").waitFor();
  await until("it to arrive", async () => (await shownTo(ayu)).includes("See you there"));
  await page.getByRole("link", { name: "Choose a file" }).click();
  await page.waitForURL(/\/media\?to=/);
});
