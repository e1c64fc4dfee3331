import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { newPhone } from "../factories.ts";
import { createGroupStage, type GroupStage, keyOf, phones } from "../group-stage.ts";
import { until } from "../stage.ts";

let on: GroupStage;
beforeAll(async () => {
  on = await createGroupStage();
});
afterAll(() => on?.stage.stop());
afterEach(async () => {
  // The next test need not wait until WhatsApp may be asked again.
  await on.stage.db.execute(sql`delete from wa_commands`);
});

describe("the groups of a phone", () => {
  test("are found by their names, each with its size and how many numbers are hidden", async () => {
    expect(await on.list()).toMatchObject({ state: "unasked", groups: [], at: null });
    const guests = phones(3);
    const cafe = await on.ourGroup({
      subject: "Café Ngopi",
      participants: [...guests, { phone: newPhone(), hidden: true }],
    });
    const old = await on.ourGroup({ subject: "Alumni 2009", participants: phones(2), addressing: "pn" });
    await on.makeGroup({ subject: "Not ours", participants: phones(2) });
    const told = await on.refreshed();
    expect(told.groups.map(({ subject, size, hidden }) => ({ subject, size, hidden }))).toEqual([
      { subject: "Alumni 2009", size: 4, hidden: 0 },
      { subject: "Café Ngopi", size: 6, hidden: 1 },
    ]);
    expect(told.groups.map(({ key }) => key)).toEqual([keyOf(old), keyOf(cafe)]);
    expect((await on.list("CAFE")).groups).toHaveLength(1);
    expect((await on.list("nobody")).groups).toEqual([]);
  });

  test("are asked for once in 30 seconds, however often somebody clicks", async () => {
    await on.refreshed();
    await on.ourGroup({ subject: "Just made" });
    await Promise.all([1, 2, 3].map(() => on.user.api.groups.refresh({ sessionId: on.linked.sessionId })));
    expect((await on.list()).groups.some(({ subject }) => subject === "Just made")).toBe(false);
    const [asked] = await on.stage.db.execute<{ n: number }>(sql`select count(*)::int as n from wa_commands`);
    expect(asked?.n).toBe(1);
    await on.stage.db.execute(sql`update wa_commands set created_at = now() - interval '31 seconds'`);
    expect((await on.refreshed()).groups.some(({ subject }) => subject === "Just made")).toBe(true);
  });

  test("are not known while the phone is offline, which is said", async () => {
    await Promise.all(on.stage.workers.map((worker) => worker.stop()));
    await on.user.api.groups.refresh({ sessionId: on.linked.sessionId });
    expect((await on.list()).state).toBe("asking");
    await expect(
      on.user.api.groups.open({
        sessionId: on.linked.sessionId,
        inviteLink: "https://chat.whatsapp.com/AAAAAAAAAAAAAAAAAAAAAA",
      }),
    ).rejects.toMatchObject({ code: "CONFLICT", message: expect.stringContaining("busy") });
    await on.stage.db.execute(sql`update wa_commands set expires_at = now() where status = 'waiting'`);
    expect(await on.list()).toMatchObject({ state: "failed", why: expect.stringContaining("not connected") });
    await on.stage.startWorker();
    await until("the phone to be back", () => on.stage.isReady(on.linked.sessionId));
    expect((await on.refreshed()).state).toBe("answered");
  });

  test("are nobody else's to see", async () => {
    const group = await on.ourGroup({ subject: "Private" });
    await on.opened({ groupKey: keyOf(group) });
    const stranger = (await on.stage.signUp()).api.groups;
    const here = { sessionId: on.linked.sessionId, groupKey: keyOf(group) };
    for (const attempt of [
      () => stranger.refresh({ sessionId: on.linked.sessionId }),
      () => stranger.list({ sessionId: on.linked.sessionId }),
      () => stranger.open(here),
      () => stranger.preview(here),
      () => stranger.import(here),
    ])
      await expect(attempt()).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("are forgotten an hour after they were told", async () => {
    const group = await on.ourGroup({ subject: "Short memory", participants: phones(1) });
    await on.refreshed();
    await on.opened({ inviteLink: group.inviteLink });
    await on.stage.db.execute(sql`update app_clock set shift = '61 minutes'`);
    expect((await on.list()).state).toBe("unasked");
    await expect(
      on.user.api.groups.import({ sessionId: on.linked.sessionId, groupKey: keyOf(group) }),
    ).rejects.toMatchObject({ message: expect.stringContaining("not at hand any more") });
    await Promise.all(on.stage.workers.map((worker) => worker.stop()));
    // A worker sweeps when it starts.
    await on.stage.startWorker();
    await until("the sweep", async () => {
      const rows = await on.stage.db.execute<{
        kept: string;
      }>(sql`select result::text || input::text as kept from wa_commands
        where result is not null or input <> '{}'`);
      return rows.length === 0;
    });
    await on.stage.db.execute(sql`update app_clock set shift = '0'`);
    await until("the phone to be back", () => on.stage.isReady(on.linked.sessionId));
  });
});

describe("who is in a group", () => {
  test("is shown with the number WhatsApp shows; who hides it is counted, even if their number is known from elsewhere", async () => {
    const [admin, friend, hidden] = [newPhone(), newPhone(), newPhone()];
    const group = await on.ourGroup({
      subject: "Neighbours",
      participants: [
        { phone: friend, username: "friend.of.all" },
        { phone: admin, admin: true },
        { phone: hidden, hidden: true },
      ],
    });
    const { lid } = await on.stage.simulator.phone(hidden);
    await on.stage.db.execute(sql`insert into identity_pairs (user_id, pn, lid)
      values (${on.user.id}, ${`pn:${hidden}`}, ${`lid:${lid.slice(0, lid.indexOf("@"))}`})`);
    const preview = await on.opened({ groupKey: keyOf(group) });
    expect(preview).toMatchObject({ subject: "Neighbours", hidden: 1, total: 5, tooLarge: false, imported: null });
    expect(preview.members).toEqual([
      { phoneE164: group.owner, name: null, admin: true, known: null, optedOut: false, problem: null },
      { phoneE164: admin, name: null, admin: true, known: null, optedOut: false, problem: null },
      { phoneE164: friend, name: "friend.of.all", admin: false, known: null, optedOut: false, problem: null },
    ]);
    const told = await on.stage.db.execute<{ told: string }>(sql`select result::text as told from wa_commands`);
    expect(JSON.stringify(told)).not.toContain(hidden);
    expect(JSON.stringify(told)).not.toContain(on.linked.phone);
  });

  test("can be asked by an invite link of it, or its code", async () => {
    const group = await on.ourGroup({ subject: "By link", participants: phones(1) });
    for (const inviteLink of [group.inviteLink, `${group.inviteLink}?mode=ac_t`, group.inviteCode])
      expect(await on.opened({ inviteLink })).toMatchObject({
        state: "answered",
        key: keyOf(group),
        subject: "By link",
      });
    await expect(on.opened({ inviteLink: "https://example.org/AAAAAAAAAAAAAAAAAAAAAA" })).rejects.toMatchObject({
      code: "BAD_REQUEST",
    });
  });

  test("is not told of a group the phone is not in, whatever link one has, and nobody joins it", async () => {
    const foreign = await on.makeGroup({ subject: "Strangers", participants: phones(3) });
    for (const asked of [{ inviteLink: foreign.inviteLink }, { groupKey: keyOf(foreign) }]) {
      expect(await on.opened(asked)).toMatchObject({
        state: "failed",
        why: expect.stringContaining("not in that group"),
        members: [],
      });
    }
    expect(await on.opened({ inviteLink: "https://chat.whatsapp.com/AAAAAAAAAAAAAAAAAAAAAA" })).toMatchObject({
      why: expect.stringContaining("leads to no group"),
    });
    const after = await on.stage.simulator.group(foreign.id);
    expect(after.participants).toEqual(foreign.participants);
    const kept = await on.stage.db.execute<{ told: string }>(sql`select result::text as told from wa_commands`);
    for (const { phone } of foreign.participants) expect(JSON.stringify(kept)).not.toContain(phone);
    await expect(
      on.user.api.groups.import({ sessionId: on.linked.sessionId, groupKey: keyOf(foreign) }),
    ).rejects.toMatchObject({ code: "CONFLICT" });
  });

  test("is not told of a group with more than 100 members", async () => {
    const full = await on.ourGroup({ subject: "Hundred", participants: phones(98) });
    expect(await on.opened({ groupKey: keyOf(full) })).toMatchObject({ total: 100, tooLarge: false });
    const large = await on.ourGroup({ subject: "Hundred and one", participants: phones(99) });
    expect(await on.opened({ groupKey: keyOf(large) })).toMatchObject({ total: 101, tooLarge: true, members: [] });
    await expect(
      on.user.api.groups.import({ sessionId: on.linked.sessionId, groupKey: keyOf(large) }),
    ).rejects.toMatchObject({ message: "This group has 101 members. Groups of up to 100 members can be imported." });
    const sizes = (await on.refreshed("hundred")).groups.map(({ size, tooLarge }) => [size, tooLarge]);
    expect(sizes).toEqual([
      [100, false],
      [101, true],
    ]);
  });
});

describe("a message to a group", () => {
  test("goes to everybody in it; whom it would reach is known before, under each identity", async () => {
    const [shown, hidden, left] = [newPhone(), newPhone(), newPhone()];
    const group = await on.ourGroup({
      subject: "Chat",
      participants: [{ phone: shown }, { phone: hidden, hidden: true }, { phone: left }],
    });
    await on.stage.simulator.changeParticipants(group.id, "remove", [left]);
    const held = on.stage.workers[0]?.sessions.held(on.linked.sessionId);
    if (!held) throw new Error("the session is not held");
    const lidOf = async (phone: string) => {
      const { lid } = await on.stage.simulator.phone(phone);
      return `lid:${lid.slice(0, lid.indexOf("@"))}`;
    };
    const members = await until("the change to be heard", async () => {
      const told = await held.membersOf(keyOf(group));
      return !told.includes(`pn:${left}` as `pn:+${string}`) && told;
    });
    expect(members).toEqual(expect.arrayContaining([`pn:${shown}`, await lidOf(shown), await lidOf(hidden)]));
    expect(members).not.toContain(`pn:${hidden}`);
    expect(await held.prepare([keyOf(group)])).toMatchObject({ unreachable: new Set() });
    await held.send({ waMsgId: "3EB0AAAAAAAAAAAAAAAA01", to: keyOf(group), encoded: held.encodeText("Hello all") });
    for (const phone of [shown, hidden])
      await on.stage.simulator.waitUntil({ for: "message", phone, text: "Hello all" });
    const foreign = await on.makeGroup({ subject: "Strangers", participants: phones(1) });
    await expect(held.membersOf(keyOf(foreign))).rejects.toMatchObject({ why: "not_in_group" });
  });
});
