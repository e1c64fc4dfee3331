import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Id } from "#db/ids.ts";
import { auditLogs, campaigns, contacts, messages } from "#db/schema/index.ts";
import { withdrawConsent } from "#server/contacts/person/save.ts";
import { createHeldSession, createRunningCampaign, newPhone, readViolations, readWallet } from "../factories.ts";
import { createStage, type Stage, type StageUser } from "../stage.ts";

let stage: Stage;
let user: StageUser;
beforeAll(async () => {
  stage = await createStage({ workers: 0 });
  user = await stage.signUp();
});
afterAll(() => stage?.stop());

const refused = (code: string, text?: string) =>
  expect.objectContaining({
    cause: expect.objectContaining({ code }),
    ...(text ? { message: expect.stringContaining(text) } : {}),
  });
const consentStatement = "Signed the form at the school gate in March";
const add = (more: Partial<Parameters<StageUser["api"]["contacts"]["add"]>[0]> = {}) =>
  user.api.contacts.add({ name: "Anna Lim", phone: newPhone(), consentStatement, ...more });
const get = (id: Id<"contact">) => user.api.contacts.get({ id });
const phoneOf = async (id: Id<"contact">) => (await get(id)).phoneE164;

/** A running campaign of the user to three people, none sent yet. */
async function campaign() {
  const { sessionId } = await createHeldSession(stage.db, user.id);
  const { id, phones } = await createRunningCampaign(stage.db, stage.env, user.id, sessionId, 3);
  const rows = await stage.db
    .select({ id: contacts.id, phone: contacts.phoneE164 })
    .from(contacts)
    .where(sql`${contacts.phoneE164} in ${phones}`)
    .orderBy(contacts.id);
  const [first, second, third] = rows.map((row) => row.id);
  if (!first || !second || !third) throw new Error("three people");
  return { id, people: [first, second, third] as const };
}
const message = async (campaignId: Id<"campaign">, contactId: Id<"contact">) => {
  const rows = await stage.db
    .select({ status: messages.status, errorCode: messages.errorCode, recipientKey: messages.recipientKey })
    .from(messages)
    .where(sql`${messages.campaignId} = ${campaignId} and ${messages.contactId} = ${contactId}`);
  return rows[0];
};

describe("a person who is added by hand", () => {
  test("has the user's own words as evidence, is on the lists named, and brings template variables", async () => {
    const { id: listId } = await user.api.contacts.createList({ name: "Parents" });
    const { id } = await add({ attributes: { class: "7B", note: "" }, tags: ["vip ", "late"], listIds: [listId] });
    expect(await get(id)).toMatchObject({
      name: "Anna Lim",
      attributes: { class: "7B" },
      tags: ["vip", "late"],
      consent: true,
      optedOut: false,
      lists: [{ id: listId, name: "Parents" }],
      evidence: [
        { kind: "given", source: "manual", statement: consentStatement, by: expect.stringContaining("@example.org") },
      ],
    });
    expect(await user.api.contacts.list({ id: listId })).toMatchObject({ total: 1, sendable: 1, columns: ["class"] });
    expect(await user.api.contacts.tags()).toEqual([
      { tag: "late", count: 1 },
      { tag: "vip", count: 1 },
    ]);
  });

  test("is refused under a number that another contact has, however it is spelled, who is named", async () => {
    const { id } = await add({ name: "Budi", phone: "+62 812-9900-1122" });
    await expect(add({ phone: "+6281299001122" })).rejects.toEqual(refused("phone_taken", "Budi has this number"));
    await expect(add({ phone: "+6281299001122" })).rejects.toMatchObject({ cause: { details: { contactId: id } } });
    const phone = newPhone();
    const both = await Promise.allSettled([add({ phone }), add({ phone })]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(both.find(({ status }) => status === "rejected")).toMatchObject({ reason: refused("phone_taken") });
  });

  test("is refused with a number that cannot be, without evidence, or after an opt-out", async () => {
    await expect(add({ phone: "0812" })).rejects.toMatchObject({ cause: { fields: { phone: expect.any(String) } } });
    await expect(add({ consentStatement: " " })).rejects.toMatchObject({ code: "BAD_REQUEST" });
    const phone = newPhone();
    await user.api.contacts.suppress({ phone });
    await expect(add({ phone })).rejects.toEqual(refused("opted_out", "START"));
  });
});

describe("another number", () => {
  test("is asked about WhatsApp anew; what is queued for the old one is left out, what was sent stays", async () => {
    const { id, people } = await campaign();
    const [one] = people;
    const old = await phoneOf(one);
    const { held } = await readWallet(stage.db, user.id);
    await stage.db.execute(sql`update contacts set on_whatsapp = true, on_whatsapp_at = now() where id = ${one}`);
    await user.api.contacts.update({ id: one, phone: newPhone() });
    expect(await get(one)).toMatchObject({ name: "Person 1", onWhatsapp: null, attributes: { class: "7B" } });
    expect(await phoneOf(one)).not.toBe(old);
    expect(await message(id, one)).toEqual({
      status: "skipped",
      errorCode: "number_changed",
      recipientKey: `pn:${old}`,
    });
    expect((await readWallet(stage.db, user.id)).held).toBe(held - 2);
    expect(await readViolations(stage.db)).toEqual([]);
  });

  test("is refused for somebody who opted out, and when it is of somebody who did or of another contact", async () => {
    const [a, b] = [await add({ name: "Ani" }), await add({ name: "Bela" })];
    await expect(user.api.contacts.update({ id: a.id, phone: await phoneOf(b.id) })).rejects.toEqual(
      refused("phone_taken", "Merge"),
    );
    await user.api.contacts.suppress({ phone: await phoneOf(b.id) });
    await expect(user.api.contacts.update({ id: b.id, phone: newPhone() })).rejects.toEqual(
      refused("opted_out_number"),
    );
    const out = newPhone();
    await user.api.contacts.suppress({ phone: out });
    await expect(user.api.contacts.update({ id: a.id, phone: out })).rejects.toEqual(refused("opted_out"));
    await user.api.contacts.update({ id: b.id, phone: await phoneOf(b.id), name: "Bella" });
    expect((await get(b.id)).name).toBe("Bella");
  });
});

describe("consent", () => {
  test("that is withdrawn stops what is queued; recorded again, it is evidence with new words", async () => {
    const { id, people } = await campaign();
    const [one, two] = people;
    expect(await user.api.contacts.withdrawConsent({ ids: [one], statement: "Told us at the desk" })).toEqual({
      withdrawn: 1,
    });
    expect(await message(id, one)).toMatchObject({ status: "skipped", errorCode: "no_consent" });
    expect(await message(id, two)).toMatchObject({ status: "queued" });
    const statement = "Asked for the messages again by e-mail";
    await user.api.contacts.suppress({ phone: await phoneOf(two) });
    expect(await user.api.contacts.recordConsent({ ids: [one, two], statement })).toEqual({ recorded: 1, optedOut: 1 });
    expect(await get(one)).toMatchObject({
      consent: true,
      evidence: [
        { kind: "given", statement },
        { kind: "withdrawn", statement: "Told us at the desk" },
      ],
    });
    expect(await readViolations(stage.db)).toEqual([]);
  });

  test("is left out of a campaign that ends with it", async () => {
    const { id, people } = await campaign();
    await withdrawConsent(stage.db, user.id, { ids: [...people] });
    const [row] = await stage.db.select().from(campaigns).where(eq(campaigns.id, id));
    expect(row).toMatchObject({ status: "completed", holdOpen: 0 });
  });
});

describe("lists and tags", () => {
  test("take people on and off, who stay contacts; what is known of them is a variable of the list", async () => {
    const { id: listId } = await user.api.contacts.createList({ name: "Choir" });
    const ids = [(await add({ attributes: { voice: "alto" } })).id, (await add({ attributes: { town: "Bogor" } })).id];
    expect(await user.api.contacts.addToList({ ids, listId })).toEqual({ added: 2 });
    expect(await user.api.contacts.addToList({ ids, listId })).toEqual({ added: 0 });
    await user.api.contacts.updateList({ id: listId, name: "Big choir", doubleOptIn: true });
    const shown = async () => (await user.api.contacts.lists()).find(({ id }) => id === listId);
    expect(await shown()).toMatchObject({ name: "Big choir", total: 2, doubleOptIn: true, columns: ["town", "voice"] });
    expect(await user.api.contacts.list({ id: listId })).toMatchObject({ sendable: 0, unconfirmed: 2 });
    await user.api.contacts.removeFromList({ ids: ids.slice(1), listId });
    expect(await shown()).toMatchObject({ total: 1 });
    await user.api.contacts.tag({ ids, add: ["b", "a"], remove: [] });
    expect(await user.api.contacts.tag({ ids, add: ["a"], remove: ["b"] })).toEqual({ changed: 2 });
    expect((await get(ids[1] ?? "con_")).tags).toEqual(["a"]);
  });

  test("of another user take nobody", async () => {
    const stranger = await stage.signUp();
    const { id: listId } = await stranger.api.contacts.createList({ name: "Theirs" });
    const { id } = await add();
    expect(await stranger.api.contacts.addToList({ ids: [id], listId })).toEqual({ added: 0 });
    await expect(user.api.contacts.addToList({ ids: [id], listId })).rejects.toEqual(refused("not_found"));
    expect(await stranger.api.contacts.remove({ ids: [id] })).toEqual({ removed: 0 });
    await expect(stranger.api.contacts.get({ id })).rejects.toEqual(refused("not_found"));
    await expect(stranger.api.contacts.timeline({ id })).rejects.toEqual(refused("not_found"));
    await expect(stranger.api.contacts.update({ id, name: "X" })).rejects.toEqual(refused("not_found"));
  });
});

test("a timeline tells what happened with a person, newest first, page by page", async () => {
  const { id, people } = await campaign();
  const [one] = people;
  await user.api.contacts.withdrawConsent({ ids: [one] });
  await stage.db.execute(sql`
    insert into inbound_messages (id, user_id, wa_session_id, wa_msg_id, sender, contact_id, body, sent_at)
    select 'inb_' || n, ${user.id}, 'was_x', n::text, 'pn:+62', ${one}, 'Reply ' || n, now() + n * interval '1 minute'
      from generate_series(1, 60) n`);
  const first = await user.api.contacts.timeline({ id: one });
  expect(first.rows).toHaveLength(50);
  expect(first.rows[0]).toMatchObject({ kind: "reply", text: "Reply 60" });
  const second = await user.api.contacts.timeline({ id: one, cursor: first.nextCursor ?? "" });
  expect(second.nextCursor).toBeNull();
  expect(second.rows.map(({ kind, text }) => [kind, text])).toEqual([
    ...Array.from({ length: 10 }, (_, n) => ["reply", `Reply ${10 - n}`]),
    ["message", "Hello Person 1 of 7B"],
    ["withdrawn", ""],
    ["added", ""],
  ]);
  expect(second.rows[10]).toMatchObject({ status: "skipped", campaign: { id, name: "Reminder" } });
});

test("many numbers are suppressed at once, each with its answer; the audit log names nobody", async () => {
  const [a, b] = [newPhone(), newPhone()];
  await user.api.contacts.suppress({ phone: b });
  expect(await user.api.contacts.suppress({ phone: `${a}\r\n${b}\n\nnonsense` })).toMatchObject([
    { phone: a, result: "suppressed" },
    { phone: b, result: "already" },
    { phone: "nonsense", result: "invalid" },
  ]);
  await expect(user.api.contacts.suppress({ phone: "0812" })).rejects.toMatchObject({
    cause: { fields: { phone: expect.any(String) } },
  });
  const log = JSON.stringify(await stage.db.select().from(auditLogs));
  expect(log).toContain("contacts.suppressed");
  expect(log).not.toMatch(/62812|Anna|Person|Budi/);
});
