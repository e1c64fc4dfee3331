import { sql } from "drizzle-orm";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { campaigns } from "#db/schema/index.ts";
import { connectSimulator } from "#simulator/client.ts";
import { newPhone } from "../factories.ts";
import { makePicture } from "../fixtures/media/pictures.ts";
import { simulatorUrl } from "../simulator.ts";
import { until } from "../stage.ts";
import { type RunningApp, startApp } from "./app.ts";
import { newVisitor, openAccount, openBrowser, type Visitor } from "./browser.ts";
import { oneStory } from "./one-story.ts";
import { bring } from "./people.ts";

const EMAIL = "review@example.org";
const PHONE = "+6281288000001";

let app: RunningApp;
let browser: Browser;
let connection: Connection;
let visitor: Visitor;
let campaignId: Id<"campaign">;

oneStory("review", () => visitor);

beforeAll(async () => {
  app = await startApp();
  browser = await openBrowser();
  connection = connect(app.databaseUrl);
  visitor = await newVisitor(browser, app.origin, { refusals: [409, 422] });
  await openAccount(visitor, EMAIL);
  await linkPhone();
  const people = ["Ayu Lestari", "Bima Saputra", "Citra Dewi"].map((name) => ({
    name,
    phoneE164: newPhone(),
    attributes: { class: "7B" },
  }));
  const listId = await bring(app.databaseUrl, {
    email: EMAIL,
    list: "Class 7B",
    people: [
      ...people,
      { name: "Dian Putri", phoneE164: newPhone(), attributes: {} },
      { name: "Eko Wijaya", phoneE164: newPhone(), consent: false },
      { name: "Fajar Nugroho", phoneE164: newPhone(), optedOut: true },
    ],
  });
  campaignId = await draft(listId);
});
afterAll(async () => {
  await browser?.close();
  await connection?.close();
  await app?.stop();
});

async function linkPhone(): Promise<void> {
  const simulator = connectSimulator(await simulatorUrl());
  await simulator.openAccount(PHONE, "Ani");
  await visitor.page.goto("/link");
  await visitor.page.getByRole("button", { name: "Show the QR code" }).click();
  const qr = await until("a QR code", async () => {
    const [row] = await connection.db.execute<{ qr: string | null }>(sql`select qr from wa_sessions`);
    return row?.qr;
  });
  await simulator.scan(PHONE, qr);
  await until("the phone", async () => {
    const [row] = await connection.db.execute<{ status: string }>(sql`select status from wa_sessions`);
    return row?.status === "linked";
  });
}

async function draft(listId: Id<"contactList">): Promise<Id<"campaign">> {
  const [session] = await connection.db.execute<{ id: Id<"waSession">; userId: Id<"user"> }>(
    sql`select id, user_id as "userId" from wa_sessions`,
  );
  if (!session) throw new Error("no phone is linked");
  const id = "cmp_0000000000000000000000001" as const;
  await connection.db.insert(campaigns).values({
    id,
    userId: session.userId,
    name: "Class reunion",
    listIds: [listId],
    waSessionId: session.id,
    templateText: "Hi {{name}}, our reunion is on *12 December*. Are you in? Yours, class {{class}}",
    // Nobody waits for its end, and it shall still be sending when it is looked at.
    throttleMinMs: 60_000,
    throttleMaxMs: 60_000,
  });
  return id;
}

test("a review says who gets it and who does not, what it costs, when it will be done, and shows each their message", async () => {
  const { page, look } = visitor;
  await page.goto(`/campaigns/${campaignId}`);
  await page.getByText("4 people get this message").waitFor();
  await page.getByText("8 points are held for it, 392 are left").waitFor();
  await page.getByText(/The last message leaves about/).waitFor();
  await page.getByText("1 person has no class").waitFor();
  await look("review-plan");
  const left = page.getByRole("listitem").filter({ hasText: "1 person has no recorded consent" });
  await left.getByRole("link", { name: "See who" }).click();
  const run = page.getByRole("region", { name: "Dry run" });
  await run.getByText("It would start").waitFor();
  await run.getByRole("cell", { name: "Eko Wijaya" }).waitFor();
  await expect.poll(() => run.getByRole("row").count()).toBe(2);
  await run.getByRole("link", { name: /^All/ }).click();
  await run.getByText("Hi Bima Saputra, our reunion is on").waitFor();
  await look("review-dry-run");
  await run.getByLabel("Find by name").fill("dian");
  await run.getByRole("button", { name: "Find" }).click();
  await run.getByText("No class: that place is empty.").waitFor();
  await run.getByText("1 person of 6").waitFor();
  await run.getByRole("link", { name: "Close" }).click();
  await run.waitFor({ state: "detached" });
});

test("a test goes to the person's own phone with its file, filled for whom they choose", async () => {
  const { page, look } = visitor;
  await page.getByRole("navigation", { name: "Steps of the campaign" }).getByRole("link", { name: "Message" }).click();
  await page.getByText("Drop a file here").waitFor();
  const picture = { name: "poster.png", mimeType: "image/png", buffer: await makePicture("png") };
  await page.getByLabel("File to send").setInputFiles(picture);
  await page.getByRole("button", { name: "Remove the file" }).waitFor();
  await page.getByRole("button", { name: "Next: review" }).click();
  await page.getByRole("img", { name: "Picture: poster.png" }).waitFor();
  const panel = page.getByRole("region", { name: "Test" });
  await panel.getByLabel("With the values of").selectOption({ label: "Bima Saputra" });
  await panel.getByRole("button", { name: "Send me a test" }).click();
  await panel.getByRole("list", { name: "Tests" }).getByText("Delivered").waitFor();
  await panel.getByText("as Bima Saputra").waitFor();
  await look("review-test");
  const chats = await connectSimulator(await simulatorUrl()).phoneChats(PHONE);
  expect(chats.map((chat) => chat.with)).toEqual([PHONE]);
  expect(chats[0]?.messages[0]).toMatchObject({
    media: { kind: "image", mimeType: "image/png" },
    text: expect.stringContaining("Hi Bima Saputra"),
  });
});

test("a start is set for a time, put off and taken back", async () => {
  const { page, look } = visitor;
  await page.getByRole("tab", { name: "At a time" }).click();
  await page.getByLabel("Day and time").fill("2020-01-01T09:00");
  await page.getByLabel("Everyone on this list agreed").check();
  await page.getByLabel("Number of people who get it").fill("4");
  await page.getByRole("button", { name: "Schedule the start" }).click();
  await page.getByText("This time is over").waitFor();
  await look("review-schedule");
  const later = new Date(Date.now() + 3 * 24 * 60 * 60_000).toISOString().slice(0, 10);
  await page.getByLabel("Day and time").fill(`${later}T09:00`);
  await page.getByRole("button", { name: "Schedule the start" }).click();
  await page.getByText(/^Starts \w{3} \d+ \w{3}, 09:00/).waitFor();
  await page.getByText("4 people when it was scheduled").waitFor();
  await expect.poll(() => page.getByRole("link", { name: "Edit" }).count()).toBe(0);
  await look("review-scheduled");
  await connection.db
    .update(campaigns)
    .set({ scheduledFor: new Date(Date.now() - 2 * 60 * 60_000), scheduleProblem: "missed" });
  await page.reload();
  await page.getByText("Its time was missed").waitFor();
  await look("review-missed");
  await page.goto(`${app.origin}/`);
  await page.getByText("missed: start it or choose a new time").waitFor();
  await page.goBack();
  await page.getByRole("button", { name: "Back to draft" }).click();
  await page.getByRole("link", { name: "Edit" }).waitFor();
});

test("a copy is a draft of its own; another number of people than was typed starts nothing", async () => {
  const { page, look } = visitor;
  await page.getByRole("button", { name: "Duplicate" }).click();
  await page.getByRole("heading", { name: "Class reunion (copy)" }).waitFor();
  await page.getByLabel("Everyone on this list agreed").check();
  await page.getByLabel("Number of people who get it").fill("5");
  await page.getByRole("button", { name: "Start: send to 4 people" }).click();
  await page.getByText("You typed 5, but it would go to 4.").waitFor();
  await look("review-refused");
  await page.getByLabel("Number of people who get it").fill("4");
  await page.getByRole("button", { name: "Start: send to 4 people" }).click();
  await page.getByText("Sending.").waitFor();
  expect(visitor.problems).toEqual([]);
});
