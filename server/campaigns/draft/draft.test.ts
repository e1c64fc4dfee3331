import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Connection, connect, type Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { auditLogs, campaigns, contactLists, contacts, media, waSessions } from "#db/schema/index.ts";
import { useDatabase } from "#tests/database.ts";
import { createHeldSession, createList, createUser, testEnv } from "#tests/factories.ts";
import { withUser } from "../../users/with-user.ts";
import { startCampaign } from "../run/start.ts";
import { createCampaignInput, type DraftInput } from "../schema.ts";
import { createCampaign, getOwnCampaign, updateCampaign } from "./draft.ts";
import { previewCampaign } from "./preview.ts";
import { draftProblems } from "./problems.ts";
import { reviewCampaign } from "./review.ts";

const url = useDatabase();
let connection: Connection;
let db: Db;
let userId: Id<"user">;
let listId: Id<"contactList">;
let waSessionId: Id<"waSession">;
beforeAll(() => {
  connection = connect(url(), { max: 4 });
  db = connection.db;
});
afterAll(() => connection.close());
beforeEach(async () => {
  userId = await createUser(db);
  listId = (await createList(db, userId, 4)).id;
  waSessionId = (await createHeldSession(db, userId)).sessionId;
});

const bound = <T>(fn: (tx: Db) => Promise<T>, as = userId) => withUser(db, as, fn);
const create = (input: DraftInput) => bound((tx) => createCampaign(tx, userId, input));
const update = (input: DraftInput & { id: string; version?: number }) =>
  bound((tx) => updateCampaign(tx, userId, input));
const whole = (): DraftInput => ({ name: "Reunion", listIds: [listId], waSessionId, templateText: "Hi {{name}}" });
async function problems(input: DraftInput): Promise<string> {
  const { id } = await create(input);
  const found = await bound(async (tx) => draftProblems(tx, await getOwnCampaign(tx, userId, id)));
  return found.map(({ code, step }) => `${step}: ${code}`).join(", ");
}

describe("a draft", () => {
  test("is saved with nothing in it, and with one thing after the other", async () => {
    const { id } = await create({});
    await update({ id, templateText: "Hi" });
    await update({ id, name: "Reunion", tags: ["vip"] });
    expect(await bound((tx) => getOwnCampaign(tx, userId, id))).toMatchObject({
      name: "Reunion",
      tags: ["vip"],
      templateText: "Hi",
      waSessionId: null,
      draftVersion: 2,
      status: "draft",
    });
    await update({ id, waSessionId });
    await update({ id, tags: [], waSessionId: null });
    expect(await bound((tx) => getOwnCampaign(tx, userId, id))).toMatchObject({ tags: [], waSessionId: null });
    const told = await db.select({ action: auditLogs.action }).from(auditLogs).where(eq(auditLogs.userId, userId));
    expect(told.filter(({ action }) => action === "campaign.updated")).toHaveLength(1);
  });

  test("is not undone by a tab that did not see the last change", async () => {
    const { id, version } = await create(whole());
    const both = await Promise.allSettled([
      update({ id, version, templateText: "one" }),
      update({ id, version, templateText: "two" }),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    await expect(update({ id, version, name: "x" })).rejects.toMatchObject({ code: "draft_changed" });
    expect(await update({ id, version: version + 1, name: "x" })).toEqual({ id, version: version + 2 });
  });

  test("holds only what is the user's own", async () => {
    const stranger = await createUser(db);
    const theirList = (await createList(db, stranger, 1)).id;
    const theirPhone = (await createHeldSession(db, stranger)).sessionId;
    const mediaId = newId("media");
    await db.insert(media).values({
      id: mediaId,
      userId: stranger,
      fileName: "a.png",
      mimeType: "image/png",
      bytes: 1,
      sha256: "00",
      scan: "clean",
    });
    const { id } = await create(whole());
    const foreign: DraftInput[] = [
      { listIds: [theirList] },
      { exceptListIds: [theirList] },
      { waSessionId: theirPhone },
      { waSessionId: "a phone" },
      { mediaId },
    ];
    for (const input of foreign) {
      await expect(create(input)).rejects.toMatchObject({ code: "not_found" });
      await expect(update({ id, ...input })).rejects.toMatchObject({ code: "not_found" });
    }
    await expect(bound((tx) => updateCampaign(tx, stranger, { id, name: "mine" }), stranger)).rejects.toMatchObject({
      code: "not_found",
    });
  });

  test("cannot be changed once it is no draft any more", async () => {
    const { id } = await create(whole());
    await db.update(campaigns).set({ status: "running" }).where(eq(campaigns.id, id));
    await expect(update({ id, name: "x" })).rejects.toMatchObject({ code: "wrong_state" });
  });

  test.each([
    { name: "x".repeat(121) },
    { templateText: "x".repeat(4_097) },
    { tags: Array.from({ length: 21 }, (_, i) => `t${i}`) },
    { throttleMinSeconds: -1 },
    { status: "running" },
  ])("is refused when it does not fit: %o", (input) => {
    expect(createCampaignInput.safeParse(input).success).toBe(false);
  });
});

describe("what keeps a draft from starting", () => {
  test("is nothing when all is there", async () => {
    expect(await problems(whole())).toBe("");
    expect(await problems({ ...whole(), listIds: [], tags: ["vip"] })).toBe("");
  });

  test("is everything that is missing, in the order of the steps", async () => {
    expect(await problems({})).toBe("audience: no_name, audience: no_audience, audience: no_phone, message: no_text");
  });

  test("is a phone that was removed, an unknown variable, a pace that is upside down", async () => {
    await db.update(waSessions).set({ status: "removed" }).where(eq(waSessions.id, waSessionId));
    const { waSessionId: _removed, ...rest } = whole();
    const { id } = await create(rest);
    await db.update(campaigns).set({ waSessionId }).where(eq(campaigns.id, id));
    expect(await bound(async (tx) => draftProblems(tx, await getOwnCampaign(tx, userId, id)))).toMatchObject([
      { code: "no_phone", step: "audience" },
    ]);
    expect(await problems({ ...rest, templateText: "{{teacher}}", throttleMinSeconds: 5, throttleMaxSeconds: 2 })).toBe(
      "audience: no_phone, message: missing_variables, message: pace_upside_down",
    );
  });

  test("is a question that nobody waits for, or that asks for no YES", async () => {
    const asking = { ...whole(), purpose: "confirmation" as const };
    expect(await problems(asking)).toBe("audience: no_double_opt_in, message: no_yes_asked");
    await db.update(contactLists).set({ doubleOptIn: true }).where(eq(contactLists.id, listId));
    expect(await problems({ ...asking, templateText: "Answer YES" })).toBe("");
    expect(await problems({ ...asking, tags: ["vip"], templateText: "YES?" })).toBe("audience: no_double_opt_in");
    expect(await problems({ ...asking, audience: "group_chat", templateText: "YES?" })).toBe(
      "audience: not_for_group_chat",
    );
  });

  test("is a group's chat that is none, another phone than the one in it, or a text that differs for each", async () => {
    const chat = { ...whole(), audience: "group_chat" as const };
    expect(await problems(chat)).toBe("audience: no_group_chat, message: group_chat_text");
    const other = (await createHeldSession(db, userId)).sessionId;
    await db
      .update(contactLists)
      .set({ groupKey: "group:120363000000000001@g.us", waSessionId: other })
      .where(eq(contactLists.id, listId));
    expect(await problems({ ...chat, templateText: "Hi" })).toBe("audience: group_chat_phone");
    expect(await problems({ ...chat, waSessionId: other, templateText: "Hi" })).toBe("");
    expect(await problems({ ...chat, waSessionId: other, templateText: "Hi", tags: ["vip"] })).toBe(
      "audience: no_group_chat",
    );
  });
});

test("a message is written on the people with the longest and the shortest text, and tells who lacks a value", async () => {
  const [, second, third] = await db.select({ id: contacts.id }).from(contacts).where(eq(contacts.userId, userId));
  if (!second || !third) throw new Error("the people are not there");
  await db.update(contacts).set({ name: "Wolfeschlegelsteinhausenbergerdorff" }).where(eq(contacts.id, third.id));
  await db.update(contacts).set({ name: "Al", attributes: {} }).where(eq(contacts.id, second.id));
  const { id } = await create({ ...whole(), templateText: "Hi {{name}} of {{class}}" });
  const preview = await bound((tx) => previewCampaign(tx, userId, { id }));
  expect(preview).toMatchObject({
    variables: ["name", "phone", "class"],
    recipients: 4,
    lacking: [{ variable: "class", count: 1 }],
    longest: { name: "Wolfeschlegelsteinhausenbergerdorff", length: 44 },
  });
  expect(preview.samples.map(({ name }) => name)).toEqual(["Person 1", "Wolfeschlegelsteinhausenbergerdorff", "Al"]);
});

test("from a phone that WhatsApp restricts nothing starts, and review and start say until when", async () => {
  const { id } = await create(whole());
  const phone = (set: Partial<typeof waSessions.$inferInsert>) =>
    db.update(waSessions).set(set).where(eq(waSessions.id, waSessionId));
  const env = testEnv(url());
  const said = async () => {
    const { problems } = await bound((tx) => reviewCampaign(tx, env.caps, userId, { id }));
    const start = bound((tx) => startCampaign(tx, env, userId, { id, recipients: 4 }));
    await expect(start).rejects.toMatchObject(
      problems.map(({ code, sentence }) => ({ code, message: sentence }))[0] ?? {},
    );
    return problems.map(({ code, sentence }) => `${code}: ${sentence}`);
  };
  await phone({ status: "restricted", restrictedUntil: new Date("2030-11-24T03:00:00Z") });
  expect(await said()).toEqual([expect.stringMatching(/^account_restricted: .* until 24 Nov 2030, 10:00 GMT\+7/)]);
  await phone({ restrictedUntil: null });
  expect(await said()).toEqual([expect.stringMatching(/^account_restricted: .*Open WhatsApp on the phone/)]);
  await phone({ status: "logged_out" });
  expect(await said()).toEqual([expect.stringMatching(/^session_not_linked: /)]);
});
