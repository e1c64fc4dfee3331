import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { sql } from "drizzle-orm";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "#db/client.ts";
import { readPdf } from "../pdf-text.ts";
import { type RunningApp, startApp } from "./app.ts";
import { newVisitor, openAccount, openBrowser, type Visitor } from "./browser.ts";

const ADMIN = fileURLToPath(new URL("../../scripts/admin.ts", import.meta.url));

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

/** As `npm run admin` runs it. */
async function command(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, ["--import", "tsx", ADMIN, ...args], {
    env: { ...process.env, DATABASE_URL: app.databaseUrl },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk));
  await once(child, "close");
  return `${child.exitCode} ${said.trim()}`;
}

const headed = ({ page }: Visitor, name: string) => page.getByRole("heading", { level: 1, name }).waitFor();

test("a receipt is made out to whom its buyer says, is listed and fetched, and stays as it was", async () => {
  const visitor = await newVisitor(browser, app.origin, { refusals: [400, 404] });
  const { page, look, problems } = visitor;
  await openAccount(visitor, "buyer@example.org");
  await page.goto("/billing/receipts");
  await page.getByText("No receipt yet").waitFor();
  await look("receipts-empty");
  await page.getByLabel("Name").fill("王小明");
  await page.getByLabel("Address").fill("Jl. Sudirman 5\nJakarta");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("A receipt cannot show “王”.").waitFor();
  await look("receipts-refused");
  await page.getByLabel("Name").fill("Wang Xiaoming");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("The next receipt is made out so.").waitFor();
  await expect.poll(() => page.getByLabel("Address").inputValue()).toBe("Jl. Sudirman 5\nJakarta");

  await page.goto("/billing/buy?offer=points-100");
  await page.getByRole("button", { name: "Go to payment" }).click();
  await page.getByLabel("4242 4242 4242 4242").check();
  await page.getByRole("button", { name: /^Pay IDR/ }).click();
  await page.getByText("100 points are in your wallet.").waitFor();
  await page.goto("/billing/receipts");
  await page.getByLabel("Name").fill("Somebody else");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("The next receipt is made out so.").waitFor();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: /^PDF of receipt/ }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^receipt-20\d\d-000001\.pdf$/);
  const { pieces } = readPdf(readFileSync(await download.path()));
  expect(pieces.join("\n").replaceAll("\u00a0", " ")).toContain("Total, paid\nIDR 33,300\nDemo, no money was taken.");
  expect(pieces).toContain("Wang Xiaoming");
  await look("receipts");

  await page.goto("/admin");
  await page.getByText("Error 404").waitFor();
  await expect.poll(() => page.getByRole("link", { name: "Administration" }).count()).toBe(0);
  expect(problems).toEqual([]);
});

test("an administrator finds an account, gives it points and a plan with a reason, and changes what is sold", async () => {
  const visitor = await newVisitor(browser, app.origin, { refusals: [400, 409] });
  const { page, look, problems } = visitor;
  expect(await command("admin@example.org")).toMatch(/^1 There is no account/);
  await openAccount(visitor, "admin@example.org");
  expect(await command("admin@example.org")).toBe("0 admin@example.org is an administrator now.");
  await page.goto("/");
  await page.getByRole("link", { name: "Administration" }).click();
  await headed(visitor, "Accounts");
  await page.getByLabel("E-mail address, or a part of it").fill("no such");
  await page.getByRole("button", { name: "Look up" }).click();
  await page.getByText("No account has “no such” in its address.").waitFor();
  await page.getByLabel("E-mail address, or a part of it").fill("buyer@");
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "buyer@example.org" }).click();
  await headed(visitor, "buyer@example.org");
  const points = page.getByRole("region", { name: "Give points" });
  await points.getByLabel("Points").fill("70");
  await points.getByLabel("Why").fill("because");
  await points.getByRole("button", { name: "Give the points" }).click();
  await points.getByText("Say why in a few words").waitFor();
  await points.getByLabel("Why").fill("Paid by bank transfer");
  await points.getByRole("button", { name: "Give the points" }).dblclick();
  await page.getByText("The points are given.").waitFor();
  await page.getByRole("row", { name: /70 points Paid by bank transfer admin@example.org/ }).waitFor();
  await expect.poll(() => page.getByRole("row", { name: /Paid by bank transfer/ }).count()).toBe(1);
  await expect.poll(() => points.getByLabel("Points").inputValue()).toBe("");
  const plan = page.getByRole("region", { name: "Give a plan" });
  await plan.getByLabel("Plan").selectOption("15d");
  await plan.getByLabel("Why").fill("Sorry for the outage");
  await plan.getByRole("button", { name: "Give the plan" }).click();
  await page.getByRole("row", { name: /Plan of 15 days, 200 points Sorry for the outage/ }).waitFor();
  // 400 of the first plan, 100 bought, 70 and 200 given.
  await page.getByText("770").first().waitFor();
  await look("admin-user");
  await page.goto("/admin");
  await page.getByRole("row", { name: /Sorry for the outage/ }).waitFor();
  await look("admin");

  await page.getByRole("link", { name: "Offers" }).click();
  await headed(visitor, "Offers");
  const pack = page.getByRole("form", { name: "100 points" });
  await pack.getByLabel("Price in IDR").fill("35,000");
  await pack.getByRole("button", { name: "Save" }).click();
  await pack.getByText("Write the price in IDR with digits alone").waitFor();
  await look("admin-offers-refused");
  await pack.getByLabel("Price in IDR").fill("35000");
  await pack.getByLabel("On sale").uncheck();
  await pack.getByRole("button", { name: "Save" }).click();
  await page.getByText("The pack is offered so from now on.").waitFor();
  const fresh = page.getByRole("form", { name: "A new pack" });
  await fresh.getByLabel("Points").fill("200");
  await fresh.getByLabel("Price in IDR").fill("50000");
  await fresh.getByRole("button", { name: "Put it on sale" }).click();
  await fresh.getByText("There is a pack of 200 points already.").waitFor();
  await fresh.getByLabel("Points").fill("300");
  await fresh.getByRole("button", { name: "Put it on sale" }).click();
  await page.getByRole("form", { name: "300 points" }).waitFor();
  await page.goto("/billing/buy");
  await page.getByRole("radio", { name: "300 points" }).waitFor();
  await expect.poll(() => page.getByRole("radio", { name: "100 points", exact: true }).count()).toBe(0);

  await page.goto("/admin/books");
  await page.getByRole("button", { name: "Check them now" }).click();
  await page.getByText("The books are checked.").waitFor();
  await page.getByText("Nothing was wrong at the last check").waitFor();
  await look("admin-books");
  const connection = connect(app.databaseUrl, { max: 1 });
  await connection.db.execute(sql`update wallets set balance = balance + 1`);
  await connection.close();
  await page.getByRole("button", { name: "Check them now" }).click();
  await page.getByText("balance is sum of ledger, 2 rows").waitFor();
  await look("admin-books-wrong");
  expect(await command("--remove", "admin@example.org")).toBe("0 admin@example.org is no administrator now.");
  await page.goto("/settings/account");
  await expect.poll(() => page.getByRole("link", { name: "Administration" }).count()).toBe(0);
  expect(problems).toEqual([]);
});
