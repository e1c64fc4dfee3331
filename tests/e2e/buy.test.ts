import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "#db/client.ts";
import { newId } from "#db/ids.ts";
import { purchases, users } from "#db/schema/index.ts";
import { type RunningApp, startApp } from "./app.ts";
import { newVisitor, openAccount, openBrowser } from "./browser.ts";

let app: RunningApp;
let browser: Browser;
beforeAll(async () => {
  app = await startApp();
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await app?.stop();
});

test("points and a plan are bought on the provider's page; what is declined or left is said, and costs nothing", async () => {
  const visitor = await newVisitor(browser, app.origin);
  const { page, look, problems } = visitor;
  await openAccount(visitor, "buyer@example.org");
  const heading = (name: string | RegExp) => page.getByRole("heading", { level: 1, name });
  const pay = async (card: string) => {
    await page.getByText("DEMO: no money is taken").waitFor();
    await page.getByLabel(card).check();
    await page.getByRole("button", { name: /^Pay IDR/ }).click();
  };

  await page.goto("/billing/purchases");
  await page.getByText("Nothing bought yet").waitFor();
  await look("purchases-empty");
  // From where points are missing one comes with their number: the smallest pack with as many is chosen.
  await page.goto("/billing/buy?missing=120");
  await expect.poll(() => page.getByRole("radio", { name: "200 points" }).isChecked()).toBe(true);
  await look("buy");
  await page.getByRole("radio", { name: "1,000 points" }).check();
  await page.getByRole("row", { name: /^Total IDR\s249,750$/ }).waitFor();
  await page.getByRole("button", { name: "Go to payment" }).click();
  await heading(/^IDR\s249,750$/).waitFor();
  await look("pay-demo");
  await pay("4242 4242 4242 4242");
  await heading("1,000 points").waitFor();
  await page.getByText("1,000 points are in your wallet.").waitFor();
  await page.getByRole("link", { name: /^Receipt \d/ }).waitFor();
  await look("purchase-paid");

  await page.goto("/billing/buy?offer=plan-30d");
  await page.getByRole("checkbox", { name: "Renew the plan by itself" }).check();
  await page.getByRole("button", { name: "Go to payment" }).click();
  await page.getByText("MassSender keeps this card").waitFor();
  await pay("4242 4242 4242 4242");
  await page.getByText("The plan runs from").waitFor();

  await page.goto("/billing/buy?offer=points-100");
  await page.getByRole("button", { name: "Go to payment" }).click();
  await pay("4000 0000 0000 0002");
  await page.getByText("The card was declined").waitFor();
  await look("purchase-declined");
  await page.getByRole("link", { name: "Try again" }).click();
  await page.getByRole("button", { name: "Go to payment" }).click();
  await page.getByRole("button", { name: "Cancel and go back" }).click();
  await page.getByText("You did not pay, so nothing was charged.").waitFor();
  expect(problems).toEqual([]);
});

test("a purchase that waits is gone on with or cancelled, from the list, on a phone and by keyboard", async () => {
  const visitor = await newVisitor(browser, app.origin, { viewport: { width: 390, height: 844 }, refusals: [409] });
  const { page, look, problems } = visitor;
  await openAccount(visitor, "later@example.org");
  await page.goto("/billing/buy?offer=points-500");
  await page.getByRole("radio", { name: "500 points" }).focus();
  await page.keyboard.press("ArrowUp");
  await expect.poll(() => page.getByRole("radio", { name: "200 points" }).isChecked()).toBe(true);
  await page.getByRole("button", { name: "Go to payment" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("DEMO: no money is taken").waitFor();
  const payment = page.url();
  // The person closes the page, and finds the purchase again.
  await page.goto("/billing/purchases");
  await page.getByText("Not paid yet").waitFor();
  await page.getByRole("link", { name: "200 points" }).click();
  await page.getByRole("button", { name: "Pay now" }).waitFor();
  await look("purchase-waiting");
  await page.getByRole("button", { name: "Pay now" }).click();
  await page.getByText("DEMO: no money is taken").waitFor();
  expect(page.url()).toBe(payment);
  await page.goto("/billing/purchases");
  await page.getByRole("link", { name: "200 points" }).click();
  await page.getByRole("button", { name: "Cancel the purchase" }).waitFor();
  const purchase = page.url();
  // Whoever comes back from the provider waits for its word, and hears it without a reload.
  await page.goto(`${purchase}?returned=1`);
  await page.getByText("Waiting for the payment provider").waitFor();
  await look("purchase-returned");
  const elsewhere = await page.context().newPage();
  await elsewhere.goto(purchase);
  await elsewhere.getByRole("button", { name: "Cancel the purchase" }).click();
  await page.getByText("You did not pay, so nothing was charged.").waitFor();
  await elsewhere.close();
  await page.goto(payment);
  await page.getByText("This payment was cancelled.").waitFor();
  await page.getByRole("link", { name: "Back to MassSender" }).waitFor();
  await look("pay-demo-settled");
  await page.goto("/billing/purchases");
  await page.getByText("Cancelled", { exact: true }).waitFor();
  await look("purchases");
  expect(problems).toEqual([]);
});

test("where payments are switched off the page says who gives points, and no address that nobody gave for it", async () => {
  const off = await startApp({ PAYMENTS: "off" });
  const connection = connect(off.databaseUrl);
  try {
    const visitor = await newVisitor(browser, off.origin, { refusals: [404] });
    const { page, look, problems } = visitor;
    await openAccount(visitor, "boss@example.org");
    await page.goto("/billing/buy");
    await page.getByText("Ask whoever runs this MassSender").waitFor();
    await connection.db.update(users).set({ isAdmin: true });
    await page.reload();
    await page.getByText("Ask whoever runs this MassSender").waitFor();
    await expect.poll(() => page.getByRole("link", { name: /@/ }).count()).toBe(0);
    await expect.poll(() => page.getByRole("button", { name: "Go to payment" }).count()).toBe(0);
    await look("buy-off");
    await page.goto("/billing/buy?missing=120");
    await page.getByText("120 points are missing for what you want to send.").waitFor();
    // Ordered while payments were on.
    const [user] = await connection.db.select({ id: users.id }).from(users);
    if (!user) throw new Error("the account is not there");
    const bought = { kind: "topup", points: 200, net: 5_500_000, tax: 605_000, total: 6_105_000 } as const;
    const [purchase] = await connection.db
      .insert(purchases)
      .values({
        ...bought,
        id: newId("purchase"),
        userId: user.id,
        currency: "IDR",
        taxName: "PPN",
        taxRate: 1_100,
        provider: "demo",
        providerRef: "dpy_earlier",
      })
      .returning();
    await page.goto(`/billing/purchases/${purchase?.id}?returned=1`);
    await page.getByText("Payments are switched off at the moment").waitFor();
    for (const name of ["Pay now", "Back to the payment page", "Cancel the purchase"])
      await expect.poll(() => page.getByRole("button", { name }).count()).toBe(0);
    await page.getByRole("main").getByRole("link", { name: "To the wallet" }).waitFor();
    await look("purchase-off");
    await page.goto(`/pay/demo/dpy_${"a".repeat(32)}`);
    await page.getByText("There is nothing here").first().waitFor();
    expect(problems).toEqual([]);
  } finally {
    await connection.close();
    await off.stop();
  }
});
