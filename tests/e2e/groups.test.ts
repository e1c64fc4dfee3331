import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectSimulator, type GroupView, type SimulatorClient } from "#simulator/client.ts";
import { newPhone } from "../factories.ts";
import { simulatorUrl } from "../simulator.ts";
import { type RunningApp, startApp } from "./app.ts";
import { newVisitor, openAccount, openBrowser, type Visitor } from "./browser.ts";
import { oneStory } from "./one-story.ts";

const ani = newPhone();
const [ratna, wayan, gone, hidden] = [newPhone(), newPhone(), newPhone(), newPhone()];

let app: RunningApp;
let browser: Browser;
let visitor: Visitor;
let simulator: SimulatorClient;
let reunion: GroupView;
let foreign: GroupView;

beforeAll(async () => {
  simulator = connectSimulator(await simulatorUrl());
  reunion = await simulator.createGroup({
    subject: "Class of 2009",
    owner: ratna,
    participants: [
      { phone: ani },
      { phone: wayan, username: "wayan.dewi", admin: true },
      { phone: gone },
      { phone: hidden, hidden: true },
      { phone: newPhone(), hidden: true },
    ],
  });
  await simulator.createGroup({ subject: "Badminton on Sundays", owner: ani, participants: [{ phone: newPhone() }] });
  const crowd = Array.from({ length: 120 }, () => ({ phone: newPhone() }));
  await simulator.createGroup({ subject: "Whole neighbourhood", owner: ani, participants: crowd });
  foreign = await simulator.createGroup({ subject: "Strangers", owner: newPhone() });
  app = await startApp();
  browser = await openBrowser();
  visitor = await newVisitor(browser, app.origin, { refusals: [400] });
  await openAccount(visitor, "groups@example.org");
});
afterAll(async () => {
  await browser?.close();
  await app?.stop();
});

oneStory("groups", () => visitor);

const look = (name: string) => visitor.look(name);
const page = () => visitor.page;
const button = (name: string): Locator => page().getByRole("button", { name });
const way = (name: string): Locator => page().getByRole("link", { name });
const cell = (text: string): Locator => page().getByRole("cell", { name: text, exact: true });
const says = (text: string | RegExp) => page().getByText(text).first().waitFor();

async function linkPhone() {
  await page().goto("/link");
  await page().getByRole("link", { name: "Type a code on the phone" }).click();
  await page().getByLabel("Number of the phone").fill(ani);
  await button("Get a code").click();
  const shown = page()
    .getByTestId("pairing-code")
    .filter({ hasText: /^[0-9A-Z]{4}-[0-9A-Z]{4}$/ });
  await shown.waitFor();
  await simulator.openAccount(ani, "Ani");
  await simulator.enterLinkCode(ani, await shown.innerText());
  await says("This phone is linked and ready to send.");
}

test("without a linked phone there is nothing to read groups through, and the page says what to do", async () => {
  await page().goto("/contacts");
  await page().getByRole("navigation", { name: "Main" }).first().getByRole("link", { name: "Import a group" }).click();
  await says("No phone is linked");
  await says("Being in a group is not consent to your messages");
  await look("groups-no-phone");
  await linkPhone();
});

test("the groups of the phone are asked for, and found by name", async () => {
  await page().goto("/contacts/group");
  await look("groups-unasked");
  await button("Ask WhatsApp for its groups").click();
  await cell("Class of 2009").waitFor();
  await page()
    .getByRole("row", { name: /Whole neighbourhood/ })
    .getByText("More than 100 members")
    .waitFor();
  await look("groups");
  await page().getByLabel("Search by name").fill("BADMINTON");
  await button("Search").click();
  await cell("Class of 2009").waitFor({ state: "detached" });
  await cell("Badminton on Sundays").waitFor();
  await page().getByLabel("Search by name").fill("chess");
  await button("Search").click();
  await says("None of its 3 groups is called “chess”.");
  await look("groups-none");
});

test("a link to a group the phone is not in tells nothing, and nobody joins", async () => {
  await page().getByLabel("Or look up an invite link").fill("https://example.org/group");
  await button("Look up").click();
  await says("This is no invite link.");
  await look("groups-no-link");
  await page().getByLabel("Or look up an invite link").fill(foreign.inviteLink);
  await button("Look up").click();
  await says("This phone is not in that group.");
  await look("groups-refused");
  expect((await simulator.group(foreign.id)).participants).toEqual(foreign.participants);
  await way("All groups").click();
});

test("the members are shown before anything is kept: who is known, who opted out, how many hide", async () => {
  await page().goto("/contacts/suppressed");
  await page().locator("textarea[name=phone], input[name=phone]").first().fill(gone);
  await page()
    .locator("form button[type=submit]")
    .filter({ hasText: /never message/i })
    .first()
    .click();
  await cell(gone).first().waitFor();
  await page().goto("/contacts/group");
  await page().getByLabel("Or look up an invite link").fill(reunion.inviteLink);
  await button("Look up").click();
  await page().getByRole("heading", { name: "Class of 2009" }).waitFor();
  await says("2 members keep their number hidden. They can only be reached in the group's own chat.");
  await page()
    .getByRole("row", { name: new RegExp(gone.slice(1)) })
    .getByText("Opted out, left out")
    .waitFor();
  await page()
    .getByRole("row", { name: /wayan\.dewi/ })
    .getByText("New, without consent")
    .waitFor();
  expect(await page().content()).not.toContain(hidden.slice(1));
  await look("group");
});

test("it becomes a list, with the two ways on from there", async () => {
  await expect.poll(() => page().getByLabel("Name of the list").inputValue()).toBe("Class of 2009");
  await page().getByLabel("Name of the list").fill("Reunion");
  await button("Import 2 people").click();
  await page().getByRole("heading", { name: "The list “Reunion”" }).waitFor();
  await says("2 new contacts without consent, 1 left out because they opted out");
  await look("group-imported");
  await way("Give evidence of consent").click();
  await page().waitForURL(/\/contacts\?list=lst_\w+&state=no_consent$/);
  await says("wayan.dewi");
  await page().goBack();
  await way("Write one message to the group's own chat").click();
  await page().waitForURL(/\/campaigns\/new\?list=lst_/);
  await says("One message to the group's own chat");
  expect(visitor.problems).toEqual([]);
});

test("without JavaScript the same is done by reloading", async () => {
  const state = await page().context().storageState();
  const plain = await newVisitor(browser, app.origin, { javaScriptEnabled: false, storageState: state });
  await plain.page.goto("/contacts/group");
  await plain.page.getByRole("button", { name: "See the members of Class of 2009" }).click();
  const again = plain.page.getByRole("link", { name: "Look again" });
  const bring = plain.page.getByRole("button", { name: "Import 2 people" });
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await plain.page.waitForTimeout(250)) {
    await again.or(bring).waitFor();
    if (await bring.isVisible()) break;
    await again.click();
  }
  await bring.click();
  await plain.page.getByRole("heading", { name: "The list “Reunion”" }).waitFor();
  await plain.page.context().close();
});
