import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Id } from "#db/ids.ts";
import type { GroupKey } from "#server/groups/schema.ts";
import type { GroupBody, GroupView } from "#simulator/client.ts";
import { newPhone } from "../factories.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, until } from "../stage.ts";

let stage: Stage;
let user: StageUser;
let linked: LinkedPhone;
beforeAll(async () => {
  stage = await createStage();
  user = await stage.signUp();
  linked = await stage.linkPhone(user);
});
afterAll(() => stage?.stop());
afterEach(async () => {
  // The next test need not wait until WhatsApp may be asked again.
  await stage.db.execute(sql`delete from wa_commands`);
});

const keyOf = ({ id }: { id: string }): GroupKey => `group:${id}`;
const phones = (n: number) => Array.from({ length: n }, () => ({ phone: newPhone() }));
const makeGroup = (group: Partial<GroupBody> & { subject: string }) =>
  stage.simulator.createGroup({ owner: newPhone(), ...group });
/** A group that our phone is in. */
const ourGroup = ({ participants = [], ...group }: Partial<GroupBody> & { subject: string }) =>
  makeGroup({ ...group, participants: [{ phone: linked.phone }, ...participants] });

const list = (search?: string) => user.api.groups.list({ sessionId: linked.sessionId, search });
async function refreshed(search?: string) {
  await user.api.groups.refresh({ sessionId: linked.sessionId });
  return until("the groups", async () => {
    const told = await list(search);
    return told.state !== "asking" && told;
  });
}
async function opened(asked: { groupKey: GroupKey } | { inviteLink: string }) {
  const { sessionId } = linked;
  const { question } = await user.api.groups.open({ sessionId, ...asked });
  return until("the group", async () => {
    const told = await user.api.groups.preview({ sessionId, question });
    return told.state !== "asking" && told;
  });
}
async function imported(group: GroupView, listName?: string) {
  await opened({ groupKey: keyOf(group) });
  return user.api.groups.import({ sessionId: linked.sessionId, groupKey: keyOf(group), listName });
}
const peopleOn = (listId: Id<"contactList">) =>
  stage.db.execute<{ phone: string; name: string; consent: boolean; evidence: number }>(sql`
    select c.phone_e164 as phone, c.name, c.consent,
           (select count(*)::int from consent_events e where e.contact_id = c.id) as evidence
      from contacts c join contact_list_members m on m.contact_id = c.id
     where m.contact_list_id = ${listId} order by c.id`);

describe("the groups of a phone", () => {
  test("are found by their names, each with its size and how many numbers are hidden", async () => {
    expect(await list()).toMatchObject({ state: "unasked", groups: [], at: null });
    const guests = phones(3);
    const cafe = await ourGroup({
      subject: "Café Ngopi",
      participants: [...guests, { phone: newPhone(), hidden: true }],
    });
    const old = await ourGroup({ subject: "Alumni 2009", participants: phones(2), addressing: "pn" });
    await makeGroup({ subject: "Not ours", participants: phones(2) });
    const told = await refreshed();
    expect(told.groups.map(({ subject, size, hidden }) => ({ subject, size, hidden }))).toEqual([
      { subject: "Alumni 2009", size: 4, hidden: 0 },
      { subject: "Café Ngopi", size: 6, hidden: 1 },
    ]);
    expect(told.groups.map(({ key }) => key)).toEqual([keyOf(old), keyOf(cafe)]);
    expect((await list("CAFE")).groups).toHaveLength(1);
    expect((await list("nobody")).groups).toEqual([]);
  });

  test("are asked for once in 30 seconds, however often somebody clicks", async () => {
    await refreshed();
    await ourGroup({ subject: "Just made" });
    await Promise.all([1, 2, 3].map(() => user.api.groups.refresh({ sessionId: linked.sessionId })));
    expect((await list()).groups.some(({ subject }) => subject === "Just made")).toBe(false);
    const [asked] = await stage.db.execute<{ n: number }>(sql`select count(*)::int as n from wa_commands`);
    expect(asked?.n).toBe(1);
    await stage.db.execute(sql`update wa_commands set created_at = now() - interval '31 seconds'`);
    expect((await refreshed()).groups.some(({ subject }) => subject === "Just made")).toBe(true);
  });

  test("are not known while the phone is offline, which is said", async () => {
    await Promise.all(stage.workers.map((worker) => worker.stop()));
    await user.api.groups.refresh({ sessionId: linked.sessionId });
    expect((await list()).state).toBe("asking");
    await expect(
      user.api.groups.open({
        sessionId: linked.sessionId,
        inviteLink: "https://chat.whatsapp.com/AAAAAAAAAAAAAAAAAAAAAA",
      }),
    ).rejects.toMatchObject({ code: "CONFLICT", message: expect.stringContaining("busy") });
    await stage.db.execute(sql`update wa_commands set expires_at = now() where status = 'waiting'`);
    expect(await list()).toMatchObject({ state: "failed", why: expect.stringContaining("not connected") });
    await stage.startWorker();
    await until("the phone to be back", () => stage.isReady(linked.sessionId));
    expect((await refreshed()).state).toBe("answered");
  });

  test("are nobody else's to see", async () => {
    const group = await ourGroup({ subject: "Private" });
    await opened({ groupKey: keyOf(group) });
    const stranger = (await stage.signUp()).api.groups;
    const here = { sessionId: linked.sessionId, groupKey: keyOf(group) };
    for (const attempt of [
      stranger.refresh({ sessionId: linked.sessionId }),
      stranger.list({ sessionId: linked.sessionId }),
      stranger.open(here),
      stranger.preview(here),
      stranger.import(here),
    ])
      await expect(attempt).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("are forgotten an hour after they were told", async () => {
    const group = await ourGroup({ subject: "Short memory", participants: phones(1) });
    await refreshed();
    await opened({ inviteLink: group.inviteLink });
    await stage.db.execute(sql`update app_clock set shift = '61 minutes'`);
    expect((await list()).state).toBe("unasked");
    await expect(user.api.groups.import({ sessionId: linked.sessionId, groupKey: keyOf(group) })).rejects.toMatchObject(
      { message: expect.stringContaining("not at hand any more") },
    );
    await Promise.all(stage.workers.map((worker) => worker.stop()));
    // A worker sweeps when it starts.
    await stage.startWorker();
    await until("the sweep", async () => {
      const rows = await stage.db.execute<{
        kept: string;
      }>(sql`select result::text || input::text as kept from wa_commands
        where result is not null or input <> '{}'`);
      return rows.length === 0;
    });
    await stage.db.execute(sql`update app_clock set shift = '0'`);
    await until("the phone to be back", () => stage.isReady(linked.sessionId));
  });
});

describe("who is in a group", () => {
  test("is shown with the number WhatsApp shows; who hides it is counted, even if their number is known from elsewhere", async () => {
    const [admin, friend, hidden] = [newPhone(), newPhone(), newPhone()];
    const group = await ourGroup({
      subject: "Neighbours",
      participants: [
        { phone: friend, username: "friend.of.all" },
        { phone: admin, admin: true },
        { phone: hidden, hidden: true },
      ],
    });
    const { lid } = await stage.simulator.phone(hidden);
    await stage.db.execute(sql`insert into identity_pairs (user_id, pn, lid)
      values (${user.id}, ${`pn:${hidden}`}, ${`lid:${lid.slice(0, lid.indexOf("@"))}`})`);
    const preview = await opened({ groupKey: keyOf(group) });
    expect(preview).toMatchObject({ subject: "Neighbours", hidden: 1, total: 5, tooLarge: false, imported: null });
    expect(preview.members).toEqual([
      { phoneE164: group.owner, name: null, admin: true, known: null, optedOut: false, problem: null },
      { phoneE164: admin, name: null, admin: true, known: null, optedOut: false, problem: null },
      { phoneE164: friend, name: "friend.of.all", admin: false, known: null, optedOut: false, problem: null },
    ]);
    const told = await stage.db.execute<{ told: string }>(sql`select result::text as told from wa_commands`);
    expect(JSON.stringify(told)).not.toContain(hidden);
    expect(JSON.stringify(told)).not.toContain(linked.phone);
  });

  test("can be asked by an invite link of it, or its code", async () => {
    const group = await ourGroup({ subject: "By link", participants: phones(1) });
    for (const inviteLink of [group.inviteLink, `${group.inviteLink}?mode=ac_t`, group.inviteCode])
      expect(await opened({ inviteLink })).toMatchObject({ state: "answered", key: keyOf(group), subject: "By link" });
    await expect(opened({ inviteLink: "https://example.org/AAAAAAAAAAAAAAAAAAAAAA" })).rejects.toMatchObject({
      code: "BAD_REQUEST",
    });
  });

  test("is not told of a group the phone is not in, whatever link one has, and nobody joins it", async () => {
    const foreign = await makeGroup({ subject: "Strangers", participants: phones(3) });
    for (const asked of [{ inviteLink: foreign.inviteLink }, { groupKey: keyOf(foreign) }]) {
      expect(await opened(asked)).toMatchObject({
        state: "failed",
        why: expect.stringContaining("not in that group"),
        members: [],
      });
    }
    expect(await opened({ inviteLink: "https://chat.whatsapp.com/AAAAAAAAAAAAAAAAAAAAAA" })).toMatchObject({
      why: expect.stringContaining("leads to no group"),
    });
    const after = await stage.simulator.group(foreign.id);
    expect(after.participants).toEqual(foreign.participants);
    const kept = await stage.db.execute<{ told: string }>(sql`select result::text as told from wa_commands`);
    for (const { phone } of foreign.participants) expect(JSON.stringify(kept)).not.toContain(phone);
    await expect(
      user.api.groups.import({ sessionId: linked.sessionId, groupKey: keyOf(foreign) }),
    ).rejects.toMatchObject({ code: "CONFLICT" });
  });

  test("is not told of a group with more than 100 members", async () => {
    const full = await ourGroup({ subject: "Hundred", participants: phones(98) });
    expect(await opened({ groupKey: keyOf(full) })).toMatchObject({ total: 100, tooLarge: false });
    const large = await ourGroup({ subject: "Hundred and one", participants: phones(99) });
    expect(await opened({ groupKey: keyOf(large) })).toMatchObject({ total: 101, tooLarge: true, members: [] });
    await expect(user.api.groups.import({ sessionId: linked.sessionId, groupKey: keyOf(large) })).rejects.toMatchObject(
      { message: "This group has 101 members. Groups of up to 100 members can be imported." },
    );
    const sizes = (await refreshed("hundred")).groups.map(({ size, tooLarge }) => [size, tooLarge]);
    expect(sizes).toEqual([
      [100, false],
      [101, true],
    ]);
  });
});

describe("a group that is imported", () => {
  test("becomes a list of people without consent; who is a contact already keeps everything", async () => {
    const known = newPhone();
    await user.api.contacts.add({ name: "Ratna", phone: known, consentStatement: "She said so at the counter." });
    const group = await ourGroup({
      subject: "Customers",
      participants: [{ phone: newPhone(), username: "wayan" }, { phone: known }, { phone: newPhone(), hidden: true }],
    });
    const done = await imported(group);
    expect(done).toMatchObject({ added: 2, known: 1, hidden: 1, optedOut: 0, invalid: 0 });
    expect(await user.api.contacts.list({ id: done.contactListId })).toMatchObject({
      name: "Customers",
      source: "group",
      groupKey: keyOf(group),
      hiddenMembers: 1,
      total: 3,
    });
    const people = await peopleOn(done.contactListId);
    expect(people.find(({ phone }) => phone === known)).toMatchObject({ name: "Ratna", consent: true, evidence: 1 });
    expect(people.filter(({ consent }) => !consent).map(({ name, evidence }) => ({ name, evidence }))).toEqual(
      expect.arrayContaining([
        { name: "wayan", evidence: 0 },
        { name: group.owner, evidence: 0 },
      ]),
    );
    const audit = await stage.db.execute<{ text: string }>(sql`select meta::text as text from audit_logs`);
    for (const { phone } of group.participants) expect(JSON.stringify(audit)).not.toContain(phone.slice(1));
  });

  test("again is the same list: newcomers join it, nobody is added twice", async () => {
    const group = await ourGroup({ subject: "Choir", participants: phones(2) });
    const first = await imported(group, "My choir");
    const newcomer = newPhone();
    await stage.simulator.changeParticipants(group.id, "add", [newcomer]);
    const second = await imported(group);
    expect(second).toMatchObject({ contactListId: first.contactListId, added: 1, known: 3 });
    expect(await user.api.contacts.list({ id: first.contactListId })).toMatchObject({ name: "My choir", total: 4 });
    expect((await opened({ groupKey: keyOf(group) })).imported).toBe(first.contactListId);
  });

  test("leaves out who opted out, under their number or their hidden identity", async () => {
    const [byNumber, byLid, stays] = [newPhone(), newPhone(), newPhone()];
    await user.api.contacts.suppress({ phone: byNumber });
    const { lid } = await stage.simulator.phone(byLid);
    await stage.db.execute(sql`insert into suppressions (id, user_id, identity, source)
      values ('sup_lid', ${user.id}, ${`lid:${lid.slice(0, lid.indexOf("@"))}`}, 'keyword')`);
    const group = await ourGroup({
      subject: "Some left",
      owner: stays,
      participants: [{ phone: byNumber }, { phone: byLid }],
    });
    expect((await opened({ groupKey: keyOf(group) })).members.filter(({ optedOut }) => optedOut)).toHaveLength(1);
    const done = await imported(group);
    expect(done).toMatchObject({ added: 1, optedOut: 2 });
    expect((await peopleOn(done.contactListId)).map(({ phone }) => phone)).toEqual([stays]);
  });

  test("makes a list even when every number is hidden: its chat can be written to", async () => {
    const group = await ourGroup({
      subject: "Hidden",
      owner: linked.phone,
      participants: [{ phone: newPhone(), hidden: true }],
    });
    const done = await imported(group);
    expect(done).toMatchObject({ added: 0, known: 0, hidden: 1 });
    expect(await user.api.contacts.list({ id: done.contactListId })).toMatchObject({ total: 0, hiddenMembers: 1 });
  });

  test("is refused where group import is switched off", async () => {
    const off = await createStage({ workers: 0, env: { GROUP_IMPORT: "off" } });
    const { api } = await off.signUp();
    expect(await user.api.groups.available()).toBe(true);
    expect(await api.groups.available()).toBe(false);
    const { sessionId } = linked;
    for (const attempt of [
      api.groups.list({ sessionId }),
      api.groups.refresh({ sessionId }),
      api.groups.import({ sessionId, groupKey: "group:1@g.us" }),
    ])
      await expect(attempt).rejects.toMatchObject({
        code: "FORBIDDEN",
        message: expect.stringContaining("switched off"),
      });
    await off.stop();
  });
});
