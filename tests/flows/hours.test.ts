import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Id } from "#db/ids.ts";
import { messages } from "#db/schema/index.ts";
import { createList, readViolations } from "../factories.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, startAsReviewed, until } from "../stage.ts";

const TZ = "Asia/Jakarta";
// 23 November 2026 is a Monday.
const MONDAY = "2026-11-23";
const nineToSix = [1, 2, 3, 4, 5].map((day) => ({ day, from: 9 * 60, to: 18 * 60 }));

let stage: Stage;
let user: StageUser;
let phone: LinkedPhone;
beforeAll(async () => {
  stage = await createStage();
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  await stage.db.execute(sql`update app_clock set shift = '0'`);
  user = await stage.signUp();
  phone = await stage.linkPhone(user);
  await stage.simulator.setDelays(phone.phone, { ackMs: 0, deliveredMs: 0, readMs: 0 });
  // Whatever the clock of a test says, the plan and the number's day are not what it is about.
  await stage.db.execute(sql`update wallets set plan_expires_at = '2030-01-01' where user_id = ${user.id}`);
});
afterEach(async () => {
  expect(await readViolations(stage.db)).toEqual([]);
});

/** The product's clock shows this in Jakarta, and runs on. */
const clockShows = (wall: string) =>
  stage.db.execute(sql`update app_clock set shift = (${wall}::timestamp at time zone ${TZ}) - clock_timestamp()`);
const hours = (windows: { day: number; from: number; to: number }[] | null) =>
  user.api.schedules.set({ tz: TZ, windows });
const get = (id: string) => user.api.campaigns.get({ id });
const at = (wall: string) => new Date(`${wall}+07:00`);

async function start(people: number, throttleSeconds = 0): Promise<{ id: Id<"campaign"> }> {
  const list = await createList(stage.db, user.id, people);
  const { id } = await user.api.campaigns.create({
    name: "Reunion",
    listIds: [list.id],
    waSessionId: phone.sessionId,
    templateText: "Hi {{name}}",
    throttleMinSeconds: throttleSeconds,
    throttleMaxSeconds: throttleSeconds,
  });
  await startAsReviewed(user, id);
  return { id };
}

/** When the messages of a campaign were handed over, by the product's clock. */
async function leftAt(id: Id<"campaign">): Promise<Date[]> {
  const rows = await stage.db.execute<{ at: string }>(sql`
    select m.sending_at + c.shift as at from ${messages} m, app_clock c
     where m.campaign_id = ${id} and m.sent_at is not null order by m.sending_at`);
  return rows.map((row) => new Date(row.at));
}
const sentSoFar = async () => (await stage.simulator.sent(phone.phone)).flatMap((chat) => chat.messages).length;
/** The pump has looked, and found nothing to do. */
const pumpRests = () =>
  until("the pump to have booked its next look", async () => {
    const [job] = await stage.db.execute(
      sql`select 1 from graphile_worker.jobs where key = ${`pump:${phone.sessionId}`} and locked_at is null and run_at > now() + interval '1 second'`,
    );
    return job;
  });

describe("at the edges of a window", () => {
  test("nothing leaves before it opens; at its first minute the campaign goes by itself", async () => {
    await clockShows(`${MONDAY} 08:59:00`);
    await hours(nineToSix);
    const { id } = await start(2);
    await pumpRests();
    expect((await get(id)).waiting).toEqual({ reason: "outside_hours", until: at(`${MONDAY}T09:00`), campaign: null });
    expect(await sentSoFar()).toBe(0);
    // A moment before it: nobody is woken, the opening itself is what the pump waits for.
    await clockShows(`${MONDAY} 08:59:58`);
    await hours(nineToSix);
    await until("everyone to read", async () => (await get(id)).counts.read === 2);
    const [first] = await leftAt(id);
    expect(first?.getTime()).toBeGreaterThanOrEqual(at(`${MONDAY}T09:00`).getTime());
    expect(first?.getTime()).toBeLessThan(at(`${MONDAY}T09:00:45`).getTime());
  });

  test("a campaign in the middle stops at the closing edge, says until when, and goes on the next morning", async () => {
    await clockShows(`${MONDAY} 17:00:00`);
    await hours(nineToSix);
    const { id } = await start(20, 0.3);
    await until("somebody to read", async () => (await get(id)).counts.read > 0);
    await clockShows(`${MONDAY} 17:59:59`);
    await until("the hours to close", async () => (await get(id)).waiting?.reason === "outside_hours");
    await until("what was on its way to be answered", async () => (await get(id)).counts.sending === 0);
    const before = await leftAt(id);
    expect(before.length).toBeGreaterThan(0);
    expect(before.length).toBeLessThan(20);
    // What left at five o'clock shows a later time since the clock was put forward, but none after six.
    for (const left of before) expect(left.getTime()).toBeLessThan(at(`${MONDAY}T18:00`).getTime());
    expect((await get(id)).waiting?.until).toEqual(at("2026-11-24T09:00"));
    const { finish } = await user.api.campaigns.progress({ id });
    expect(finish?.at?.getTime()).toBeGreaterThan(at("2026-11-24T09:00").getTime());
    expect(await sentSoFar()).toBe(before.length);
    await clockShows("2026-11-24 09:00:00");
    await hours(nineToSix);
    await until("everyone to read", async () => (await get(id)).counts.read === 20);
    expect(await sentSoFar()).toBe(20);
  });
});

describe("outside of the windows", () => {
  const christmas = { date: "2026-12-24", until: "2026-12-28", name: "Christmas", windows: [] };

  test("a holiday is closed though its weekday is not, and its campaigns say when it is over", async () => {
    await clockShows("2026-12-24 12:00:00");
    await hours(nineToSix);
    await user.api.schedules.addException(christmas);
    const { id } = await start(1);
    await pumpRests();
    expect((await get(id)).waiting).toMatchObject({ reason: "outside_hours", until: at("2026-12-29T09:00") });
    expect(await sentSoFar()).toBe(0);
    // Taking it away lets what waits go at once.
    await user.api.schedules.removeException({ date: "2026-12-24" });
    await until("the message to be read", async () => (await get(id)).counts.read === 1);
  });

  test("active now sends at once and until then, and ends a pause; a pause ends it", async () => {
    await clockShows(`${MONDAY} 20:00:00`);
    await hours(nineToSix);
    const { id } = await start(1);
    await pumpRests();
    await user.api.schedules.pause();
    expect((await get(id)).waiting?.reason).toBe("paused_all");
    expect(await user.api.schedules.get()).toMatchObject({ paused: true, open: false, turnsAt: null });
    expect(await sentSoFar()).toBe(0);
    await user.api.schedules.activate({ until: "2026-11-23T21:30" });
    await until("the message to be read", async () => (await get(id)).counts.read === 1);
    expect(await user.api.schedules.get()).toMatchObject({
      paused: false,
      open: true,
      openUntil: at(`${MONDAY}T21:30`),
      turnsAt: at(`${MONDAY}T21:30`),
    });
    await clockShows(`${MONDAY} 21:30:00`);
    expect(await user.api.schedules.get()).toMatchObject({ open: false, openUntil: null });
    const { id: late } = await start(1);
    await pumpRests();
    expect((await get(late)).waiting?.until).toEqual(at("2026-11-24T09:00"));
    await user.api.schedules.activate({ until: "midnight" });
    expect((await user.api.schedules.get()).turnsAt).toEqual(at("2026-11-24T00:00"));
    await user.api.schedules.pause();
    await user.api.schedules.resume();
    expect(await user.api.schedules.get()).toMatchObject({ paused: false, open: false, openUntil: null });
  });
});

describe("hours are refused, or put in order, with a sentence", () => {
  test("overlapping windows are made one, a full week is always", async () => {
    const windows = [
      { day: 1, from: 540, to: 720 },
      { day: 1, from: 660, to: 900 },
    ];
    expect(await hours(windows)).toEqual({
      changes: ["Monday 09:00–12:00 and 11:00–15:00 are one window now: 09:00–15:00."],
    });
    expect((await user.api.schedules.get()).windows).toEqual([{ day: 1, from: 540, to: 900 }]);
    await hours([0, 1, 2, 3, 4, 5, 6].map((day) => ({ day, from: 0, to: 1_440 })));
    expect(await user.api.schedules.get()).toMatchObject({ windows: null, open: true, turnsAt: null });
    await expect(hours([{ day: 1, from: 540, to: 1_981 }])).rejects.toMatchObject({ code: "BAD_REQUEST" });
    await expect(hours([{ day: 1, from: 540, to: 540 }])).rejects.toMatchObject({ code: "BAD_REQUEST" });
    await expect(user.api.schedules.set({ tz: "Mars/Olympus", windows: null })).rejects.toMatchObject({
      code: "BAD_REQUEST",
    });
  });

  test("dates that are over, upside down or taken; what is over is not shown; windows leave dates and pause alone", async () => {
    await clockShows(`${MONDAY} 12:00:00`);
    const add = (date: string, until?: string) =>
      user.api.schedules.addException({ date, until, name: "Reunion", windows: [] });
    const why = (words: string) => ({ message: expect.stringContaining(words) });
    await expect(add("2026-11-22")).rejects.toMatchObject(why("These dates are over"));
    await expect(add("2026-11-25", "2026-11-24")).rejects.toMatchObject(why("before the first"));
    await expect(add("2029-01-01")).rejects.toMatchObject(why("within 2 years"));
    await add("2026-11-24", "2026-11-26");
    await expect(add("2026-11-26")).rejects.toMatchObject(why("Reunion is on 2026-11-26 already"));
    await add("2026-11-27");
    await user.api.schedules.pause();
    await hours(nineToSix);
    expect(await user.api.schedules.get()).toMatchObject({ paused: true, exceptions: [{}, { date: "2026-11-27" }] });
    await user.api.schedules.resume();
    await clockShows("2026-11-27 12:00:00");
    expect((await user.api.schedules.get()).exceptions.map(({ date }) => date)).toEqual(["2026-11-27"]);
    await expect(user.api.schedules.removeException({ date: "2026-11-30" })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });

  test("active now is for a time that comes within a week", async () => {
    await clockShows(`${MONDAY} 12:00:00`);
    await hours(nineToSix);
    const activate = (until: string) => user.api.schedules.activate({ until });
    await expect(activate("2026-11-23T11:59")).rejects.toMatchObject({ code: "UNPROCESSABLE_CONTENT" });
    await expect(activate("2026-12-01T12:00")).rejects.toMatchObject({ message: expect.stringContaining("7 days") });
    await expect(activate("tomorrow")).rejects.toMatchObject({ code: "BAD_REQUEST" });
    expect((await user.api.schedules.activate({ until: "hour" })).until.getTime()).toBeGreaterThan(
      at(`${MONDAY}T12:59:59`).getTime(),
    );
    const stranger = await stage.signUp();
    expect(await stranger.api.schedules.get()).toMatchObject({ windows: null, openUntil: null });
  });
});
