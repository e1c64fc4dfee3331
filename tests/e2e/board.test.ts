import { setTimeout as sleep } from "node:timers/promises";
import { eq, sql } from "drizzle-orm";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { campaigns, inboundMessages, messages, schedules, users, waNumbers, waSessions } from "#db/schema/index.ts";
import { createHeldSession, createRunningCampaign, testEnv } from "../factories.ts";
import { type RunningApp, startApp } from "./app.ts";
import { newVisitor, openAccount, openBrowser, type Visitor } from "./browser.ts";
import { oneStory } from "./one-story.ts";

const EMAIL = "board@example.org";

let app: RunningApp;
let browser: Browser;
let connection: Connection;
let visitor: Visitor;
let userId: Id<"user">;
let phone: Awaited<ReturnType<typeof createHeldSession>>;

beforeAll(async () => {
  app = await startApp();
  browser = await openBrowser();
  connection = connect(app.databaseUrl);
  visitor = await newVisitor(browser, app.origin, { refusals: [409, 422] });
  await openAccount(visitor, EMAIL);
  const [user] = await connection.db.select({ id: users.id }).from(users).where(eq(users.email, EMAIL));
  if (!user) throw new Error("the account is not there");
  userId = user.id;
  phone = await createHeldSession(connection.db, userId);
  await connection.db.execute(sql`update wallets set balance = 4000 where user_id = ${userId}`);
});
afterAll(async () => {
  await browser?.close();
  await connection?.close();
  await app?.stop();
});
oneStory("board", () => visitor);

/** A running campaign whose first rows are in these states. */
async function running(people: number, states: Partial<typeof messages.$inferInsert>[] = []) {
  const env = testEnv(app.databaseUrl);
  const { id } = await createRunningCampaign(connection.db, env, userId, phone.sessionId, people);
  const rows = await connection.db.select({ id: messages.id }).from(messages).where(eq(messages.campaignId, id));
  const ids = rows.map((row) => row.id).sort();
  for (const [n, state] of states.entries()) {
    await connection.db
      .update(messages)
      .set(state)
      .where(eq(messages.id, ids[n] ?? "msg_"));
  }
  await connection.db.execute(sql`
    update campaigns set hold_open = (select coalesce(sum(price_points), 0) from messages
      where campaign_id = ${id} and status in ('queued', 'sending', 'unknown')) where id = ${id}`);
  return { id, ids };
}
const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000);
const accepted = (status: "sent" | "delivered" | "read", seconds: number) => ({
  status,
  submissions: 1,
  costPoints: 2,
  sendingAt: ago(seconds + 2),
  sentAt: ago(seconds),
  deliveredAt: status === "sent" ? null : ago(seconds - 1),
  readAt: status === "read" ? ago(seconds - 3) : null,
});
const failed = (errorCode: string) => ({ status: "failed" as const, errorCode, sendingAt: ago(60), endedAt: ago(50) });
const unknown = { status: "unknown" as const, submissions: 4, sendingAt: ago(90_000), encoded: Buffer.from("kept") };
const end = (id: Id<"campaign">) =>
  connection.db.update(campaigns).set({ status: "cancelled" }).where(eq(campaigns.id, id));

test("the board says how fast it goes and when it is through, and each reason to wait has what helps beside it", async () => {
  const { page, look } = visitor;
  const { db } = connection;
  const early = await running(3);
  await db.update(campaigns).set({ name: "The early one" }).where(eq(campaigns.id, early.id));
  const { id } = await running(40, [
    ...Array.from({ length: 8 }, (_, n) => accepted("read", 20 + n * 6)),
    ...Array.from({ length: 5 }, (_, n) => accepted("delivered", 15 + n)),
    accepted("sent", 5),
    { status: "sending" as const, submissions: 1, sendingAt: ago(1), redriveAt: ago(-30) },
  ]);
  await page.goto(`/campaigns/${id}`);
  await page.getByText("Another campaign of this phone sends first.").waitFor();
  await look("board-behind");
  await page.getByRole("link", { name: "Open The early one" }).click();
  await page.getByRole("heading", { name: "The early one" }).waitFor();
  await end(early.id);

  await page.goto(`/campaigns/${id}`);
  await page.getByText("Sending. Next message").waitFor();
  await page.getByText("messages a minute, over the last five").waitFor();
  await page.getByText("Through by").waitFor();
  await look("board-running");

  const waits: [string, () => Promise<unknown>, () => Promise<unknown>, string, string][] = [
    [
      "offline",
      () => db.update(waSessions).set({ status: "reconnecting" }).where(eq(waSessions.id, phone.sessionId)),
      () => db.update(waSessions).set({ status: "linked" }).where(eq(waSessions.id, phone.sessionId)),
      "The phone is not connected at the moment.",
      "Look at the phone",
    ],
    [
      "cap",
      () =>
        db.execute(
          sql`update wa_numbers set day_sent = 500, day = (app_now() at time zone tz)::date where phone = ${phone.phone}`,
        ),
      () => db.update(waNumbers).set({ daySent: 0 }).where(eq(waNumbers.phone, phone.phone)),
      "This phone number has sent as much as it may in a day.",
      "See its day",
    ],
    [
      "retrying",
      () =>
        db
          .update(messages)
          .set({ notBefore: ago(-60), transportErrors: 1 })
          .where(sql`campaign_id = ${id} and status = 'queued'`),
      () =>
        db
          .update(messages)
          .set({ notBefore: ago(60), transportErrors: 0 })
          .where(sql`campaign_id = ${id} and status = 'queued'`),
      "The connection failed before anything was sent.",
      "Look at the phone",
    ],
  ];
  for (const [name, begin, over, sentence, help] of waits) {
    await begin();
    await page.reload();
    await page.getByText(sentence).waitFor();
    await page.getByRole("status").getByRole("link", { name: help }).waitFor();
    if (name === "cap") await look("board-cap");
    if (name === "retrying") {
      await page.getByText("The connection failed 1 time before anything was sent.").first().waitFor();
    }
    await over();
  }
  await db.update(schedules).set({ paused: true }).where(eq(schedules.userId, userId));
  await page.reload();
  await page.getByRole("button", { name: "Let all sending go on" }).click();
  await page.getByText("Sending. Next message").waitFor();
  await db.update(schedules).set({ windows: [] }).where(eq(schedules.userId, userId));
  await page.reload();
  await page.getByText("It is outside your active hours.").waitFor();
  await look("board-hours");
  await page.getByRole("status").getByRole("link", { name: "See the active hours" }).waitFor();
  await db.update(schedules).set({ windows: null }).where(eq(schedules.userId, userId));
  await page.reload();
  await page.getByText("Sending. Next message").waitFor();

  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await page.getByRole("button", { name: "Resume", exact: true }).waitFor();
  for (const reason of ["failures", "restricted", "logged_out", "plan_expired", "media", "user"] as const) {
    // With a plan it would go on by itself.
    await db.execute(sql`with w as (update wallets set plan_expires_at = now() + ${reason === "plan_expired" ? "-1 h" : "20 d"}::interval)
      update campaigns set pause_reason = ${reason} where id = ${id}`);
    await page.reload();
    const help = page.getByRole("status").getByRole(reason === "user" ? "button" : "link");
    await help.first().waitFor();
    if (reason === "failures") await look("board-paused");
  }
  await page.getByRole("button", { name: "Resume", exact: true }).click();
  await page.getByText("Sending. Next message").waitFor();
  await end(id);
  expect(visitor.problems).toEqual([]);
});

test("what did not get through is told by reason, tried again, repeated or given up; each row has its own story", async () => {
  const { page, look } = visitor;
  const { db } = connection;
  const { id, ids } = await running(30, [
    accepted("read", 60),
    failed("479"),
    failed("479"),
    failed("transport"),
    failed("not_on_whatsapp"),
    unknown,
    unknown,
    { ...unknown, errorCode: "opted_out" },
    { status: "skipped", errorCode: "opted_out", endedAt: ago(300) },
    { status: "skipped", errorCode: "no_consent", endedAt: ago(300) },
  ]);
  const [row] = await db
    .select()
    .from(messages)
    .where(eq(messages.id, ids[0] ?? "msg_"));
  await db.insert(inboundMessages).values({
    id: newId("inboundMessage"),
    userId,
    waSessionId: phone.sessionId,
    waMsgId: "3A01",
    sender: row?.recipientKey ?? "",
    contactId: row?.contactId ?? null,
    body: "Thank you, I will come",
    sentAt: ago(30),
  });
  await page.goto(`/campaigns/${id}`);
  await page.getByRole("heading", { name: "What did not get through" }).waitFor();
  await page.getByText("Needs attention (3)").waitFor();
  await look("board-failures");
  await page.getByRole("heading", { name: "What did not get through" }).scrollIntoViewIfNeeded();

  // By keyboard, and by its address.
  const first = page.getByRole("table", { name: "Recipients" }).getByRole("link", { name: "Person 1", exact: true });
  await first.focus();
  await page.keyboard.press("Enter");
  const drawer = page.getByRole("dialog");
  await drawer.getByText("“Thank you, I will come”").waitFor();
  await look("board-timeline");
  const address = page.url();
  await page.keyboard.press("Escape");
  await drawer.waitFor({ state: "hidden" });
  await expect.poll(() => first.evaluate((link) => link === document.activeElement)).toBe(true);
  await page.goto(address);
  await drawer.getByText("Accepted by WhatsApp").waitFor();

  await page.goto(`/campaigns/${id}?row=${ids[1]}`);
  await drawer.getByRole("button", { name: "Try again" }).click();
  await page.getByText("1 message will be tried again.").waitFor();
  await drawer.getByText("Tried again by you").waitFor();
  await look("board-timeline-retried");
  await page.goto(`/campaigns/${id}`);
  await page.getByRole("button", { name: "Retry failed (2), 4 points" }).click();
  await page.getByText("2 messages will be tried again.").waitFor();
  await page.getByRole("button", { name: "Retry safely (2)" }).click();
  await page.getByText("2 messages handed over again").waitFor();
  await page.getByRole("button", { name: "Treat as failed (1)" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Treat as failed" }).click();
  await page.getByText("1 message taken for failed.").waitFor();
  await page.getByText("Needs attention").waitFor({ state: "hidden" });
  await page.getByRole("link", { name: "Show them" }).first().click();
  await page.getByText("Only those with one reason are shown.").waitFor();
  await look("board-one-reason");
  await end(id);
  expect(visitor.problems).toEqual([]);
});

test("without JavaScript the story of a row opens in the page, says what can be done, and does it", async () => {
  const { id } = await running(3, [accepted("read", 60), failed("479")]);
  const storageState = await visitor.page.context().storageState();
  const { page, problems } = await newVisitor(browser, app.origin, { javaScriptEnabled: false, storageState });
  await page.goto(`/campaigns/${id}?status=failed`);
  await page.getByRole("table", { name: "Recipients" }).getByRole("link", { name: "Person 2", exact: true }).click();
  const story = page.getByRole("region", { name: "Person 2" });
  await story.getByText("WhatsApp refused this message (code 479).").first().waitFor();
  await expect
    .poll(() => story.evaluate((section) => section.getBoundingClientRect().top < window.innerHeight), {
      timeout: 60_000,
    })
    .toBe(true);
  await story.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("alert").getByText("1 message will be tried again.").waitFor();
  await story.getByText("Tried again by you").waitFor();
  await story.getByRole("link", { name: "Close the timeline" }).click();
  await story.waitFor({ state: "detached" });
  expect(problems).toEqual([]);
  await page.context().close();
  await end(id);
});

test("a board under 200 updates a second reloads at most four times a second, and shows the last of them", async () => {
  const { page } = visitor;
  const { db } = connection;
  const { id, ids } = await running(200);
  await page.goto(`/campaigns/${id}`);
  await page.getByText("Sending. Next message").waitFor();
  await page.evaluate(() => performance.clearResourceTimings());
  // How long a task of the page takes depends on what else the machine does: bench/board.ts measures that.
  const TICKS = 30;
  for (let tick = 0; tick < TICKS; tick += 1) {
    await db.execute(
      sql`update messages set status = 'sent', cost_points = 2, sent_at = now() where id = ${ids[tick] ?? ""}`,
    );
    await db.execute(sql`
      select pg_notify('live', json_build_object('u', ${userId}::text, 'topic', 'campaign', 'id', ${id}::text || n)::text)
        from generate_series(1, 20) n`);
    await sleep(100);
  }
  await page
    .getByRole("listitem")
    .filter({ hasText: `Sent ${TICKS}` })
    .waitFor();
  // By the clock of the page.
  const reloads = await page.evaluate(
    (part) =>
      performance.getEntriesByType("resource").flatMap((one) => (one.name.includes(part) ? [one.startTime] : [])),
    `/campaigns/${id}`,
  );
  const [first = 0] = reloads;
  const seconds = ((reloads.at(-1) ?? 0) - first) / 1_000;
  expect(reloads.length).toBeGreaterThan(1);
  expect(reloads.length - 1).toBeLessThanOrEqual(Math.ceil(seconds * 4) + 1);
  await end(id);
  expect(visitor.problems).toEqual([]);
});
