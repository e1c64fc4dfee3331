import { eq } from "drizzle-orm";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect } from "#db/client.ts";
import { paymentMethods, users, wallets } from "#db/schema/index.ts";
import { tickPlans } from "#server/billing/plans/tick.ts";
import { createLog } from "#server/log.ts";
import { registerUser } from "#server/users/register.ts";
import { PASSWORD, setClock, testEnv } from "../factories.ts";
import { type RunningApp, startApp } from "./app.ts";
import { newVisitor, openAccount, openBrowser, type Visitor } from "./browser.ts";
import { oneStory } from "./one-story.ts";

const EMAIL = "plan@example.org";

let app: RunningApp;
let browser: Browser;
let connection: Connection;
let visitor: Visitor;

beforeAll(async () => {
  app = await startApp();
  browser = await openBrowser();
  connection = connect(app.databaseUrl);
  visitor = await newVisitor(browser, app.origin);
  await openAccount(visitor, EMAIL);
});
afterAll(async () => {
  await browser?.close();
  await connection?.close();
  await app?.stop();
});
oneStory("plan", () => visitor);

const banner = () => visitor.page.getByTestId("plan-banner");
const renews = () => visitor.page.getByRole("switch", { name: "Renew by itself" });

async function wallet() {
  const [row] = await connection.db
    .select({
      userId: users.id,
      endsAt: wallets.planExpiresAt,
      autoRenew: wallets.autoRenew,
      nextPlan: wallets.nextPlan,
    })
    .from(users)
    .innerJoin(wallets, eq(wallets.userId, users.id))
    .where(eq(users.email, EMAIL));
  if (!row) throw new Error("no wallet");
  return row;
}

/** To so many hours from the end of the plan, when the minute's job has run. */
async function travel(end: Date, hours: number): Promise<void> {
  await setClock(connection.db, new Date(end.getTime() + hours * 3_600_000).toISOString());
  const env = testEnv(app.databaseUrl);
  await tickPlans(connection.db, { env, log: createLog("worker", env) });
}

test("a plan reminds of its end on every screen, renews by a kept card, and says when it has ended", async () => {
  const { page } = visitor;
  const { userId, endsAt } = await wallet();
  await page.goto("/billing/wallet");
  await expect.poll(() => renews().isDisabled()).toBe(true);
  await page.getByText("No card is kept").waitFor();
  await expect.poll(() => banner().count()).toBe(0);
  await visitor.look("plan");

  // By the link: the stream that tells of changes is open already.
  await page.getByRole("link", { name: "Contacts", exact: true }).click();
  await page.waitForURL("**/contacts");
  await travel(endsAt, -71);
  await banner().getByText("Your plan ends within 3 days").waitFor();
  await visitor.look("plan-ends");
  await page.getByRole("button", { name: "Close this reminder" }).click();
  await banner().waitFor({ state: "detached" });
  expect(new URL(page.url()).pathname).toBe("/contacts");

  await connection.db.insert(paymentMethods).values({
    userId,
    provider: "demo",
    token: `dtk_pays_${"x".repeat(22)}`,
    label: "Demo card ending in 4242",
  });
  await page.goto("/billing/wallet");
  await page.getByLabel("The plan after this one").selectOption("15d");
  await page.getByRole("button", { name: "Choose" }).click();
  await page.getByText("That plan follows this one.").waitFor();
  await renews().focus();
  await page.keyboard.press("Space");
  await page.getByText("IDR 55,500 for 15 days is charged to Demo card ending in 4242").waitFor();
  await expect.poll(wallet).toMatchObject({ autoRenew: true, nextPlan: "15d" });

  await travel(endsAt, -20);
  await banner().getByText("Your plan renews by itself: 15 days for IDR 55,500").waitFor();
  await visitor.look("plan-renews");

  await page.getByRole("button", { name: "Forget the card" }).click();
  await banner().getByText("Your plan ends within a day").waitFor();
  expect((await wallet()).autoRenew).toBe(false);

  await travel(endsAt, 1);
  await banner().getByText("Your plan ended on").waitFor();
  await expect.poll(() => renews().isDisabled()).toBe(true);
  await visitor.look("plan-ended");
  await banner().getByRole("link", { name: "Renew the plan" }).click();
  await page.waitForURL("**/billing/buy");
  await banner().waitFor({ state: "detached" });
  expect(visitor.problems).toEqual([]);
});

test("a renewal that was declined, and one that stopped, say why on every screen, and lead to paying another way", async () => {
  const email = "declined@example.org";
  await setClock(connection.db, new Date().toISOString());
  const other = await newVisitor(browser, app.origin);
  await openAccount(other, email);
  const told = other.page.getByTestId("plan-banner");
  const [user] = await connection.db
    .select({ id: users.id, endsAt: wallets.planExpiresAt })
    .from(users)
    .innerJoin(wallets, eq(wallets.userId, users.id))
    .where(eq(users.email, email));
  if (!user) throw new Error("the account is not there");
  await connection.db.insert(paymentMethods).values({
    userId: user.id,
    provider: "demo",
    token: `dtk_declined_${"x".repeat(22)}`,
    label: "Demo card ending in 0002",
  });
  await connection.db.update(wallets).set({ autoRenew: true }).where(eq(wallets.userId, user.id));
  await travel(user.endsAt, -0.9);
  await told.getByText("is not renewed yet: Demo card ending in 0002 was declined. It is charged again on").waitFor();
  await other.page.goto("/contacts");
  await other.look("plan-declined");
  await told.getByRole("link", { name: "Pay another way" }).waitFor();

  await travel(user.endsAt, 1);
  await told.getByText("The card was declined and is charged again on").waitFor();
  await other.look("plan-ended-declined");
  await travel(user.endsAt, 49);
  await told.getByText("It was not renewed: the card was declined each time").waitFor();
  await other.look("plan-ended-stopped");

  // Another stops while its plan still runs: its card is gone.
  await setClock(connection.db, new Date(user.endsAt.getTime() - 3_000_000).toISOString());
  await connection.db.delete(paymentMethods).where(eq(paymentMethods.userId, user.id));
  await connection.db
    .update(wallets)
    .set({ autoRenew: true, renewAt: null, renewStopped: null, renewalsDeclined: 0, planEndedAt: null })
    .where(eq(wallets.userId, user.id));
  await travel(user.endsAt, -0.5);
  await told.getByText("does not renew by itself. No card is kept").waitFor();
  await other.look("plan-stopped");
  expect(other.problems).toEqual([]);
});

test("an account without a first plan is told how it gets one", async () => {
  const email = "none@example.org";
  await registerUser(
    connection.db,
    { email, password: PASSWORD, tz: "Europe/Berlin", acceptTerms: true },
    { provider: null },
  );
  const other = await newVisitor(browser, app.origin);
  await other.page.goto("/login");
  await other.page.getByLabel("E-mail").fill(email);
  await other.page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await other.page.getByRole("button", { name: "Sign in" }).click();
  await other.page.getByTestId("plan-banner").getByText("No plan is running yet").waitFor();
  await other.page.goto("/billing/wallet");
  await other.page.getByRole("region", { name: "Plan", exact: true }).getByText("None yet").waitFor();
  await other.look("plan-none");
  expect(other.problems).toEqual([]);
});
