import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Id } from "#db/ids.ts";
import { contacts, messages } from "#db/schema/index.ts";
import { createList, readViolations, readWallet } from "../factories.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, startAsReviewed, until } from "../stage.ts";

let stage: Stage;
let user: StageUser;
let phone: LinkedPhone;
beforeAll(async () => {
  stage = await createStage();
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  user = await stage.signUp();
  phone = await stage.linkPhone(user);
  await stage.simulator.setDelays(phone.phone, { ackMs: 0, deliveredMs: 10, readMs: 20 });
});
afterEach(async () => {
  expect(await readViolations(stage.db)).toEqual([]);
});

async function draft(listIds: Id<"contactList">[], templateText = "Hi {{name}} of {{class}}") {
  const { id } = await user.api.campaigns.create({
    name: "Reunion",
    listIds,
    waSessionId: phone.sessionId,
    templateText,
    throttleMinSeconds: 0,
    throttleMaxSeconds: 0,
  });
  return id;
}
const idOf = async (number: string | undefined) => {
  const [row] = await stage.db
    .select({ id: contacts.id })
    .from(contacts)
    .where(eq(contacts.phoneE164, number ?? ""));
  if (!row) throw new Error("nobody has this number");
  return row.id;
};
const counts = async () => {
  const [row] = await stage.db.execute(sql`
    select (select count(*)::int from messages) as messages, (select count(*)::int from audit_logs) as audit,
           (select count(*)::int from wallet_txns) as txns, (select count(*)::int from consent_events) as consent,
           (select sum(held)::int from wallets) as held`);
  return row;
};

describe("a start", () => {
  test("to another number of people than was typed is refused with both numbers, and starts nothing", async () => {
    const list = await createList(stage.db, user.id, 3);
    const id = await draft([list.id]);
    await stage.db
      .update(contacts)
      .set({ consent: false })
      .where(eq(contacts.phoneE164, list.phones[0] ?? ""));
    await expect(user.api.campaigns.start({ id, recipients: 3, consentConfirmed: true })).rejects.toMatchObject({
      code: "CONFLICT",
      message: expect.stringContaining("You typed 3, but it would go to 2"),
    });
    expect(await user.api.campaigns.get({ id })).toMatchObject({ status: "draft", total: 0 });
    expect(await readWallet(stage.db, user.id)).toEqual({ balance: 400, held: 0 });
    await user.api.campaigns.start({ id, recipients: 2, consentConfirmed: true });
    await until("both to read", async () => (await user.api.campaigns.get({ id })).counts.read === 2);
  });

  test("for whom the text is too long, or nothing is left of it, names the person", async () => {
    const list = await createList(stage.db, user.id, 2);
    const id = await draft([list.id], "{{class}}");
    const set = (text: string) =>
      stage.db
        .update(contacts)
        .set({ attributes: { class: text } })
        .where(eq(contacts.phoneE164, list.phones[1] ?? ""));
    await set("x".repeat(4_097));
    expect((await user.api.campaigns.review({ id })).problems).toMatchObject([
      { code: "text_too_long", step: "message" },
    ]);
    await expect(startAsReviewed(user, id)).rejects.toMatchObject({
      message: expect.stringContaining("For Person 2 the message has 4097 characters"),
    });
    await set(" ");
    await expect(startAsReviewed(user, id)).rejects.toMatchObject({
      message: expect.stringContaining("For Person 2 nothing is left"),
    });
  });
});

test("the review counts who is on two lists once, and says when it will be done and within which hours", async () => {
  const [one, two] = [await createList(stage.db, user.id, 3), await createList(stage.db, user.id, 2, 1)];
  const shared = await idOf(one.phones[0]);
  await user.api.contacts.addToList({ ids: [shared], listId: two.id });
  await user.api.schedules.set({
    tz: "Asia/Jakarta",
    windows: [1, 2, 3, 4, 5].map((day) => ({ day: day as 1, from: 540, to: 1_020 })),
    paused: false,
  });
  const id = await draft([one.id, two.id]);
  const review = await user.api.campaigns.review({ id });
  expect(review).toMatchObject({
    sendable: 4,
    recipients: 5,
    onSeveralLists: 1,
    excluded: { no_consent: 1 },
    hours: { words: "Mon–Fri 09:00–17:00 (Asia/Jakarta)" },
    dayTz: "Asia/Jakarta",
    points: { need: 8, available: 400, held: 0, missing: 0 },
    problems: [],
  });
  expect(review.estimate.at).toBeInstanceOf(Date);
  await user.api.schedules.set({ tz: "Asia/Jakarta", windows: [], paused: false });
  expect((await user.api.campaigns.review({ id })).estimate).toEqual({ at: null, why: "no_hours" });
});

describe("a test", () => {
  test("shows the message on the phone that sends, filled for one person, and costs nothing", async () => {
    const list = await createList(stage.db, user.id, 3, 1);
    const id = await draft([list.id]);
    await user.api.campaigns.sendTest({ id });
    await user.api.campaigns.sendTest({ id, contactId: await idOf(list.phones[2]) });
    await until("both tests on the phone", async () => {
      const { tests } = await user.api.campaigns.review({ id });
      return tests.rows.length === 2 && tests.rows.every(({ status }) => status === "delivered");
    });
    const chats = await stage.simulator.phoneChats(phone.phone);
    expect(chats.map((chat) => [chat.with, chat.messages.map(({ text, fromMe }) => [text, fromMe])])).toEqual([
      [
        phone.phone,
        [
          ["Hi Person 2 of 7B", true],
          ["Hi Person 3 of 7B", true],
        ],
      ],
    ]);
    expect(await readWallet(stage.db, user.id)).toEqual({ balance: 400, held: 0 });
    expect((await user.api.wa.get({ id: phone.sessionId })).sentToday).toBe(2);
    // Nothing of it is a recipient of the campaign.
    await startAsReviewed(user, id);
    await until("the campaign", async () => (await user.api.campaigns.get({ id })).status === "completed");
    expect(await user.api.campaigns.get({ id })).toMatchObject({ total: 3, pointsCharged: 4 });
    await expect(user.api.campaigns.sendTest({ id })).rejects.toMatchObject({ code: "CONFLICT" });
  });

  test("waits for the active hours like every message, and says so", async () => {
    const list = await createList(stage.db, user.id, 1);
    const id = await draft([list.id]);
    await user.api.schedules.set({ tz: "Asia/Jakarta", windows: [], paused: false });
    await user.api.campaigns.sendTest({ id });
    expect((await user.api.campaigns.review({ id })).tests).toMatchObject({
      rows: [{ status: "queued" }],
      waiting: { reason: "outside_hours" },
    });
    await user.api.schedules.set({ tz: "Asia/Jakarta", windows: null, paused: false });
    await until(
      "the test",
      async () => (await user.api.campaigns.review({ id })).tests.rows[0]?.status === "delivered",
    );
  });

  test("is shown with the values of nobody who would not get the message, and ten times an hour at most", async () => {
    const list = await createList(stage.db, user.id, 2, 1);
    const id = await draft([list.id]);
    await expect(user.api.campaigns.sendTest({ id, contactId: await idOf(list.phones[0]) })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    const stranger = await stage.signUp();
    await expect(stranger.api.campaigns.sendTest({ id })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await user.api.schedules.set({ tz: "Asia/Jakarta", windows: [], paused: false });
    const all = await Promise.allSettled(Array.from({ length: 12 }, () => user.api.campaigns.sendTest({ id })));
    expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(10);
    await expect(user.api.campaigns.sendTest({ id })).rejects.toMatchObject({
      code: "TOO_MANY_REQUESTS",
      message: expect.stringContaining("10 tests an hour. The next can go in 60 minutes."),
    });
    await stage.db.execute(
      sql`update messages set created_at = now() - interval '61 minutes' where user_id = ${user.id}`,
    );
    await user.api.campaigns.sendTest({ id });
  });

  test("is forgotten with the person whose values it may have shown", async () => {
    const list = await createList(stage.db, user.id, 1);
    const id = await draft([list.id]);
    await user.api.campaigns.sendTest({ id });
    await until(
      "the test",
      async () => (await user.api.campaigns.review({ id })).tests.rows[0]?.status === "delivered",
    );
    await user.api.contacts.erase({ id: await idOf(list.phones[0]), confirm: "Person 1" });
    const rows = await stage.db.select().from(messages).where(eq(messages.testOf, id));
    expect(rows).toMatchObject([{ recipientName: "", resolvedText: null, encoded: null, status: "delivered" }]);
  });
});

describe("a dry run", () => {
  test("shows what each would get and why others would not, page by page, by name, and writes nothing", async () => {
    const list = await createList(stage.db, user.id, 30, 5);
    await stage.db
      .update(contacts)
      .set({ attributes: {} })
      .where(eq(contacts.phoneE164, list.phones[29] ?? ""));
    const id = await draft([list.id]);
    const before = await counts();
    const run = await user.api.campaigns.dryRun({ id });
    expect(run).toMatchObject({
      refusal: null,
      counts: { queued: 25, no_consent: 5 },
      made: { withGaps: 1, longest: 18 },
      matching: 30,
      next: 20,
    });
    expect(run.rows).toHaveLength(20);
    expect(run.rows[0]).toMatchObject({ name: "Person 1", text: null, leftOut: "no_consent" });
    expect(run.rows[5]).toMatchObject({ name: "Person 6", text: "Hi Person 6 of 7B", characters: 17, gaps: [] });
    expect(run.rows[5]?.bytes).toBeGreaterThan(17);
    const last = await user.api.campaigns.dryRun({ id, skip: 20 });
    expect(last).toMatchObject({ next: null });
    expect(last.rows.at(-1)).toMatchObject({ name: "Person 30", text: "Hi Person 30 of ", gaps: ["class"] });
    const named = await user.api.campaigns.dryRun({ id, search: "person 2" });
    expect(named.rows.map(({ name }) => name)).toEqual([
      "Person 2",
      ...Array.from({ length: 10 }, (_, i) => `Person 2${i}`),
    ]);
    expect((await user.api.campaigns.dryRun({ id, show: "no_consent" })).matching).toBe(5);
    expect(await counts()).toEqual(before);
    // What it showed is what is sent.
    await startAsReviewed(user, id);
    const rows = await stage.db.select().from(messages).where(eq(messages.campaignId, id)).orderBy(messages.id);
    const shown = [...run.rows, ...last.rows];
    expect(rows.map((row) => [row.recipientName, row.resolvedText])).toEqual(
      shown.map(({ name, text }) => [name, text]),
    );
    await user.api.campaigns.cancel({ id });
    await expect(user.api.campaigns.dryRun({ id })).rejects.toMatchObject({ code: "CONFLICT" });
  });

  test("tells what a start would be refused for, and shows the people all the same", async () => {
    const list = await createList(stage.db, user.id, 3);
    const id = await draft([list.id]);
    await stage.db.execute(sql`update wallets set held = 400 where user_id = ${user.id}`);
    const run = await user.api.campaigns.dryRun({ id });
    await stage.db.execute(sql`update wallets set held = 0 where user_id = ${user.id}`);
    expect(run).toMatchObject({ refusal: { code: "insufficient_points" }, counts: { queued: 3 } });
    const stranger = await stage.signUp();
    await expect(stranger.api.campaigns.dryRun({ id })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
