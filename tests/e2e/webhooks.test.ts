import { sql } from "drizzle-orm";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect } from "#db/client.ts";
import { until } from "../stage.ts";
import { eventOf, type Receiver, signers, startReceiver, tellName } from "../webhook-receiver.ts";
import { type RunningApp, startApp } from "./app.ts";
import { newVisitor, openAccount, openBrowser, type Visitor } from "./browser.ts";

let app: RunningApp;
let browser: Browser;
let receiver: Receiver;
let connection: Connection;
beforeAll(async () => {
  receiver = await startReceiver();
  app = await startApp();
  connection = connect(app.databaseUrl);
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await connection?.close();
  await app?.stop();
  await receiver?.stop();
});

async function userOf(email: string) {
  const [user] = await connection.db.execute<{ id: `usr_${string}` }>(sql`select id from users where email = ${email}`);
  if (!user) throw new Error("the account was not opened");
  return user.id;
}
const secretOn = async ({ page }: Visitor) => (await page.locator("code", { hasText: /^whsec_/ }).innerText()).trim();

test("a webhook is added, tested, told, mended and removed", async () => {
  const visitor = await newVisitor(browser, app.origin, { refusals: [400] });
  const { page, look, problems } = visitor;
  await openAccount(visitor, "hooks@example.org");
  await page.goto("/settings/account");
  await page.locator("#content").getByRole("link", { name: "Webhooks" }).click();
  await page.getByText("Nobody is told yet").waitFor();
  await look("webhooks-empty");

  await page.getByLabel("Address").fill("http://10.0.0.1/hook");
  await page.getByLabel("What it is for").fill("Orders");
  await page.getByLabel(/^Messages received/).uncheck();
  await page.getByRole("button", { name: "Add the webhook" }).click();
  await page.getByText("The address has to begin with https://").waitFor();
  await expect.poll(() => page.getByLabel("What it is for").inputValue()).toBe("Orders");
  await page.getByLabel("Address").fill(receiver.url);
  await page.getByRole("button", { name: "Add the webhook" }).click();
  await page.getByText("it is not shown again").waitFor();
  const secret = await secretOn(visitor);
  await page.getByRole("button", { name: "Send a test" }).click();
  await page.getByText("Orders took the test").waitFor();
  const [first] = receiver.received;
  if (!first) throw new Error("the test came");
  expect(eventOf(first).type).toBe("webhook.test");
  expect(signers(first, [secret])).toEqual([secret]);

  receiver.answers(500);
  await page.getByRole("button", { name: "Send a test" }).click();
  await page.getByText("Orders did not take the test").waitFor();
  await page.getByText("answered 500").waitFor();
  await tellName(connection.db, await userOf("hooks@example.org"), "refused");
  await page.getByText("It has not taken the last try").waitFor();
  await page.getByRole("link", { name: "session.linked" }).click();
  await page.getByRole("region", { name: "What is sent" }).getByText('"name": "refused"').waitFor();
  await page.getByText("It answered that it did not take it.").waitFor();
  await look("webhooks-delivery");
  receiver.answers(204);
  await page.getByRole("button", { name: "Try it now" }).click();
  await page.getByText("It is delivered again now.").first().waitFor();
  await until("it to arrive", () => receiver.received.length >= 4);
  await page.getByRole("link", { name: /^2 delivered, 0 waiting, 1 failed$/ }).waitFor();
  await page.getByRole("link", { name: /^Failed 1$/ }).click();
  await page.getByRole("button", { name: "Replay all 1 failed delivery" }).click();
  await page.getByRole("link", { name: /^3 delivered, 0 waiting, 0 failed$/ }).waitFor();

  await page.getByRole("link", { name: "Edit" }).click();
  await page.getByRole("region", { name: "Webhook Orders" }).getByLabel("What it is for").fill("Shop");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Shop", exact: true }).waitFor();
  await page.getByRole("button", { name: "New secret" }).click();
  await page.getByRole("button", { name: "Make a new secret" }).click();
  await page.getByText("The secret before signs too").waitFor();
  await expect.poll(() => secretOn(visitor)).not.toBe(secret);
  await page.getByRole("switch", { name: "Tell it what happens" }).click();
  await page.getByText("Nothing is written down for it.").waitFor();
  await connection.db.execute(sql`update webhook_endpoints set disabled_reason = 'failing'`);
  await page.goto("/");
  await page.getByText("Your server is not told any more").waitFor();
  await page.getByRole("link", { name: "See why" }).click();
  await page.getByText("It was switched off").waitFor();
  await look("webhooks-off");
  await page.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("button", { name: "Remove Shop" }).click();
  await page.getByText("Nobody is told yet").waitFor();
  expect(problems).toEqual([]);
});

test("all of it works without JavaScript; ten webhooks are as many as there can be", async () => {
  const email = "plain-hooks@example.org";
  const scripted = await newVisitor(browser, app.origin);
  await openAccount(scripted, email);
  const state = await scripted.page.context().storageState();
  await scripted.page.context().close();
  const visitor = await newVisitor(browser, app.origin, { javaScriptEnabled: false, storageState: state });
  const { page } = visitor;
  await page.goto("/settings/webhooks");
  await page.getByLabel("Address").fill(receiver.url);
  await page.getByRole("button", { name: "Add the webhook" }).click();
  await expect.poll(() => secretOn(visitor)).toMatch(/^whsec_/);
  await page.getByRole("button", { name: "Send a test" }).click();
  await page.getByText("took the test").waitFor();
  await page.getByRole("link", { name: "webhook.test" }).click();
  await page.getByText('"message": "This is a test. Nothing happened."').waitFor();
  await page.getByRole("button", { name: "Replay" }).click();
  await page.getByRole("button", { name: "Turn off" }).click();
  await page.getByText("Nothing is written down for it.").waitFor();
  await page.getByRole("link", { name: "Edit" }).click();
  await page.getByLabel("What it is for").first().fill("Plain");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Plain", exact: true }).waitFor();
  await connection.db.execute(sql`
    insert into webhook_endpoints (id, user_id, url, secret, events)
    select 'whe_' || lpad(n::text, 24, '0'), ${await userOf(email)}, 'https://example.org/' || n, '', '{session.*}' from generate_series(1, 9) n`);
  await page.goto("/settings/webhooks");
  await page.getByText("You have 10 webhooks.").waitFor();
  await expect.poll(() => page.getByRole("link", { name: "Add a webhook" }).count()).toBe(0);
  await page.getByRole("region", { name: "Webhook Plain" }).getByRole("button", { name: "Remove" }).click();
  await page.getByRole("link", { name: "Add a webhook" }).click();
  await page.getByRole("button", { name: "Add the webhook" }).waitFor();
});
