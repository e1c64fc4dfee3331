import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Id } from "#db/ids.ts";
import { campaigns } from "#db/schema/index.ts";
import { wallOf } from "#server/campaigns/schedule/rules.ts";
import { startDueCampaigns } from "#server/campaigns/schedule/start-due.ts";
import { createList, readViolations, readWallet } from "../factories.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, startAsReviewed, until } from "../stage.ts";

const TZ = "Asia/Jakarta";
const MINUTE = 60_000;

let stage: Stage;
let user: StageUser;
let phone: LinkedPhone;
beforeAll(async () => {
  stage = await createStage();
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  await at(0);
  user = await stage.signUp();
  phone = await stage.linkPhone(user);
  await stage.simulator.setDelays(phone.phone, { ackMs: 0, deliveredMs: 10, readMs: 20 });
});
afterEach(async () => {
  expect(await readViolations(stage.db)).toEqual([]);
});

/** The product's clock is so many minutes ahead. */
const at = (minutes: number) =>
  stage.db.execute(sql`update app_clock set shift = make_interval(mins => ${minutes}::int)`);
const due = () => startDueCampaigns(stage.db, stage.env);
const get = (id: string) => user.api.campaigns.get({ id });

async function draft(people = 2): Promise<{ id: Id<"campaign">; listId: Id<"contactList"> }> {
  const list = await createList(stage.db, user.id, people);
  const { id } = await user.api.campaigns.create({
    name: "Reunion",
    listIds: [list.id],
    waSessionId: phone.sessionId,
    templateText: "Hi {{name}}",
    throttleMinSeconds: 0,
    throttleMaxSeconds: 0,
  });
  return { id, listId: list.id };
}
const wall = (minutes: number) => wallOf(new Date(Date.now() + minutes * MINUTE), TZ);
const schedule = (id: string, minutes: number, recipients = 2) =>
  user.api.campaigns.schedule({ id, recipients, consentConfirmed: true, wall: wall(minutes), tz: TZ });

describe("a scheduled campaign", () => {
  test("starts when its time has come, not before, and is not changed in between", async () => {
    const { id } = await draft();
    await schedule(id, 30);
    expect(await get(id)).toMatchObject({ status: "scheduled", scheduleTz: TZ, scheduleProblem: null });
    await expect(user.api.campaigns.update({ id, templateText: "Other words" })).rejects.toMatchObject({
      code: "CONFLICT",
    });
    await expect(user.api.campaigns.remove({ id })).rejects.toMatchObject({ code: "CONFLICT" });
    // The time has no seconds: it may be a minute less away.
    await at(28);
    await due();
    expect(await get(id)).toMatchObject({ status: "scheduled", total: 0 });
    expect(await readWallet(stage.db, user.id)).toEqual({ balance: 400, held: 0 });
    await at(31);
    await due();
    await until("everyone to read", async () => (await get(id)).counts.read === 2);
    expect(await get(id)).toMatchObject({ status: "completed", recipientsConfirmed: 2, recipientsAtStart: 2 });
  });

  test("can be put off, and taken back to be edited", async () => {
    const { id } = await draft();
    await schedule(id, 30);
    await schedule(id, 90);
    await at(45);
    await due();
    expect(await get(id)).toMatchObject({ status: "scheduled" });
    await user.api.campaigns.unschedule({ id });
    await at(100);
    await due();
    expect(await get(id)).toMatchObject({ status: "draft", scheduledFor: null });
    await user.api.campaigns.update({ id, templateText: "Other words" });
    await expect(user.api.campaigns.unschedule({ id })).rejects.toMatchObject({ code: "CONFLICT" });
  });

  test("is refused for a time that is over or does not exist, for other people than were counted, and for what cannot start", async () => {
    const { id } = await draft();
    await expect(schedule(id, -1)).rejects.toMatchObject({ message: expect.stringContaining("This time is over") });
    const never = { id, recipients: 2, consentConfirmed: true as const, wall: "2027-02-30T09:00", tz: TZ };
    await expect(user.api.campaigns.schedule(never)).rejects.toMatchObject({
      message: expect.stringContaining("no such date"),
    });
    await expect(user.api.campaigns.schedule({ ...never, tz: "Mars/Olympus" })).rejects.toMatchObject({
      code: "BAD_REQUEST",
    });
    await expect(schedule(id, 30, 3)).rejects.toMatchObject({
      message: expect.stringContaining("You typed 3, but it would go to 2"),
    });
    await user.api.campaigns.update({ id, templateText: "" });
    await expect(schedule(id, 30)).rejects.toMatchObject({ message: "Write the message." });
    const stranger = await stage.signUp();
    await expect(stranger.api.campaigns.schedule({ ...never, wall: wall(30) })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    await expect(stranger.api.campaigns.unschedule({ id })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await get(id)).toMatchObject({ status: "draft" });
  });

  test("goes to who is on the list when it starts, and says that they were others when it was scheduled", async () => {
    const { id, listId } = await draft();
    await schedule(id, 30);
    const more = await createList(stage.db, user.id, 1);
    const { rows } = await user.api.contacts.page({ listId: more.id });
    await user.api.contacts.addToList({ ids: rows.map((row) => row.id), listId });
    await at(31);
    await due();
    expect(await get(id)).toMatchObject({ total: 3, recipientsConfirmed: 2, recipientsAtStart: 3 });
    // Whoever comes later does not join what has started.
    const late = await createList(stage.db, user.id, 1);
    const { rows: tooLate } = await user.api.contacts.page({ listId: late.id });
    await user.api.contacts.addToList({ ids: tooLate.map((row) => row.id), listId });
    await until("everyone to read", async () => (await get(id)).counts.read === 3);
    expect(await get(id)).toMatchObject({ status: "completed", total: 3 });
  });

  test("that cannot start says why, tries each minute, and starts when nothing is in the way", async () => {
    const { id } = await draft();
    await schedule(id, 10);
    await stage.db.execute(sql`update wallets set held = 399 where user_id = ${user.id}`);
    await at(11);
    await due();
    expect(await get(id)).toMatchObject({ status: "scheduled", scheduleProblem: "insufficient_points", total: 0 });
    await at(30);
    await stage.db.execute(sql`update wallets set held = 0 where user_id = ${user.id}`);
    await due();
    await until("everyone to read", async () => (await get(id)).counts.read === 2);
    expect(await get(id)).toMatchObject({ scheduleProblem: null });
  });

  test("that is more than an hour late asks instead of sending; its user starts it, or chooses another time", async () => {
    const { id } = await draft();
    const { id: other } = await draft();
    for (const each of [id, other]) await schedule(each, 10);
    await at(71);
    await due();
    for (const each of [id, other])
      expect(await get(each)).toMatchObject({ status: "scheduled", scheduleProblem: "missed" });
    // It goes on asking.
    await due();
    expect(await get(id)).toMatchObject({ status: "scheduled", total: 0 });
    await startAsReviewed(user, id);
    await until("everyone to read", async () => (await get(id)).counts.read === 2);
    await schedule(other, 80);
    expect(await get(other)).toMatchObject({ status: "scheduled", scheduleProblem: null });
    await at(81);
    await due();
    await until("everyone to read", async () => (await get(other)).counts.read === 2);
  });

  test("starts once, however many look at the same moment, its user too", async () => {
    const { id } = await draft();
    await schedule(id, 10);
    await at(11);
    await Promise.allSettled([due(), due(), due(), startAsReviewed(user, id)]);
    await until("everyone to read", async () => (await get(id)).counts.read === 2);
    expect(await readWallet(stage.db, user.id)).toEqual({ balance: 396, held: 0 });
    const sent = await stage.simulator.sent(phone.phone);
    expect(sent.map((chat) => chat.messages.length)).toEqual([1, 1]);
    const started = await stage.db.execute(
      sql`select 1 from audit_logs where user_id = ${user.id} and action = 'campaign.started'`,
    );
    expect(started).toHaveLength(1);
  });

  test("is not kept from starting by another that nobody foresaw", async () => {
    const [broken, sound] = [await draft(), await draft()];
    for (const { id } of [broken, sound]) await schedule(id, 10);
    await stage.db.execute(sql`
      alter table messages add constraint no_such check (campaign_id is null or campaign_id <> ${sql.raw(`'${broken.id}'`)})`);
    await at(11);
    await expect(due()).rejects.toThrow("could not be started");
    // The worker looks as well, each minute, and shall not find it due.
    await at(0);
    await stage.db.execute(sql`alter table messages drop constraint no_such`);
    await until("everyone to read", async () => (await get(sound.id)).counts.read === 2);
    const [row] = await stage.db.select().from(campaigns).where(eq(campaigns.id, broken.id));
    expect(row).toMatchObject({ status: "scheduled", total: 0 });
  });
});
