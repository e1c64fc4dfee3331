import ExcelJS from "exceljs";
import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect } from "#db/client.ts";
import { type RunningApp, startApp } from "./app.ts";
import { newVisitor, openAccount, openBrowser, type Visitor } from "./browser.ts";
import { oneStory } from "./one-story.ts";

const STATEMENT = "They ticked the box on the form of our class reunion.";
const MANY = 30_000;
const LONG = { timeout: 60_000 };

let app: RunningApp;
let browser: Browser;
let visitor: Visitor;

beforeAll(async () => {
  app = await startApp();
  browser = await openBrowser();
  visitor = await newVisitor(browser, app.origin, { refusals: [400, 422] });
  await openAccount(visitor, "imports@example.org");
});
afterAll(async () => {
  await browser?.close();
  await app?.stop();
});

oneStory("import", () => visitor);

const button = (name: string | RegExp): Locator => visitor.page.getByRole("button", { name });
const says = (text: string | RegExp) => visitor.page.getByText(text).first().waitFor();
const cell = (title: string, row: number): Locator => visitor.page.getByLabel(`${title}, row ${row}`);
const rowOf = (row: number): Locator =>
  visitor.page.getByRole("row").filter({ has: visitor.page.getByText(`Row ${row}`, { exact: true }) });

function csv(name: string, text: string | Buffer) {
  return { name, mimeType: "text/csv", buffer: Buffer.from(text) };
}

async function upload(file: { name: string; mimeType: string; buffer: Buffer }): Promise<void> {
  const { page } = visitor;
  await page.goto("/contacts/upload");
  await page.locator("input[name=file]").setInputFiles(file);
  await button("Check the file").click();
}

/** The figures under the bar: the rows of the file, and those of each verdict by its word. */
async function figures(): Promise<{ rows: number; parts: Record<string, number> }> {
  const links = await visitor.page.getByLabel("Show rows by verdict").getByRole("link").allInnerTexts();
  const [rows, ...others] = links.map((text) => {
    const [, word = "", figure = ""] = /^(.*?)\s*([\d,]+)$/s.exec(text.trim()) ?? [];
    return [word, Number(figure.replaceAll(",", ""))] as const;
  });
  return { rows: rows?.[1] ?? 0, parts: Object.fromEntries(others) };
}

const sum = (parts: Record<string, number>) => Object.values(parts).reduce((all, part) => all + part, 0);

const people = `Nama;No HP;HP orang tua;Setuju;Kelas
Ayu Lestari;+6281200000101;;ya;3A
Bima Saputra;081200000102;;ya;3A
Citra Dewi;+62 812 0000 0103;;;3B
;+6281200000104;;ya;3B
Eka Putri;6,28123E+11;;ya;3B
Ayu L.;+6281200000101;;ya;3B
Zoë;+6281200000107;;ya;3C
`;

test("columns are suggested by their titles, and nothing is kept before the person confirms them", async () => {
  const { page, look } = visitor;
  await upload(csv("kelas.csv", Buffer.from(people, "latin1")));
  await page.getByRole("heading", { name: "What each column is" }).waitFor();
  await says("How it was read: Windows-1252");
  await expect.poll(() => page.getByLabel("Separator").inputValue()).toBe(";");
  await expect.poll(() => page.getByLabel("What Nama is").inputValue()).toBe("name");
  await expect.poll(() => page.getByLabel("What No HP is").inputValue()).toBe("phone");
  await expect.poll(() => page.getByLabel("What Setuju is").inputValue()).toBe("consent");
  await expect.poll(() => page.getByLabel("Name of the variable for Kelas").inputValue()).toBe("kelas");
  await look("import-columns");
  await page.getByLabel("What HP orang tua is").selectOption("Phone number");
  await button("Check the rows").click();
  await says("Another column is the phone number already.");
  await page.getByLabel("What HP orang tua is").selectOption("Leave out");
  await button("Check the rows").click();
  await page.getByRole("heading", { name: "Rows of the file" }).waitFor();
  await expect
    .poll(figures)
    .toEqual({ rows: 7, parts: { New: 2, "Twice in the file": 1, Mistake: 3, "No consent": 1 } });
});

test("another separator reads the file again, and the columns begin anew", async () => {
  const { page } = visitor;
  await page.getByRole("link", { name: "Change the columns" }).click();
  await page.getByLabel("Separator").selectOption("Comma ,");
  await page.getByRole("alert").getByText("the first row has one column only").waitFor();
  await expect.poll(() => page.getByLabel("Separator").inputValue()).toBe(";");
  await page.getByLabel("Separator").selectOption("Bar |");
  await page.getByRole("alert").getByText("a bar").waitFor();
  await page.getByLabel("What No HP is").waitFor();
  await button("Check the rows").click();
  await page.getByRole("heading", { name: "Rows of the file" }).waitFor();
});

test("numbers without a country code belong to the country that the person names, and each row says so", async () => {
  const { page } = visitor;
  await page.getByRole("link", { name: "Change the columns" }).click();
  const country = page.getByRole("textbox", { name: "Numbers without a country code" });
  await country.click();
  await page.getByText("Your own country").waitFor();
  await country.fill("Indone");
  await page.getByRole("option", { name: "They belong to Indonesia (+62)" }).click();
  await button("Check the rows").click();
  await page.getByRole("link", { name: /^New/ }).click();
  await says(/assumed \+62/);
  await expect.poll(figures).toMatchObject({ parts: { New: 3 } });
});

test("wrong rows are mended in the grid with the keyboard, and stay in sight when they are right", async () => {
  const { page, look } = visitor;
  await page.getByRole("link", { name: /^Mistake/ }).click();
  await rowOf(5).waitFor();
  await look("import-grid");
  await cell("Nama", 5).focus();
  await page.keyboard.type("Dimas");
  await page.keyboard.press("Escape");
  await expect.poll(() => cell("Nama", 5).inputValue()).toBe("");
  await page.keyboard.type("Dimas Pratama");
  await page.keyboard.press("Enter");
  await expect.poll(() => cell("Nama", 6).evaluate((field) => field === document.activeElement)).toBe(true);
  await rowOf(5).getByText("Mended").waitFor();
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => cell("No HP", 6).evaluate((field) => field === document.activeElement)).toBe(true);
  await page.keyboard.type("+6281200000105");
  await page.keyboard.press("Enter");
  await rowOf(6).getByText("Mended").waitFor();
  await look("import-mended");
  await expect.poll(figures).toEqual({ rows: 7, parts: { New: 5, "Twice in the file": 1, "No consent": 1 } });
  await page.getByRole("link", { name: /^No consent/ }).click();
  await cell("Setuju", 4).fill("ya");
  await page.keyboard.press("Enter");
  await rowOf(4).getByText("Mended").waitFor();
  await page.getByRole("link", { name: /^Twice in the file/ }).click();
  await cell("No HP", 7).fill("+6281200000106");
  await page.keyboard.press("Enter");
  await rowOf(7).getByText("Mended").waitFor();
  await expect.poll(figures).toEqual({ rows: 7, parts: { New: 7 } });
});

test("what was typed stays while the server cannot be reached, and is saved when it can", async () => {
  const { page, problems, look } = visitor;
  const before = problems.length;
  await page.route("**/contacts/upload*", (route) =>
    route.request().method() === "POST" ? route.abort() : route.continue(),
  );
  await cell("Kelas", 7).fill("3D");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByText("What you typed is still here.").waitFor();
  await expect.poll(() => cell("Kelas", 7).inputValue()).toBe("3D");
  await rowOf(7).getByText("Not saved").waitFor();
  await page.unroute("**/contacts/upload*");
  // The browser itself tells that a request failed.
  problems.splice(before);
  await look("import-not-saved");
  await button("Try again").click();
  await rowOf(7).getByText("Mended").waitFor();
  await expect.poll(() => page.getByText("What you typed is still here.").count()).toBe(0);
});

test("a row that was just edited is saved before the import it is part of; the import says what happened", async () => {
  const { page, look } = visitor;
  await page.getByLabel("Your statement").fill(STATEMENT);
  await cell("Nama", 7).fill("Ayu Larasati");
  await button("Import 7 contacts into kelas").click();
  await page.getByRole("heading", { name: "Imported into kelas" }).waitFor();
  await page.getByRole("cell", { name: "Ayu Larasati" }).waitFor();
  await look("import-done");
});

test("the same file again changes nothing, and says when and where it was imported", async () => {
  const { page, look } = visitor;
  const again = csv("again.csv", "name,phone_e164,consent\nGita,+6281200000121,yes\nHadi,+6281200000122,yes\n");
  await upload(again);
  await page.getByLabel("Your statement").fill(STATEMENT);
  await button("Import 2 contacts into again").click();
  await page.getByRole("heading", { name: "Imported into again" }).waitFor();
  await upload(again);
  await says("You have imported this same file before");
  await expect.poll(figures).toEqual({ rows: 2, parts: { Unchanged: 2 } });
  await expect.poll(() => button(/^Import /).count()).toBe(0);
  await look("import-same");
  await button("Discard the file").click();
  await button("Discard it").click();
  await page.getByRole("heading", { name: "Recent imports" }).waitFor();
  await look("import-recent");
});

test("a batch is taken back, its list with it", async () => {
  const { page, look } = visitor;
  await page.getByRole("link", { name: "kelas.csv" }).click();
  await page.getByRole("heading", { name: "Imported into kelas" }).waitFor();
  await page.getByRole("link", { name: "Undo", exact: true }).click();
  await page.getByRole("alert").getByText("7 contacts are removed from kelas.").waitFor();
  await look("import-undo");
  await button("Undo the import").click();
  await says("This import was undone");
  await look("import-undone");
  await page.goto("/contacts");
  await says("again");
  await expect.poll(() => page.getByText("kelas").count()).toBe(0);
});

test("of several sheets the person chooses one, and rejected rows come back as a workbook", async () => {
  const { page, look } = visitor;
  const book = new ExcelJS.Workbook();
  book.addWorksheet("Notes").addRows([["Read me"], ["Nothing to see here"]]);
  book.addWorksheet("People").addRows([
    ["name", "phone_e164", "consent", "mobile", "mobile"],
    ["Indah", "+6281200000131", "yes", "1", "2"],
    ["Joko", "12", "yes", "3", "4"],
  ]);
  const buffer = Buffer.from(await book.xlsx.writeBuffer());
  await upload({ name: "book.xlsx", mimeType: "application/octet-stream", buffer });
  await page.getByLabel("Sheet").selectOption("People");
  await page.getByLabel("What phone_e164 is").waitFor();
  await says(/have the same title/);
  await look("import-sheets");
  for (const choice of await page.getByLabel("What mobile is").all()) await choice.selectOption("Leave out");
  await button("Check the rows").click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Rows left out (Excel)" }).click(),
  ]);
  const rejected = new ExcelJS.Workbook();
  await rejected.xlsx.readFile(await download.path());
  expect(rejected.worksheets[0]?.getCell("A2").text).toBe("Joko");
});

test("a file whose separator nobody can find out is kept: the person chooses it, or reads what to do", async () => {
  const { page, look } = visitor;
  const rows = [
    "Ayu, S.Pd, Gr|+6281200000141|ya|||",
    "Bima, S.Pd, Gr|+6281200000142|ya",
    "Citra, S.T, Gr|+6281200000143|ya|||",
  ];
  await upload(csv("teachers.csv", ["Nama|WA|Setuju", ...rows].join("\n")));
  await says("Only one column was found");
  await look("import-one-column");
  await page.getByLabel("Separator").selectOption("Semicolon ;");
  await page.getByRole("alert").getByText("the first row has one column only").waitFor();
  await page.getByLabel("Separator").selectOption("Bar |");
  await expect.poll(() => page.getByLabel("What WA is").inputValue()).toBe("phone");
  await button("Check the rows").click();
  await page.getByRole("heading", { name: "Rows of the file" }).waitFor();
  await expect.poll(figures).toEqual({ rows: 3, parts: { New: 3 } });
  await upload(csv("names.csv", "Nama\nAyu\nBima\n"));
  await says("The file has one column indeed");
  await look("import-names-alone");
});

test("a large file is read in the background: its progress is shown, and it can be left", async () => {
  const { page, look } = visitor;
  const rows = Array.from({ length: MANY }, (_, n) => `Person ${n},+62812${String(10_000_000 + n)},yes,street ${n}`);
  const connection = connect(app.databaseUrl, { max: 1 });
  await connection.sql.begin(async (tx) => {
    // Its rows wait until it was looked at.
    await tx`lock table import_rows in share mode`;
    await upload(csv("many.csv", `name,phone_e164,consent,address\n${rows.join("\n")}\n`));
    await says("The file is being read.");
    await look("import-reading");
  });
  await connection.close();
  await page.goto("/contacts/upload");
  await page.getByRole("link", { name: "many.csv" }).click();
  await page.getByRole("heading", { name: "Rows of the file" }).waitFor(LONG);
  await expect.poll(figures).toMatchObject({ rows: MANY });
  expect(sum((await figures()).parts)).toBe(MANY);
  await look("import-many");
  await page.getByLabel("Your statement").fill(STATEMENT);
  await button("Import 30,000 contacts into many").click();
  await page.getByRole("heading", { name: "Imported into many" }).waitFor(LONG);
});

test("nothing of it troubled the browser", () => {
  expect(visitor.problems).toEqual([]);
});
