import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { newPhone } from "../factories.ts";
import { createGroupStage, type GroupStage, keyOf, phones } from "../group-stage.ts";
import { createStage } from "../stage.ts";

let on: GroupStage;
beforeAll(async () => {
  on = await createGroupStage();
});
afterAll(() => on?.stage.stop());
afterEach(async () => {
  // The next test need not wait until WhatsApp may be asked again.
  await on.stage.db.execute(sql`delete from wa_commands`);
});

describe("a group that is imported", () => {
  test("becomes a list of people without consent; who is a contact already keeps everything", async () => {
    const known = newPhone();
    await on.user.api.contacts.add({ name: "Ratna", phone: known, consentStatement: "She said so at the counter." });
    const group = await on.ourGroup({
      subject: "Customers",
      participants: [{ phone: newPhone(), username: "wayan" }, { phone: known }, { phone: newPhone(), hidden: true }],
    });
    const done = await on.imported(group);
    expect(done).toMatchObject({ added: 2, known: 1, hidden: 1, optedOut: 0, invalid: 0 });
    expect(await on.user.api.contacts.list({ id: done.contactListId })).toMatchObject({
      name: "Customers",
      source: "group",
      groupKey: keyOf(group),
      hiddenMembers: 1,
      total: 3,
    });
    const people = await on.peopleOn(done.contactListId);
    expect(people.find(({ phone }) => phone === known)).toMatchObject({ name: "Ratna", consent: true, evidence: 1 });
    expect(people.filter(({ consent }) => !consent).map(({ name, evidence }) => ({ name, evidence }))).toEqual(
      expect.arrayContaining([
        { name: "wayan", evidence: 0 },
        { name: group.owner, evidence: 0 },
      ]),
    );
    const audit = await on.stage.db.execute<{ text: string }>(sql`select meta::text as text from audit_logs`);
    for (const { phone } of group.participants) expect(JSON.stringify(audit)).not.toContain(phone.slice(1));
  });

  test("again is the same list: newcomers join it, nobody is added twice", async () => {
    const group = await on.ourGroup({ subject: "Choir", participants: phones(2) });
    const first = await on.imported(group, "My choir");
    const newcomer = newPhone();
    await on.stage.simulator.changeParticipants(group.id, "add", [newcomer]);
    const second = await on.imported(group);
    expect(second).toMatchObject({ contactListId: first.contactListId, added: 1, known: 3 });
    expect(await on.user.api.contacts.list({ id: first.contactListId })).toMatchObject({ name: "My choir", total: 4 });
    expect((await on.opened({ groupKey: keyOf(group) })).imported).toBe(first.contactListId);
  });

  test("leaves out who opted out, under their number or their hidden identity", async () => {
    const [byNumber, byLid, stays] = [newPhone(), newPhone(), newPhone()];
    await on.user.api.contacts.suppress({ phone: byNumber });
    const { lid } = await on.stage.simulator.phone(byLid);
    await on.stage.db.execute(sql`insert into suppressions (id, user_id, identity, source)
      values ('sup_lid', ${on.user.id}, ${`lid:${lid.slice(0, lid.indexOf("@"))}`}, 'keyword')`);
    const group = await on.ourGroup({
      subject: "Some left",
      owner: stays,
      participants: [{ phone: byNumber }, { phone: byLid }],
    });
    expect((await on.opened({ groupKey: keyOf(group) })).members.filter(({ optedOut }) => optedOut)).toHaveLength(1);
    const done = await on.imported(group);
    expect(done).toMatchObject({ added: 1, optedOut: 2 });
    expect((await on.peopleOn(done.contactListId)).map(({ phone }) => phone)).toEqual([stays]);
  });

  test("makes a list even when every number is hidden: its chat can be written to", async () => {
    const group = await on.ourGroup({
      subject: "Hidden",
      owner: on.linked.phone,
      participants: [{ phone: newPhone(), hidden: true }],
    });
    const done = await on.imported(group);
    expect(done).toMatchObject({ added: 0, known: 0, hidden: 1 });
    expect(await on.user.api.contacts.list({ id: done.contactListId })).toMatchObject({ total: 0, hiddenMembers: 1 });
  });

  test("is refused where group import is switched off", async () => {
    const off = await createStage({ workers: 0, env: { GROUP_IMPORT: "off" } });
    const { api } = await off.signUp();
    expect(await on.user.api.groups.available()).toBe(true);
    expect(await api.groups.available()).toBe(false);
    const { sessionId } = on.linked;
    for (const attempt of [
      () => api.groups.list({ sessionId }),
      () => api.groups.refresh({ sessionId }),
      () => api.groups.import({ sessionId, groupKey: "group:1@g.us" }),
    ])
      await expect(attempt()).rejects.toMatchObject({
        code: "FORBIDDEN",
        message: expect.stringContaining("switched off"),
      });
    await off.stop();
  });
});
