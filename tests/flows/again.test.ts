import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Id } from "#db/ids.ts";
import { messages } from "#db/schema/index.ts";
import { settleSilence } from "#server/messages/silence.ts";
import { createList, newPhone, readViolations, readWallet } from "../factories.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, startAsReviewed, until } from "../stage.ts";

let stage: Stage;
let user: StageUser;
let phone: LinkedPhone;
beforeAll(async () => {
  // So that nothing is repeated unless somebody says so.
  stage = await createStage({ env: { ACK_TIMEOUT_MS: "60000" } });
  user = await stage.signUp();
  phone = await stage.linkPhone(user);
  await stage.simulator.setDelays(phone.phone, { ackMs: 0, deliveredMs: null, readMs: null });
});
afterAll(() => stage?.stop());
let balance: number;
beforeEach(async () => {
  ({ balance } = await readWallet(stage.db, user.id));
});
afterEach(async () => {
  await stage.simulator.clearFaults(phone.phone);
  expect(await readViolations(stage.db)).toEqual([]);
});

async function started(people: number, seconds = 0) {
  const list = await createList(stage.db, user.id, people);
  const { id } = await user.api.campaigns.create({
    name: "Again",
    listIds: [list.id],
    waSessionId: phone.sessionId,
    templateText: "Hi {{name}}",
    throttleMinSeconds: seconds,
    throttleMaxSeconds: seconds,
  });
  await startAsReviewed(user, id);
  return { id, phones: list.phones };
}
const setHours = (windows: [] | null) => user.api.schedules.set({ tz: "Asia/Jakarta", windows, paused: false });
const campaign = (id: string) => user.api.campaigns.get({ id });
const inStatus = (id: string, status: string) =>
  until(`the campaign to be ${status}`, async () => (await campaign(id)).status === status);
const rowsOf = (id: Id<"campaign">) =>
  stage.db.select().from(messages).where(eq(messages.campaignId, id)).orderBy(messages.id);
const failures = (id: string) => user.api.campaigns.failures({ id });
const momentsOf = async (id: string, messageId: Id<"message"> = "msg_") =>
  (await user.api.campaigns.timeline({ id, messageId })).moments.map(({ kind }) => kind);
/** What the server took for a person, by id and number of copies. */
async function taken(number: string) {
  const chats = await stage.simulator.sent(phone.phone);
  const chat = chats.find((one) => one.phone === number);
  return chat?.messages.map(({ id, copies }) => [id, copies]) ?? [];
}
/** What a person sees of what we wrote. */
const shown = async (number: string) =>
  (await stage.simulator.phoneChats(number)).flatMap((chat) => chat.messages.map(({ text }) => text));
/** The same, once there is something to see. */
const seen = (number: string) =>
  until("it to show", async () => {
    const texts = await shown(number);
    return texts.length > 0 && texts;
  });
const spent = async () => {
  const now = await readWallet(stage.db, user.id);
  return { points: balance - now.balance, held: now.held };
};
/** So long ago it was when anything was sent, for the job that looks for answers. */
async function silenceFor(time: string): Promise<void> {
  await stage.db.execute(sql`update app_clock set shift = ${time}::interval`);
  await settleSilence(stage.db);
  await stage.db.execute(sql`update app_clock set shift = '0'`);
}

test("what WhatsApp refused for single people stops nobody else; tried again it goes under the same id, shows once and is charged once", async () => {
  await stage.simulator.setFaults(phone.phone, { nack: { code: 479, count: 4 } });
  const { id, phones } = await started(5);
  await inStatus(id, "completed");
  expect(await failures(id)).toMatchObject([
    {
      status: "failed",
      code: "479",
      sentence: expect.stringContaining("479"),
      remedy: "retry",
      count: 4,
      able: 4,
      points: 8,
    },
  ]);
  expect(await spent()).toEqual({ points: 2, held: 0 });
  expect(await shown(phones[0] ?? "")).toEqual([]);
  const refused = (await rowsOf(id)).filter((row) => row.status === "failed");
  expect(refused).toHaveLength(4);

  expect(await user.api.campaigns.retryFailed({ id, messageId: refused[0]?.id })).toEqual({ messages: 1 });
  expect(await user.api.campaigns.retryFailed({ id })).toEqual({ messages: 3 });
  await inStatus(id, "completed");
  for (const [n, row] of (await rowsOf(id)).entries()) {
    expect(row).toMatchObject({ status: "sent", errorCode: null, costPoints: 2 });
    expect(await taken(phones[n] ?? "")).toEqual([[row.waMsgId, refused.some(({ id }) => id === row.id) ? 2 : 1]]);
    expect(await seen(phones[n] ?? "")).toEqual([`Hi Person ${n + 1}`]);
  }
  expect(await momentsOf(id, refused[0]?.id)).toEqual(["queued", "retried", "handed_over", "sent"]);
  expect(await spent()).toEqual({ points: 10, held: 0 });
});

test("what was never answered for is repeated safely, given up, or told as unconfirmed; what is heard late is true all the same", async () => {
  // An answer that comes when its user has given it up.
  await stage.simulator.setFaults(phone.phone, { delayAcks: { ms: 60_000, count: 1 } });
  const late = await started(1);
  await until("it to be written", async () => (await taken(late.phones[0] ?? "")).length === 1);
  await silenceFor("25 hours");
  expect(await spent()).toEqual({ points: 0, held: 2 });
  expect(await user.api.campaigns.treatAsFailed({ id: late.id })).toEqual({ messages: 1 });
  expect(await spent()).toEqual({ points: 0, held: 0 });
  expect(await failures(late.id)).toMatchObject([
    {
      status: "failed",
      code: "treated_as_failed",
      sentence: expect.stringContaining("You took this for failed"),
      remedy: null,
      able: 0,
    },
  ]);

  await stage.simulator.setFaults(phone.phone, { loseAcks: { probability: 1 } });
  const { id, phones } = await started(3);
  const [repeated = "", given = "", silent = ""] = phones;
  await until("all to be written", async () => (await taken(silent)).length === 1);
  await silenceFor("25 hours");
  const counted = async () => {
    const { status, holdOpen, pointsCharged } = await campaign(id);
    return { status, held: holdOpen, charged: pointsCharged };
  };
  expect(await counted()).toEqual({ status: "completed", held: 6, charged: 0 });
  expect(await failures(id)).toMatchObject([
    {
      status: "unknown",
      code: "no_answer",
      sentence: expect.stringContaining("Retry it safely"),
      remedy: "decide",
      count: 3,
      able: 3,
      points: 0,
    },
  ]);

  await stage.simulator.setFaults(phone.phone, { loseAcks: { probability: 0 } });
  const [first, second, third] = await rowsOf(id);
  expect(await user.api.campaigns.repeatUnknown({ id, messageId: first?.id })).toEqual({ messages: 1 });
  await until("acceptance", async () => (await campaign(id)).counts.sent === 1);
  // Twice to the server, under one id: the person sees it once.
  expect(await taken(repeated)).toEqual([[first?.waMsgId, 2]]);
  expect(await seen(repeated)).toEqual(["Hi Person 1"]);
  expect(await momentsOf(id, first?.id)).toContain("repeated");
  expect(await user.api.campaigns.treatAsFailed({ id, messageId: second?.id })).toEqual({ messages: 1 });
  await silenceFor("15 days");
  expect(await failures(id)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ code: "treated_as_failed", count: 1, able: 0 }),
      expect.objectContaining({
        code: "unconfirmed",
        sentence: expect.stringContaining("14 days"),
        remedy: null,
        able: 0,
      }),
    ]),
  );
  await expect(user.api.campaigns.retryFailed({ id, messageId: third?.id })).rejects.toMatchObject({
    message: expect.stringContaining("14 days"),
  });
  expect(await counted()).toEqual({ status: "completed", held: 0, charged: 2 });

  // They open the chat: what was given up had arrived.
  for (const number of [given, silent]) await stage.simulator.read(number, phone.phone);
  await until("both to be read", async () => (await campaign(id)).counts.read === 2);
  await stage.simulator.advance(60_000);
  await until("the late answer", async () => (await campaign(late.id)).counts.sent === 1);
  expect(await failures(late.id)).toEqual([]);
  expect(await seen(late.phones[0] ?? "")).toEqual(["Hi Person 1"]);
  for (const number of [given, silent, late.phones[0] ?? ""])
    expect((await taken(number)).map(([, copies]) => copies)).toEqual([1]);
  expect(await spent()).toEqual({ points: 8, held: 0 });
});

describe("a refusal of the account", () => {
  test.each([
    [463, "restricted", "restricts this account", "retry"],
    [403, "restricted", "refused this account", "phone"],
    [401, "logged_out", "logged this phone out", "retry"],
  ] as const)(
    "(%i) stops every campaign of the phone at once, and is tried again when the account is free",
    async (code, reason, words, remedy) => {
      await stage.simulator.setFaults(phone.phone, { nack: { code, count: 1 } });
      await setHours([]);
      const [first, other] = [await started(2, 3), await started(2)];
      await setHours(null);
      for (const { id } of [first, other]) await inStatus(id, "paused");
      // The next one may have been claimed meanwhile, and comes back.
      await until("it to wait", async () => (await campaign(first.id)).counts.queued === 1);
      expect(await campaign(first.id)).toMatchObject({ pauseReason: reason, counts: { failed: 1, queued: 1 } });
      expect(await campaign(other.id)).toMatchObject({ pauseReason: reason, counts: { queued: 2 } });
      expect(await failures(first.id)).toMatchObject([
        { status: "failed", code: String(code), sentence: expect.stringContaining(words), remedy, count: 1, able: 0 },
      ]);
      await expect(user.api.campaigns.retryFailed({ id: first.id })).rejects.toMatchObject({ code: "CONFLICT" });
      expect(await spent()).toEqual({ points: 0, held: 6 });

      for (const { id } of [first, other]) await user.api.campaigns.resume({ id });
      for (const { id } of [first, other]) await inStatus(id, "completed");
      expect(await user.api.campaigns.retryFailed({ id: first.id })).toEqual({ messages: 1 });
      await until("acceptance", async () => (await campaign(first.id)).counts.sent === 2);
      const [refused = "", ...others] = [...first.phones, ...other.phones];
      expect(await seen(refused)).toEqual(["Hi Person 1"]);
      for (const number of others) expect((await taken(number)).map(([, copies]) => copies)).toEqual([1]);
      expect(await spent()).toEqual({ points: 8, held: 0 });
    },
  );
});

test("a group that this phone was taken out of gets nothing, which is told; let in again, it gets the message once", async () => {
  const member = newPhone();
  const group = await stage.simulator.createGroup({
    subject: "Choir",
    owner: member,
    participants: [{ phone: phone.phone }],
  });
  const asked = { sessionId: phone.sessionId, groupKey: `group:${group.id}` } as const;
  const { question } = await user.api.groups.open(asked);
  const preview = () => user.api.groups.preview({ sessionId: phone.sessionId, question });
  await until("the group", async () => (await preview()).state === "answered");
  const { contactListId } = await user.api.groups.import(asked);
  const { id } = await user.api.campaigns.create({
    name: "Choir",
    listIds: [contactListId],
    waSessionId: phone.sessionId,
    audience: "group_chat",
    templateText: "We sing at 7",
    throttleMinSeconds: 0,
    throttleMaxSeconds: 0,
  });
  await stage.simulator.changeParticipants(group.id, "remove", [phone.phone]);
  await startAsReviewed(user, id);
  await inStatus(id, "completed");
  expect(await failures(id)).toMatchObject([
    { code: "not_in_group", sentence: expect.stringContaining("not in that group any more"), remedy: "retry", able: 1 },
  ]);
  expect(await shown(member)).toEqual([]);
  await stage.simulator.changeParticipants(group.id, "add", [phone.phone]);
  await user.api.campaigns.retryFailed({ id });
  await until("acceptance", async () => (await campaign(id)).counts.sent === 1);
  expect(await seen(member)).toEqual(["We sing at 7"]);
  expect(await spent()).toEqual({ points: 2, held: 0 });
});
