import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectSimulator } from "#simulator/client.ts";
import { newPhone } from "../factories.ts";
import { simulatorUrl } from "../simulator.ts";
import { type RunningApp, startApp } from "./app.ts";
import { newVisitor, openAccount, openBrowser, type Visitor } from "./browser.ts";

const ani = newPhone();
const bima = newPhone();
const citra = newPhone();
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

let app: RunningApp;
let browser: Browser;
let visitor: Visitor;

beforeAll(async () => {
  app = await startApp();
  browser = await openBrowser();
  visitor = await newVisitor(browser, app.origin, { refusals: [400] });
  await openAccount(visitor, "phones@example.org");
});
afterAll(async () => {
  await browser?.close();
  await app?.stop();
});

const tab = (name: string) =>
  visitor.page.getByRole("navigation", { name: "Parts of the phone" }).getByRole("link", { name }).click();
const bubble = (text: string): Locator => visitor.page.getByRole("listitem").filter({ hasText: text });

/** Changes whose phone is looked at, in a chat of two. */
async function onPhoneOf(name: string) {
  await visitor.page.getByRole("link", { name: `On the phone of ${name}` }).click();
  await visitor.page.getByLabel(`Write as ${name}`).waitFor();
}

async function write(text: string) {
  const { page } = visitor;
  await page.getByLabel(/^Write as/).fill(text);
  await page.getByLabel(/^Write as/).press("Enter");
  await bubble(text).waitFor();
  await expect.poll(() => page.getByLabel(/^Write as/).inputValue()).toBe("");
}

async function scan() {
  const { page } = visitor;
  await page.getByAltText("QR code to scan with WhatsApp").waitFor();
  await page.getByRole("link", { name: "Scan with the pretend phone" }).click();
  await page.getByLabel("Number of the phone").fill(ani);
  await page.getByLabel("Name on the phone").fill("Ani");
  await page.getByRole("button", { name: "Scan the code" }).click();
  await page.getByRole("cell", { name: "Connected", exact: true }).waitFor();
  await page.getByRole("link", { name: "WhatsApp: Linked" }).waitFor();
}

test("a person makes a phone, links it, unlinks the device on the phone, and the app notices at once", async () => {
  const { page, look } = visitor;
  await page.goto("/dev/phone?new=1");
  await page.getByLabel("Number", { exact: true }).fill("0812");
  await page.getByRole("button", { name: "Make the phone" }).click();
  await page.getByText("Enter the number with + and country code").waitFor();
  await page.getByLabel("Number", { exact: true }).fill(ani);
  await page.getByLabel("Name (optional)").fill("Ani");
  await look("phone-new");
  await page.getByRole("button", { name: "Make the phone" }).click();
  await page.getByText("No device is linked to this phone.").waitFor();
  await page.goto("/link");
  await page.getByRole("button", { name: "Show the QR code" }).click();
  await scan();
  await look("phone-devices");
  await page.getByRole("button", { name: "Unlink" }).click();
  await page.getByRole("dialog").getByText("It is logged out of Ani").waitFor();
  await page.getByRole("button", { name: "Unlink it" }).click();
  await page.getByText("No device is linked to this phone.").waitFor();
  await page.getByRole("link", { name: "WhatsApp: Logged out" }).click();
  await page.getByRole("button", { name: "Show a new QR code" }).click();
  await scan();
});

test("they write as their contact and as themselves, and see the ticks change", async () => {
  const { page, look } = visitor;
  await tab("Chats");
  await page.getByRole("link", { name: "New chat" }).click();
  await page.getByLabel("Number of the other person").fill(bima);
  await page.getByLabel("Their name").fill("Bima");
  await page.getByRole("button", { name: "Open the chat" }).click();
  await write("Is the reunion still on?");
  await onPhoneOf("Ani");
  await page.getByRole("navigation", { name: "Chats" }).getByText("1 unread").waitFor();
  await bubble("Is the reunion").getByRole("link", { name: "Reply" }).click();
  await page.getByRole("link", { name: "No reply" }).waitFor();
  await write("Yes, at eight.");
  await bubble("Yes, at eight.").getByText("Is the reunion still on?").waitFor();
  await bubble("Yes, at eight.").getByText("Delivered").waitFor();
  await look("phone-chat");
  await onPhoneOf("Bima");
  await page.getByRole("button", { name: "Read it: blue ticks go out" }).click();
  await page.getByRole("button", { name: "Read it: blue ticks go out" }).waitFor({ state: "detached" });
  await onPhoneOf("Ani");
  await bubble("Yes, at eight.").getByText("Read", { exact: true }).waitFor();
});

test("whoever turns read receipts off reads, and the ticks stay grey", async () => {
  const { page, look } = visitor;
  await page.getByRole("link", { name: "Settings of Bima" }).click();
  const receipts = page.getByRole("switch", { name: "Read receipts" });
  await receipts.click();
  await expect.poll(() => receipts.isChecked()).toBe(false);
  await look("phone-person");
  await tab("Chats");
  await write("Bring your photographs.");
  await bubble("Bring your photographs.").getByText("Delivered").waitFor();
  await tab("People");
  await page.getByRole("button", { name: "Open the chat: all is read" }).click();
  await page.getByText("Everything in the chat is read.").waitFor();
  await tab("Chats");
  await page.getByLabel("Write as Ani").waitFor();
  await bubble("Bring your photographs.").getByText("Delivered").waitFor();
});

test("a contact sends a picture and a document; the picture is shown, the document is a download", async () => {
  const { page, look } = visitor;
  await onPhoneOf("Bima");
  const file = page.getByLabel("Picture or document, up to 5 MB");
  await file.setInputFiles({ name: "class.png", mimeType: "image/png", buffer: PNG });
  await write("Our class");
  await file.setInputFiles({ name: "list.html", mimeType: "text/html", buffer: Buffer.from("<h1>List</h1>") });
  await write("And the list");
  await onPhoneOf("Ani");
  const picture = page.getByAltText("Picture: Our class");
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(1);
  await look("phone-picture");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: /^list\.html/ }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("list.html");
  const answer = await page.request.get((await picture.getAttribute("src")) ?? "");
  expect(answer.headers()).toMatchObject({ "content-type": "image/png", "x-content-type-options": "nosniff" });
  await file.setInputFiles({ name: "film.png", mimeType: "image/png", buffer: Buffer.alloc(5 * 1024 * 1024 + 1) });
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("The file is larger than 5 MB.").waitFor();
  await file.setInputFiles([]);
});

test("they make a group, somebody in it with a hidden number writes, and a member leaves", async () => {
  const { page, look } = visitor;
  await tab("Groups");
  await page.getByLabel("Name of the group").fill("Class of 2016");
  await page.getByLabel("Members whose number everybody sees").fill(bima);
  await page.getByLabel("Members with a hidden number").fill(citra);
  await page.getByRole("button", { name: "Make the group" }).click();
  await page.getByRole("heading", { name: "Class of 2016" }).waitFor();
  await expect.poll(() => page.getByLabel("Invite link").inputValue()).toMatch(/^https:\/\/chat\.whatsapp\.com\/\w+$/);
  await look("phone-group");
  await page.getByRole("link", { name: "See its chat" }).click();
  await page.getByLabel("On the phone of").selectOption(citra);
  await page.getByLabel(`Write as ${citra}`).waitFor();
  await write("I am in!");
  await page.getByLabel("On the phone of").selectOption(ani);
  await page.getByLabel("Write as Ani").waitFor();
  await bubble("I am in!").getByText(citra).waitFor();
  await look("phone-group-chat");
  await tab("Groups");
  await page.getByRole("button", { name: `Leaves: ${citra}` }).click();
  await page.getByRole("cell", { name: citra, exact: true }).waitFor({ state: "detached" });
});

test("they set faults, see them in force and in the journal, and clear them", async () => {
  const { page, look, problems } = visitor;
  await tab("Faults");
  await page.getByText("No fault is in force for Ani").waitFor();
  await page.getByRole("button", { name: "Lose the next 3 acks" }).click();
  await page.getByText("Acks are lost, 3 more times.").waitFor();
  await page.getByRole("button", { name: "Refuse the next 3 messages (463)" }).click();
  await page.getByText("Messages are refused with 463, 3 more times.").waitFor();
  await look("phone-faults");
  await page.getByRole("button", { name: "Slow server" }).click();
  await page.getByText("Questions are answered late.").waitFor();
  // Long enough away to be seen.
  await connectSimulator(await simulatorUrl()).setFaults(ani, { failLogins: { count: 3, reason: 503 } });
  await page.getByRole("button", { name: "Cut the connection" }).click();
  await page.getByText("1 device, 0 connected").waitFor();
  await page
    .getByRole("cell", { name: /^slow struck/ })
    .first()
    .waitFor();
  await page.getByRole("button", { name: "Clear all" }).click();
  await page.getByText("No fault is in force for Ani").waitFor();
  await page.getByText("1 device, 1 connected").waitFor();
  expect(problems).toEqual([]);
});

test("without JavaScript a person still writes, and changes a setting", async () => {
  const storageState = await visitor.page.context().storageState();
  const { page, problems } = await newVisitor(browser, app.origin, { javaScriptEnabled: false, storageState });
  const chat = new URLSearchParams({ phone: ani, chat: bima, as: bima });
  await page.goto(`/dev/phone?${chat}`);
  await page.getByLabel("Write as Bima").fill("Without scripts");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("listitem").filter({ hasText: "Without scripts" }).waitFor();
  await page.getByRole("link", { name: "Settings of Bima" }).click();
  await page.getByRole("button", { name: "Turn on" }).first().click();
  await page.getByRole("switch", { name: "Read receipts", checked: true }).waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});
