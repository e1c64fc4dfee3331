import { eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Id } from "#db/ids.ts";
import { inboundMessages } from "#db/schema/index.ts";
import { exportCampaign } from "#server/campaigns/results/export.ts";
import type { GroupView } from "#simulator/client.ts";
import { createHeldSession, createList, newPhone, readViolations, readWallet } from "../factories.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, startAsReviewed, until } from "../stage.ts";

const TEXT = "Training moves to 7 pm on Friday.";

let stage: Stage;
let user: StageUser;
let phone: LinkedPhone;
let group: GroupView;
let members: string[];
let hidden: string;
let listId: Id<"contactList">;

beforeAll(async () => {
  stage = await createStage({ env: { ACK_TIMEOUT_MS: "30000" } });
});
afterAll(() => stage?.stop());
// A group of our phone and three more, one of them with a hidden number; it is imported as a list.
beforeEach(async () => {
  user = await stage.signUp();
  phone = await stage.linkPhone(user);
  await stage.simulator.setDelays(phone.phone, { ackMs: 0, deliveredMs: 30, readMs: 60 });
  members = [newPhone(), newPhone()];
  hidden = newPhone();
  group = await stage.simulator.createGroup({
    subject: "Football",
    owner: members[0] ?? "",
    participants: [{ phone: phone.phone }, { phone: members[1] ?? "" }, { phone: hidden, hidden: true }],
  });
  const { sessionId } = phone;
  const groupKey = `group:${group.id}` as const;
  const { question } = await user.api.groups.open({ sessionId, groupKey });
  await until("the group", async () => {
    const { state } = await user.api.groups.preview({ sessionId, question });
    return state === "answered";
  });
  ({ contactListId: listId } = await user.api.groups.import({ sessionId, groupKey }));
});
afterEach(async () => {
  expect(await readViolations(stage.db)).toEqual([]);
});

async function draft(more: { templateText?: string; listIds?: Id<"contactList">[]; waSessionId?: string } = {}) {
  const { id } = await user.api.campaigns.create({
    name: "Training",
    listIds: [listId],
    waSessionId: phone.sessionId,
    audience: "group_chat",
    templateText: TEXT,
    throttleMinSeconds: 0,
    throttleMaxSeconds: 0,
    ...more,
  });
  return id;
}
const review = (id: string) => user.api.campaigns.review({ id });
const start = (id: string) => startAsReviewed(user, id);
const inGroup = async () => {
  const chats = await stage.simulator.sent(phone.phone);
  return chats.flatMap((chat) => chat.messages.map((message) => ({ to: chat.phone, ...message })));
};

describe("one message to a group's own chat", () => {
  test("reaches everybody in it once, hidden numbers too, and costs what one message costs", async () => {
    const id = await draft();
    expect(await review(id)).toMatchObject({
      recipients: 1,
      sendable: 1,
      group: { members: 3, hidden: 1 },
      points: { need: 2 },
      problems: [],
    });
    await expect(user.api.campaigns.checkNumbers({ id })).rejects.toMatchObject({ code: "UNPROCESSABLE_CONTENT" });
    await start(id);
    await until("everybody to read it", async () => (await user.api.campaigns.get({ id })).counts.read === 1);
    expect(await inGroup()).toMatchObject([{ to: group.id, text: TEXT, copies: 1, acked: true, undecryptable: false }]);
    const [sent] = await inGroup();
    expect(sent?.participants.map((member) => member.phone).toSorted()).toEqual([...members, hidden].toSorted());
    expect(await user.api.campaigns.get({ id })).toMatchObject({ status: "completed", total: 1, pointsCharged: 2 });
    expect(await readWallet(stage.db, user.id)).toEqual({ balance: 398, held: 0 });

    const { rows } = await user.api.campaigns.messages({ id });
    expect(rows).toMatchObject([{ name: "Football", phone: "group chat", status: "read" }]);
    let csv = "";
    for await (const piece of exportCampaign(stage.db, user.id, id)) csv += piece;
    expect(csv).toContain('\n"Football","group chat","read",');
    expect(await user.api.campaigns.list()).toMatchObject({ rows: [{ audience: "group_chat", purpose: "message" }] });
  });

  test("is not written while a member is known to have opted out", async () => {
    const id = await draft();
    await user.api.contacts.suppress({ phone: members[1] ?? "" });
    expect((await review(id)).problems).toMatchObject([
      {
        code: "member_opted_out",
        sentence: expect.stringContaining("A member of this group asked not to be messaged"),
      },
    ]);
    await expect(start(id)).rejects.toMatchObject({ message: expect.stringContaining("would reach them") });
    expect(await readWallet(stage.db, user.id)).toEqual({ balance: 400, held: 0 });
  });

  test("is stopped before the write when a member opts out after the start, also one whose number nobody sees", async () => {
    await user.api.schedules.set({ tz: "Asia/Jakarta", windows: [], paused: false });
    const id = await draft();
    await start(id);
    await stage.simulator.write(hidden, phone.phone, "STOP");
    await until("the opt-out", async () => (await user.api.contacts.suppressed()).rows.length > 0);
    await user.api.schedules.set({ tz: "Asia/Jakarta", windows: null, paused: false });
    await until("the end", async () => (await user.api.campaigns.get({ id })).status === "completed");
    const { rows } = await user.api.campaigns.messages({ id });
    expect(rows).toMatchObject([{ status: "skipped", errorCode: "member_opted_out" }]);
    expect((await inGroup()).filter(({ to }) => to === group.id)).toEqual([]);
    expect(await readWallet(stage.db, user.id)).toEqual({ balance: 400, held: 0 });
  });

  test("goes to nobody any more once a member writes STOP in the group itself, which gets no answer and nothing else is kept of", async () => {
    const other = await stage.simulator.createGroup({
      subject: "Family",
      owner: members[0] ?? "",
      participants: [{ phone: phone.phone }],
    });
    await stage.simulator.write(members[0] ?? "", other.id, "STOP");
    await stage.simulator.write(members[1] ?? "", group.id, "We will come");
    await stage.simulator.write(hidden, group.id, "STOP");
    await until("the opt-out", async () => (await user.api.contacts.suppressed()).rows.length > 0);
    expect((await user.api.contacts.suppressed()).rows).toHaveLength(1);
    const id = await draft();
    await start(id);
    await until("the end", async () => (await user.api.campaigns.get({ id })).status === "completed");
    expect((await user.api.campaigns.messages({ id })).rows).toMatchObject([
      { status: "skipped", errorCode: "member_opted_out" },
    ]);
    expect(await inGroup()).toEqual([]);
    expect(await stage.db.$count(inboundMessages, eq(inboundMessages.userId, user.id))).toBe(0);
  });

  test("is the same text for everybody, from the phone that is in the group, of a list that is a group's", async () => {
    await expect(start(await draft({ templateText: "Hi {{name}}, {{class|x}}" }))).rejects.toMatchObject({
      message: expect.stringContaining("Take {{name}}, {{class}} out"),
    });
    const other = await createHeldSession(stage.db, user.id);
    await expect(start(await draft({ waSessionId: other.sessionId }))).rejects.toMatchObject({
      message: `Only the phone that is in the group can write to its chat. Choose ${phone.phone}.`,
    });
    const friends = await createList(stage.db, user.id, 2);
    await expect(start(await draft({ listIds: [friends.id] }))).rejects.toMatchObject({
      message: expect.stringContaining("not made from a group"),
    });
    const { id: question } = await user.api.campaigns.create({
      name: "x",
      listIds: [listId],
      waSessionId: phone.sessionId,
      purpose: "confirmation",
      audience: "group_chat",
      templateText: "YES?",
    });
    await expect(start(question)).rejects.toMatchObject({ message: expect.stringContaining("each person who agreed") });
  });

  test("needs nobody's consent, which a message to each member does", async () => {
    const { id } = await user.api.campaigns.create({
      name: "One by one",
      listIds: [listId],
      waSessionId: phone.sessionId,
      templateText: TEXT,
    });
    expect(await review(id)).toMatchObject({
      sendable: 0,
      group: null,
      excluded: { no_consent: 2 },
      problems: [{ code: "no_recipients" }],
    });
    expect(await user.api.campaigns.reach({ listIds: [listId] })).toMatchObject({
      people: { queued: 0 },
      group: { members: 3, hidden: 1, waSessionId: phone.sessionId },
    });
    expect(await review(await draft())).toMatchObject({ sendable: 1, problems: [] });
  });
});
