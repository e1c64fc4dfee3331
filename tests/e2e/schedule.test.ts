import { eq } from "drizzle-orm";
import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, connect } from "#db/client.ts";
import { schedules, users } from "#db/schema/index.ts";
import { type RunningApp, startApp } from "./app.ts";
import { newVisitor, openAccount, openBrowser, type Visitor } from "./browser.ts";
import { oneStory } from "./one-story.ts";

const EMAIL = "hours@example.org";
const workdays = [1, 2, 3, 4, 5].map((day) => ({ day, from: 540, to: 1_080 }));

let app: RunningApp;
let browser: Browser;
let connection: Connection;
let visitor: Visitor;

beforeAll(async () => {
  app = await startApp();
  browser = await openBrowser();
  connection = connect(app.databaseUrl);
  visitor = await newVisitor(browser, app.origin, { refusals: [400, 422], timezoneId: "Europe/Berlin" });
  await openAccount(visitor, EMAIL);
});
afterAll(async () => {
  await browser?.close();
  await connection?.close();
  await app?.stop();
});
oneStory("schedule", () => visitor);

const saved = async () => {
  const [row] = await connection.db
    .select({
      tz: schedules.tz,
      windows: schedules.windows,
      exceptions: schedules.exceptions,
      paused: schedules.paused,
    })
    .from(schedules)
    .innerJoin(users, eq(users.id, schedules.userId))
    .where(eq(users.email, EMAIL));
  return row;
};
const here = () => visitor.page;
const block = (name: string): Locator => here().getByRole("button", { name, exact: true });
const said = (words: string) => here().getByRole("status").getByText(words).waitFor();

/** Where a time of a day is on the calendar. */
async function spot(day: number, hours: number): Promise<[number, number]> {
  const box = await here().locator(`[data-day="${day}"]`).boundingBox();
  if (!box) throw new Error("the day is not shown");
  return [box.x + box.width / 2, box.y + (box.height * hours) / 24];
}
async function drag(from: [number, number], to: [number, number]): Promise<void> {
  const { mouse } = here();
  await mouse.move(...from);
  await mouse.down();
  await mouse.move((from[0] + to[0]) / 2, (from[1] + to[1]) / 2);
  await mouse.move(...to);
  await mouse.up();
}

test("a new account sends at any hour, in the zone of its browser, and chooses weekdays with one press", async () => {
  const { page, look } = visitor;
  await page.getByRole("link", { name: "Active hours" }).click();
  await page.getByText("At any hour, on every day.").waitFor();
  await expect.poll(saved).toMatchObject({ tz: "Europe/Berlin", windows: null });
  await page.getByText("Clocks there go").waitFor();
  await page.getByRole("button", { name: "Weekdays 09:00–18:00" }).click();
  await said("Set to: Weekdays 09:00–18:00.");
  await block("Friday 09:00–18:00").waitFor();
  await page.getByLabel("Time zone").selectOption("Asia/Jakarta");
  await page.getByText("Not saved yet.").waitFor();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Saved. It holds from now on.").waitFor();
  await page.getByText("What you see is what holds.").waitFor();
  await expect.poll(saved).toMatchObject({ tz: "Asia/Jakarta", windows: workdays });
  await look("schedule");
});

test("windows are drawn, moved and changed with the mouse; overlaps become one; the last change is taken back", async () => {
  const { page } = visitor;
  await page.getByRole("group", { name: "Windows in which messages may leave" }).scrollIntoViewIfNeeded();
  await drag(await spot(6, 10), await spot(6, 14));
  await said("Added: Saturday 10:00–14:00.");
  await drag(await spot(6, 11), await spot(0, 13));
  await said("Moved: Sunday 12:00–16:00.");
  await drag(await spot(0, 15.9), await spot(0, 24.5));
  await said("Changed: Sunday 12:00–24:00.");
  await drag(await spot(0, 23.9), await spot(1, 3));
  await said("Changed: Sunday 12:00–03:00 on Monday.");
  await drag(await spot(1, 2.9), await spot(1, 10));
  await said("ends at 09:00 now, where Monday 09:00–18:00 begins.");
  await page.getByRole("button", { name: "Undo" }).click();
  await block("Sunday 12:00–03:00 on Monday").waitFor();
  await drag(await spot(3, 20), await spot(3, 16));
  await said("are one window now: 09:00–20:00.");
  await page.keyboard.press("Control+z");
  await block("Wednesday 09:00–18:00").waitFor();
  // Escape in the middle puts it back.
  await page.mouse.move(...(await spot(2, 10)));
  await page.mouse.down();
  await page.mouse.move(...(await spot(2, 13)));
  await block("Tuesday 12:00–21:00").waitFor();
  await page.keyboard.press("Escape");
  await page.mouse.up();
  await block("Tuesday 09:00–18:00").waitFor();
  await block("Sunday 12:00–03:00 on Monday").click();
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await said("Removed: Sunday 12:00–03:00 on Monday.");
});

test("all of it goes with the keyboard, and each step is said", async () => {
  const { page, look } = visitor;
  const { keyboard } = page;
  await page.getByRole("button", { name: "Add a window on Saturday" }).press("Enter");
  await said("Added: Saturday 09:00–18:00.");
  await expect
    .poll(() => block("Saturday 09:00–18:00").evaluate((element) => element === document.activeElement))
    .toBe(true);
  await keyboard.press("Enter");
  await said("Taken up: Saturday 09:00–18:00.");
  for (const key of ["PageDown", "ArrowDown", "Shift+ArrowDown", "Alt+ArrowUp", "ArrowRight"])
    await keyboard.press(key);
  await said("Sunday 10:00–19:30.");
  await look("schedule-held");
  await keyboard.press("Enter");
  await said("Kept: Sunday 10:00–19:30.");
  await keyboard.press("Space");
  await keyboard.press("ArrowUp");
  await said("Sunday 09:45–19:15.");
  await keyboard.press("Escape");
  await block("Sunday 10:00–19:30").waitFor();
  await keyboard.press("ArrowLeft");
  await expect
    .poll(() => block("Friday 09:00–18:00").evaluate((element) => element === document.activeElement))
    .toBe(true);
  await keyboard.press("ArrowRight");
  await keyboard.press("Delete");
  await said("Removed: Sunday 10:00–19:30.");
});

test("each window is two time fields as well; one day is copied to others; what is not saved is not left by accident", async () => {
  const { page } = visitor;
  const monday = page.getByRole("group", { name: "Monday", exact: true });
  await monday.getByLabel("Monday, from").fill("20:00");
  await monday.getByLabel("Monday, until").fill("02:30");
  await monday.getByLabel("Monday, until").blur();
  await said("Changed: Monday 20:00–02:30 on Tuesday.");
  await block("Monday 20:00–02:30 on Tuesday").click();
  await page.getByRole("button", { name: "To every day" }).click();
  await block("Sunday 20:00–02:30 on Monday").waitFor();
  await page.getByRole("link", { name: "Contacts", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stay here" }).click();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("What you see is what holds.").waitFor();
  expect((await saved())?.windows).toHaveLength(7);
  await page.getByRole("button", { name: "Always" }).click();
  await page.getByRole("link", { name: "Contacts", exact: true }).click();
  await page.getByRole("button", { name: "Leave without saving" }).click();
  await page.getByRole("heading", { name: "Contacts", level: 1 }).waitFor();
  expect((await saved())?.windows).toHaveLength(7);
});

test("pause, active now and holidays hold at once, and say so on every screen", async () => {
  const { page, look } = visitor;
  await page.goto("/settings/schedule");
  await page.getByRole("button", { name: "Pause all" }).click();
  await page.getByText("Nothing leaves until you let it go on").waitFor();
  await page.getByRole("link", { name: "Home" }).click();
  await page.getByText("All sending is paused.").waitFor();
  await look("schedule-banner");
  await page.getByRole("button", { name: "Let sending go on" }).click();
  await page.getByRole("heading", { name: "Active hours" }).waitFor();
  await expect.poll(saved).toMatchObject({ paused: false });
  await page.getByRole("button", { name: "For 1 hour" }).click();
  await page.getByText("Active by hand").waitFor();
  await page.getByLabel("Active until, in Asia/Jakarta").fill("2020-01-01T09:00");
  await page.getByRole("button", { name: "Until then" }).click();
  await page.getByText("This time is over").waitFor();
  await page.getByRole("button", { name: "Back to the windows" }).click();
  await page.getByText("Active by hand").waitFor({ state: "detached" });

  const year = new Date().getFullYear() + 1;
  await page.getByLabel("Name").fill("Reunion");
  await page.getByLabel("Date", { exact: true }).fill(`${year}-12-24`);
  await page.getByLabel("Last date").fill(`${year}-12-20`);
  await page.getByRole("button", { name: "Add the date" }).click();
  await page.getByText("The last date is before the first.").waitFor();
  await page.getByLabel("Last date").fill(`${year}-12-26`);
  await page.getByLabel("Open at these times alone").check();
  await page.getByLabel("First window, from").fill("10:00");
  await page.getByLabel("First window, until").fill("12:00");
  await page.getByRole("button", { name: "Add the date" }).click();
  await page.getByRole("cell", { name: "10:00–12:00" }).waitFor();
  expect((await saved())?.exceptions).toEqual([
    { date: `${year}-12-24`, until: `${year}-12-26`, name: "Reunion", windows: [{ from: 600, to: 720 }] },
  ]);
  await page.getByRole("heading", { name: "Holidays and other dates" }).scrollIntoViewIfNeeded();
  await look("schedule-dates");
  await page.getByRole("button", { name: "Remove", exact: true }).last().click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove Reunion" }).click();
  await page.getByText("No dates yet").waitFor();
  expect(visitor.problems).toEqual([]);
});

test("on a phone one day is open at a time, and a finger draws, moves and changes windows on it", async () => {
  const storageState = await here().context().storageState();
  const phone = await newVisitor(browser, app.origin, {
    storageState,
    hasTouch: true,
    viewport: { width: 390, height: 844 },
  });
  const { page } = phone;
  await page.goto("/settings/schedule");
  await page.getByRole("button", { name: "Weekdays 09:00–18:00" }).tap();
  await page.getByRole("button", { name: "Sat", exact: true }).tap();
  const touch = await page.context().newCDPSession(page);
  const column = page.locator('[data-day="6"]');
  await column.scrollIntoViewIfNeeded();
  /** A finger on a page that still moves on by itself stops it, and may not draw. */
  const standsStill = async () => {
    for (let before = Number.NaN, now = 0; now !== before; await page.waitForTimeout(200)) {
      before = now;
      now = await page.evaluate(() => window.scrollY);
    }
  };
  const move = async (from: number, to: number, until?: () => Promise<unknown>) => {
    await standsStill();
    const box = await column.boundingBox();
    if (!box) throw new Error("the day is not shown");
    const at = (hours: number) => [{ x: box.x + box.width / 2, y: box.y + (box.height * hours) / 24 }];
    const begun = touch.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: at(from) });
    await until?.();
    // Sent at once: a slow machine must not let the finger rest in between.
    const moves = [0.3, 0.7, 1].map((step) =>
      touch.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: at(from + (to - from) * step) }),
    );
    await Promise.all([begun, ...moves]);
    await touch.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  };
  const has = (name: string) => page.getByRole("button", { name, exact: true }).waitFor();
  // Without resting first the finger scrolls: nothing is drawn.
  const drawn = page.getByRole("button", { name: /^Saturday \d/ });
  await move(16, 14);
  await expect.poll(() => drawn.count()).toBe(0);
  await column.scrollIntoViewIfNeeded();
  // Resting first, then drawing.
  await move(8, 10, () => page.getByText("Drawing.").waitFor());
  await has("Saturday 08:00–10:00");
  await move(9.9, 12);
  await has("Saturday 08:00–12:00");
  await move(10, 13);
  await has("Saturday 11:00–15:00");
  await phone.look("schedule-touch");
  await page.getByRole("button", { name: "Undo" }).tap();
  await has("Saturday 08:00–12:00");
  expect(phone.problems).toEqual([]);
  await page.context().close();
});

test("without JavaScript the same is done with the fields", async () => {
  const storageState = await here().context().storageState();
  const plain = await newVisitor(browser, app.origin, { storageState, javaScriptEnabled: false });
  const { page } = plain;
  await page.goto("/settings/schedule");
  await page.getByRole("button", { name: "Weekdays 09:00–18:00" }).click();
  await page.getByRole("button", { name: "Friday 09:00–18:00", exact: true }).waitFor();
  const saturday = page.getByRole("group", { name: "Saturday", exact: true });
  await saturday.getByLabel("Saturday, from").fill("22:00");
  await page.getByRole("group", { name: "Monday", exact: true }).getByLabel("Monday, from").first().fill("10:00");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Give both times, or none.").first().waitFor();
  await saturday.getByLabel("Saturday, until").first().fill("06:00");
  const friday = page.getByRole("group", { name: "Friday", exact: true });
  await friday.getByLabel("Friday, from").first().fill("");
  await friday.getByLabel("Friday, until").first().fill("");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("button", { name: "Saturday 22:00–06:00 on Sunday", exact: true }).waitFor();
  expect((await saved())?.windows).toEqual([
    { day: 1, from: 600, to: 1_080 },
    ...workdays.slice(1, 4),
    { day: 6, from: 1_320, to: 1_800 },
  ]);
  await page.context().close();
});
