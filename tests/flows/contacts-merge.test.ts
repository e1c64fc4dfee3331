import { and, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Id } from "#db/ids.ts";
import { campaigns, consentEvents, contactListMembers, contacts, messages } from "#db/schema/index.ts";
import { wholeList } from "#server/campaigns/draft/audience.ts";
import { createCampaign } from "#server/campaigns/draft/draft.ts";
import { startCampaign } from "#server/campaigns/run/start.ts";
import { moveMessage } from "#server/messages/move.ts";
import { createHeldSession, newPhone, readViolations, readWallet } from "../factories.ts";
import { createStage, type Stage, type StageUser } from "../stage.ts";

let stage: Stage;
let user: StageUser;
beforeAll(async () => {
  stage = await createStage({ workers: 0 });
  user = await stage.signUp();
});
afterAll(() => stage?.stop());

const refused = (code: string) => expect.objectContaining({ cause: expect.objectContaining({ code }) });
type Added = Partial<Parameters<StageUser["api"]["contacts"]["add"]>[0]>;
const add = async (name: string, more: Added = {}) => {
  const phone = newPhone();
  const consentStatement = `${name} signed the form at the gate`;
  const { id } = await user.api.contacts.add({ name, phone, consentStatement, ...more });
  return { id, phone };
};
const get = (id: Id<"contact">) => user.api.contacts.get({ id });
const newList = async (name: string) => (await user.api.contacts.createList({ name })).id;

/** A running campaign to a list. */
async function campaign(contactListId: Id<"contactList">): Promise<Id<"campaign">> {
  const { sessionId: waSessionId } = await createHeldSession(stage.db, user.id);
  const { id } = await createCampaign(stage.db, user.id, {
    name: "Reminder",
    ...wholeList(contactListId),
    waSessionId,
    templateText: "Hello {{name}}",
    purpose: "message",
    audience: "list",
    throttleMinSeconds: 0,
    throttleMaxSeconds: 0,
  });
  await stage.db.transaction((tx) => startCampaign(tx, stage.env, user.id, { id, recipients: null }));
  return id;
}
const statuses = async (campaignId: Id<"campaign">) => {
  const rows = await stage.db
    .select({ to: messages.recipientKey, status: messages.status, why: messages.errorCode })
    .from(messages)
    .where(eq(messages.campaignId, campaignId))
    .orderBy(messages.id);
  return rows.map(({ to, status, why }) => `${to.slice(3)} ${status}${why ? ` ${why}` : ""}`);
};
const send = async (campaignId: Id<"campaign">, phone: string) => {
  const [row] = await stage.db
    .update(messages)
    .set({ status: "sending", sendingAt: sql`now()` })
    .where(and(eq(messages.campaignId, campaignId), eq(messages.recipientKey, `pn:${phone}`)))
    .returning({ id: messages.id });
  if (!row) throw new Error("no message");
  return row.id;
};

describe("two contacts that are one person", () => {
  test("become one: what is known of the kept one counts, the other fills its blanks; lists and tags are united", async () => {
    const [choir, parents] = [await newList("Choir"), await newList("Parents")];
    const keep = await add("Anna Lim", { attributes: { class: "7B" }, tags: ["a"], listIds: [choir, parents] });
    const other = await add("Anna L.", {
      attributes: { class: "8A", town: "Bogor" },
      tags: ["a", "b"],
      listIds: [parents],
    });
    await user.api.contacts.merge({ keepId: keep.id, otherId: other.id });
    expect(await get(keep.id)).toMatchObject({
      name: "Anna Lim",
      phoneE164: keep.phone,
      attributes: { class: "7B", town: "Bogor" },
      tags: ["a", "b"],
      lists: [{ name: "Choir" }, { name: "Parents" }],
      evidence: [
        { statement: "Anna L. signed the form at the gate" },
        { statement: "Anna Lim signed the form at the gate" },
      ],
    });
    await expect(get(other.id)).rejects.toEqual(refused("not_found"));
    expect(await user.api.contacts.list({ id: parents })).toMatchObject({ total: 1, sendable: 1 });
    await expect(user.api.contacts.merge({ keepId: keep.id, otherId: other.id })).rejects.toEqual(refused("not_found"));
    await expect(user.api.contacts.merge({ keepId: keep.id, otherId: keep.id })).rejects.toEqual(
      refused("invalid_input"),
    );
  });

  // What each knows of consent: given long ago, given lately, withdrawn, or never asked (of a group).
  test.each([
    ["long ago", "lately", "long ago"],
    ["lately", "long ago", "long ago"],
    ["lately", "nothing", "lately"],
    ["nothing", "long ago", "long ago"],
    ["long ago", "withdrawn", null],
    ["withdrawn", "lately", null],
    ["nothing", "nothing", null],
  ])("agree as little as either: %s and %s", async (ofKeep, ofOther, expected) => {
    const times = { "long ago": "2020-01-01T00:00:00.000Z", lately: "2024-01-01T00:00:00.000Z" };
    const person = async (known: string) => {
      const { id } = await add("Somebody");
      if (known === "withdrawn") await user.api.contacts.withdrawConsent({ ids: [id] });
      else if (known === "nothing") {
        await stage.db.delete(consentEvents).where(eq(consentEvents.contactId, id));
        await stage.db.update(contacts).set({ consent: false, consentAt: null }).where(eq(contacts.id, id));
      } else {
        const at = new Date(times[known as keyof typeof times]);
        await stage.db.update(contacts).set({ consentAt: at }).where(eq(contacts.id, id));
      }
      return id;
    };
    const [keepId, otherId] = [await person(ofKeep), await person(ofOther)];
    await user.api.contacts.merge({ keepId, otherId });
    const { consent, consentAt } = await get(keepId);
    expect(consent).toBe(expected !== null);
    if (expected) expect(consentAt?.toISOString()).toBe(times[expected as keyof typeof times]);
  });

  test("stay opted out under both numbers when either did", async () => {
    for (const which of [0, 1]) {
      const both = [await add("Ani"), await add("Ani")] as const;
      await user.api.contacts.suppress({ phone: both[which]?.phone ?? "" });
      await user.api.contacts.merge({ keepId: both[0].id, otherId: both[1].id });
      expect(await get(both[0].id)).toMatchObject({ optedOut: true });
      for (const { phone } of both)
        expect(await user.api.contacts.suppress({ phone })).toMatchObject([{ result: "already" }]);
    }
  });

  test("are one later too: an opt-out under the number that is gone holds for the kept one, and an erasure forgets both", async () => {
    const [keep, other] = [await add("Rani"), await add("Rani")];
    await user.api.contacts.merge({ keepId: keep.id, otherId: other.id });
    expect(await get(keep.id)).toMatchObject({ optedOut: false });
    await user.api.contacts.suppress({ phone: other.phone });
    expect(await get(keep.id)).toMatchObject({ optedOut: true });

    await user.api.contacts.erase({ id: keep.id, confirm: "Rani" });
    const left = await stage.db.execute(sql`
      select 1 from suppressions where identity like ${`%${other.phone}`}
      union all select 1 from identity_pairs where ${other.phone} in (substr(pn, 4), substr(lid, 4))`);
    expect(left).toHaveLength(0);
    expect(await user.api.contacts.suppress({ phone: other.phone })).toMatchObject([{ result: "already" }]);
  });

  test("get one message of a campaign: the kept one's, unless the other's has left", async () => {
    const listId = await newList("Friends");
    const person = async () =>
      [await add("Ani", { listIds: [listId] }), await add("Ani", { listIds: [listId] })] as const;
    const [[a, b], [c, d], [e, f]] = [await person(), await person(), await person()];
    const first = await campaign(listId);
    await send(first, d.phone);
    const on = await send(first, e.phone);
    for (const [keep, other] of [
      [a, b],
      [c, d],
      [e, f],
    ] as const)
      await user.api.contacts.merge({ keepId: keep.id, otherId: other.id });
    expect(await statuses(first)).toEqual([
      `${a.phone} queued`,
      `${b.phone} skipped merged`,
      `${c.phone} skipped merged`,
      `${d.phone} sending`,
      `${e.phone} sending`,
      `${f.phone} skipped merged`,
    ]);
    expect((await readWallet(stage.db, user.id)).held).toBe(6);
    expect(await readViolations(stage.db)).toEqual([]);
    await moveMessage(stage.db, on, { from: "sending", to: "sent", points: "settle" });
    expect((await user.api.contacts.timeline({ id: e.id })).rows.filter(({ kind }) => kind === "message")).toHaveLength(
      2,
    );
    // Only one of them was on this list: their message goes on, to the number it was for.
    const [g, h] = [await add("Bo"), await add("Bo", { listIds: [listId] })];
    const second = await campaign(listId);
    await user.api.contacts.merge({ keepId: g.id, otherId: h.id });
    expect(await statuses(second)).toContain(`${h.phone} queued`);
  });
});

describe("removing", () => {
  test("people leaves what is queued to them unsent and gives the points back; what is on its way finishes", async () => {
    const listId = await newList("Leavers");
    const [a, b, c] = [
      await add("A", { listIds: [listId] }),
      await add("B", { listIds: [listId] }),
      await add("C", { listIds: [listId] }),
    ];
    const id = await campaign(listId);
    const { held } = await readWallet(stage.db, user.id);
    const open = await send(id, b.phone);
    await user.api.contacts.suppress({ phone: c.phone });
    expect(await user.api.contacts.remove({ ids: [a.id, b.id, c.id, a.id] })).toEqual({ removed: 3 });
    expect(await statuses(id)).toEqual([
      `${a.phone} skipped contact_removed`,
      `${b.phone} sending`,
      `${c.phone} skipped opted_out`,
    ]);
    expect((await readWallet(stage.db, user.id)).held).toBe(held - 4);
    await moveMessage(stage.db, open, { from: "sending", to: "sent", points: "settle" });
    const [row] = await stage.db.select().from(campaigns).where(eq(campaigns.id, id));
    expect(row).toMatchObject({ status: "completed", holdOpen: 0 });
    expect(await readViolations(stage.db)).toEqual([]);
    expect(await user.api.contacts.list({ id: listId })).toMatchObject({ total: 0 });
    for (const table of [contactListMembers, consentEvents])
      expect(await stage.db.select().from(table).where(sql`${table.contactId} in (${a.id}, ${b.id}, ${c.id})`)).toEqual(
        [],
      );
    // The opt-out stays; the others may come back.
    const consentStatement = "Signed the form once more";
    await user.api.contacts.add({ name: "A", phone: a.phone, consentStatement });
    await expect(user.api.contacts.add({ name: "C", phone: c.phone, consentStatement })).rejects.toEqual(
      refused("opted_out"),
    );
  });

  test("a list waits for its campaigns; afterwards their record stays, and people of other lists do too", async () => {
    const [listId, otherId] = [await newList("Going"), await newList("Staying")];
    const both = await add("Both", { listIds: [listId, otherId] });
    const alone = await add("Alone", { listIds: [listId] });
    const id = await campaign(listId);
    const remove = () => user.api.contacts.removeList({ id: listId, alsoContacts: true });
    await expect(remove()).rejects.toEqual(refused("list_in_use"));
    await user.api.campaigns.cancel({ id });
    expect(await remove()).toEqual({ removed: 1 });
    await expect(get(alone.id)).rejects.toEqual(refused("not_found"));
    expect(await get(both.id)).toMatchObject({ lists: [{ id: otherId }] });
    expect(await user.api.campaigns.get({ id })).toMatchObject({ lists: [], status: "cancelled" });
    expect((await user.api.campaigns.messages({ id })).rows).toHaveLength(2);
    await expect(user.api.contacts.list({ id: listId })).rejects.toEqual(refused("not_found"));
  });
});
