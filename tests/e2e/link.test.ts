import { sql } from "drizzle-orm";
import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "#db/client.ts";
import { connectSimulator, type SimulatorClient } from "#simulator/client.ts";
import { newPhone } from "../factories.ts";
import { simulatorUrl } from "../simulator.ts";
import { type RunningApp, startApp } from "./app.ts";
import { newVisitor, openAccount, openBrowser, type Visitor } from "./browser.ts";
import { oneStory } from "./one-story.ts";

const PHONE_WIDTH = 360;
const HOUR_MS = 3_600_000;
const ani = newPhone();
const bima = newPhone();
const citra = newPhone();

let app: RunningApp;
let browser: Browser;
let visitor: Visitor;
let simulator: SimulatorClient;

beforeAll(async () => {
  simulator = connectSimulator(await simulatorUrl());
  app = await startApp();
  browser = await openBrowser();
  visitor = await newVisitor(browser, app.origin, { refusals: [400] });
  await openAccount(visitor, "links@example.org");
});
afterAll(async () => {
  await browser?.close();
  await app?.stop();
});

oneStory("link", () => visitor);

const look = (name: string) => visitor.look(name, { phoneWidth: PHONE_WIDTH });
const button = (name: string): Locator => visitor.page.getByRole("button", { name });
const way = (name: string): Locator => visitor.page.getByRole("link", { name });
const says = (text: string | RegExp) => visitor.page.getByText(text).first().waitFor();

/** The code on the screen, as a person reads it. */
async function shownCode(): Promise<string> {
  const shown = visitor.page.getByTestId("pairing-code").filter({ hasText: /^[0-9A-Z]{4}-[0-9A-Z]{4}$/ });
  await shown.waitFor();
  return shown.innerText();
}

/** The text of the QR on the screen: the picture is for cameras. */
async function shownQr(phone: string | null): Promise<string> {
  await visitor.page.getByAltText("QR code to scan with WhatsApp").waitFor();
  const connection = connect(app.databaseUrl);
  const [row] = await connection.db.execute<{ qr: string }>(
    sql`select qr from wa_sessions where qr is not null and phone is not distinct from ${phone}`,
  );
  await connection.close();
  return row?.qr ?? "";
}

/** Marks the page, so that a test can tell that it was never loaded again. */
const mark = () => visitor.page.evaluate(() => document.body.setAttribute("data-mark", "kept"));
const isKept = () => visitor.page.evaluate(() => document.body.getAttribute("data-mark") === "kept");

test("a person links a phone by a code: a wrong number is told, the code is shown with its time, and typed on the phone", async () => {
  const { page } = visitor;
  await page.goto("/link");
  await page.getByRole("heading", { name: "Link your first phone" }).waitFor();
  await look("link-first");
  await way("Type a code on the phone").click();
  await page.getByLabel("Number of the phone").fill("0812 345");
  await button("Get a code").click();
  await says("Enter the number with + and country code");
  await look("link-number");
  await page.getByLabel("Number of the phone").fill(`${ani.slice(0, 3)} ${ani.slice(3, 6)}-${ani.slice(6)}`);
  await button("Get a code").click();
  const code = await shownCode();
  await says(/Valid for \d:\d\d more/);
  await look("link-code");
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  // It says so for a second: the page itself watches for it.
  const told = page.evaluate(
    () =>
      new Promise<void>((done) => {
        new MutationObserver(() => {
          if (Array.from(document.querySelectorAll("button")).some(({ textContent }) => textContent === "Copied"))
            done();
        }).observe(document.body, { childList: true, subtree: true, characterData: true });
      }),
  );
  await button("Copy the code").click();
  await told;
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(code);
  await mark();
  await simulator.openAccount(ani, "Ani");
  await simulator.enterLinkCode(ani, code);
  await says("This phone is linked and ready to send.");
  expect(await isKept()).toBe(true);
  await way(`Account health of ${ani}`).click();
  await says("The connection was never interrupted.");
  await look("link-health-new");
  await way("All linked phones").click();
});

test("what is typed is not lost while the page follows what happens", async () => {
  const { page } = visitor;
  await way("Link another phone").click();
  await way("Type a code on the phone").click();
  const number = page.getByLabel("Number of the phone");
  await number.fill("+62 811");
  await simulator.setLimits(ani, { reachout: { forMs: HOUR_MS } });
  await says(/^Restricted until/);
  await expect.poll(() => number.inputValue()).toBe("+62 811");
  await expect.poll(() => number.evaluate((field) => field === document.activeElement)).toBe(true);
});

test("a restriction is shown with its end and how to ask again, and is gone when WhatsApp lifts it", async () => {
  const { page } = visitor;
  await page.goto("/link");
  await says(/^Restricted until \d+ \w+ \d{4}, \d\d:\d\d GMT\+7/);
  await page.getByRole("link", { name: "WhatsApp: Restricted" }).waitFor();
  await button("Ask WhatsApp again").click();
  await says("WhatsApp was asked what it forbids, and answered.");
  await look("link-restricted");
  await simulator.setLimits(ani, { reachout: null });
  await says("This phone is linked and ready to send.");
});

test("a log-out on the phone is on the screen without a reload, and the next step with it", async () => {
  const { page } = visitor;
  await mark();
  await simulator.unlink(ani);
  await says("This device was unlinked on the phone.");
  expect(await isKept()).toBe(true);
  await page.getByRole("link", { name: "WhatsApp: Logged out" }).waitFor();
  await look("link-logged-out");
  await button("Show a new QR code").click();
  await shownQr(ani);
  await look("link-qr");
});

test("another phone is refused and unlinked again; confirmed, it takes the place of the first", async () => {
  const { page } = visitor;
  await simulator.openAccount(bima, "Bima");
  await simulator.scan(bima, await shownQr(ani));
  await says("The code was used with another phone than before.");
  await expect.poll(async () => (await simulator.account(bima)).devices.length).toBe(0);
  await look("link-other-phone");
  await way("Type a code on the phone").click();
  await page.getByLabel("Number of the phone").fill(bima);
  await button("Get a code").click();
  await says(`The phone linked here before is ${ani}.`);
  await page.getByLabel(`Link another phone in place of ${ani}`).check();
  // The page tells at once that this settles it; what stood there goes.
  await page.getByText(`The phone linked here before is ${ani}.`).waitFor({ state: "detached" });
  await button("Get a code").click();
  await simulator.enterLinkCode(bima, await shownCode());
  await says("This phone is linked and ready to send.");
  await page.getByRole("heading", { name: bima }).waitFor();
});

test("the health of the account tells a disconnect with its meaning, what is used and what WhatsApp allows", async () => {
  const { page } = visitor;
  await way(`Account health of ${bima}`).click();
  await page.getByRole("cell", { name: "The device was unlinked on the phone." }).waitFor();
  await says("WhatsApp has not told");
  await simulator.setLimits(bima, { newChats: { total: 50, used: 41 } });
  await simulator.streamError(bima, 440);
  await says("Another program took over this device's connection.");
  await page.getByRole("cell", { name: "Another connection of this device took over." }).waitFor();
  await button("Try now").click();
  await says("This phone is linked and ready to send.");
  await says("41 of 50 used");
  await page.getByText("0 of 500 messages sent today").waitFor();
  await look("link-health");
  // Looked at last: after a while it is tried again by itself.
  await simulator.streamError(bima, 440);
  await button("Try now").waitFor();
  await look("link-reconnecting");
  await says("This phone is linked and ready to send.");
});

test("an idle phone is warned of on every screen that shows it, and kept with one click", async () => {
  const { page } = visitor;
  const connection = connect(app.databaseUrl);
  await connection.db.execute(
    sql`update wa_sessions set idle_warned_at = now(), last_used_at = now() - interval '5 days'`,
  );
  await connection.close();
  await page.goto("/");
  await says(`${bima} is about to be unlinked`);
  await look("link-idle-home");
  await page.getByRole("link", { name: "WhatsApp: Unlinked soon" }).click();
  await says(/Unused for 5 days. It will be unlinked on .* unless you use it/);
  await look("link-idle");
  await button("Keep it linked").click();
  await page.getByText("Unused for 5 days.").waitFor({ state: "detached" });
  await page.getByRole("link", { name: "WhatsApp: Linked" }).waitFor();
});

test("a passkey is told honestly, with the official way out; changing one's mind about the kind of code is easy", async () => {
  const { page, problems } = visitor;
  await way("Link another phone").click();
  await button("Show the QR code").click();
  await shownQr(null);
  await way("Type a code instead").click();
  await page.getByLabel("Number of the phone").fill(citra);
  await button("Get a code").click();
  await shownCode();
  await look("link-two");
  await button("Show a QR code instead").click();
  const qr = await shownQr(null);
  await simulator.openAccount(citra, "Citra");
  await simulator.setAccount(citra, { passkey: true });
  await simulator.scan(citra, qr).catch(() => {});
  await says("does not try to get around it");
  const official = page.getByRole("link", { name: "WhatsApp Business Platform" });
  await expect.poll(() => official.getAttribute("rel")).toBe("noreferrer");
  await look("link-passkey");
  expect(problems).toEqual([]);
});

test("without JavaScript a phone is linked by a code too", async () => {
  const storageState = await visitor.page.context().storageState();
  const { page, problems } = await newVisitor(browser, app.origin, { javaScriptEnabled: false, storageState });
  await simulator.setAccount(citra, { passkey: false });
  await page.goto("/link");
  await page.getByRole("link", { name: "Type a code on the phone" }).click();
  await page.getByLabel("Number of the phone").fill(citra);
  await page.getByRole("button", { name: "Get a code" }).click();
  await expect
    .poll(async () => {
      await page.reload();
      return page.getByTestId("pairing-code").innerText();
    })
    .toMatch(/^\w{4}-\w{4}$/);
  await page.getByRole("link", { name: "Type it on the pretend phone" }).click();
  await expect.poll(() => page.getByLabel("Code with 8 characters").inputValue()).toMatch(/^\w{8}$/);
  await page.getByRole("button", { name: "Link with the code" }).click();
  await page.goto("/link");
  await page.getByRole("heading", { name: citra }).waitFor();
  expect(problems).toEqual([]);
  await page.context().close();
});
