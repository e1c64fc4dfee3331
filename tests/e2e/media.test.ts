import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PDF } from "../fixtures/media/documents.ts";
import { makePicture } from "../fixtures/media/pictures.ts";
import { type RunningApp, startApp } from "./app.ts";
import { newVisitor, openAccount, openBrowser } from "./browser.ts";

let app: RunningApp;
let browser: Browser;
beforeAll(async () => {
  [app, browser] = await Promise.all([startApp(), openBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await app?.stop();
});

test("a file is attached on a page of its own, told in plain words when it cannot be, and leads back", async () => {
  const visitor = await newVisitor(browser, app.origin, { refusals: [422] });
  const { page } = visitor;
  await openAccount(visitor, "files@example.org");
  await page.goto("/media?to=/contacts%3Ffrom%3Dfile");
  await visitor.look("media");
  const file = page.getByLabel("File", { exact: true });
  await file.setInputFiles({
    name: "menu.pdf",
    mimeType: "application/pdf",
    buffer: Buffer.from("<html>hello</html>"),
  });
  await page.getByRole("button", { name: "Attach the file" }).click();
  await page.getByText("The name says that this is a PDF, but its content is a web page.").waitFor();
  await visitor.look("media-refused");
  await file.setInputFiles({ name: "menu.pdf", mimeType: "application/pdf", buffer: PDF });
  await page.getByRole("button", { name: "Attach the file" }).click();
  await page.waitForURL(/\/contacts\?from=file&media=med_[0-9a-z]+$/);
  const id = new URL(page.url()).searchParams.get("media");
  const download = await page.request.get(`/media/${id}/file`);
  expect(Buffer.from(await download.body()).equals(PDF)).toBe(true);
  expect(visitor.problems).toEqual([]);
});

test("without JavaScript too", async () => {
  const visitor = await newVisitor(browser, app.origin);
  await openAccount(visitor, "plain@example.org");
  const storageState = await visitor.page.context().storageState();
  const { page } = await newVisitor(browser, app.origin, { javaScriptEnabled: false, storageState });
  await page.goto("/media?to=/contacts");
  const picture = { name: "poster.png", mimeType: "image/png", buffer: await makePicture("png") };
  await page.locator("input[type=file]").setInputFiles(picture);
  await page.getByRole("button", { name: "Attach the file" }).click();
  await page.waitForURL(/\/contacts\?media=med_[0-9a-z]+$/);
});
