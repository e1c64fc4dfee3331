import { setTimeout as sleep } from "node:timers/promises";
import { USyncUser } from "@whiskeysockets/baileys";
import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import { type Id, newId } from "#db/ids.ts";
import { contactLists } from "#db/schema/index.ts";
import { numbersToAsk } from "#server/contacts/numbers/check-numbers.ts";
import { createHeldSession, createList, newPhone, readWallet } from "../factories.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, startAsReviewed, until } from "../stage.ts";

let stage: Stage;
let user: StageUser;
let linked: LinkedPhone;
beforeAll(async () => {
  stage = await createStage();
  user = await stage.signUp();
  linked = await stage.linkPhone(user);
});
afterAll(() => stage?.stop());

/** Every number WhatsApp is asked about passes here, on its way to the wire. */
let question: MockInstance<USyncUser["withPhone"]>;
beforeEach(async () => {
  await stage.db.execute(sql`update wa_numbers set day_checked = 0`);
  question = vi.spyOn(USyncUser.prototype, "withPhone");
});
afterEach(() => vi.restoreAllMocks());
const asked = () => question.mock.calls.map(([phone]) => phone).toSorted();

async function draft(contactListId: Id<"contactList">): Promise<Id<"campaign">> {
  const settings = { waSessionId: linked.sessionId, throttleMinSeconds: 0, throttleMaxSeconds: 0 };
  const { id } = await user.api.campaigns.create({
    name: "Hello",
    listIds: [contactListId],
    templateText: "Hi {{name}}",
    ...settings,
  });
  return id;
}
const check = (id: Id<"campaign">) => user.api.campaigns.checkNumbers({ id });
const review = (id: Id<"campaign">) => user.api.campaigns.review({ id });
const inState = (id: Id<"campaign">, state: string) =>
  until(`the check to be ${state}`, async () => {
    const { numbers, ...rest } = await review(id);
    return numbers.state === state && { numbers, ...rest };
  });

describe("which numbers have WhatsApp", () => {
  test("is asked once, only about those who agreed; who has none is left out with the reason and costs nothing", async () => {
    const { id: listId, phones } = await createList(stage.db, user.id, 8, 2);
    const [, , optedOut = "", without = "", alias = ""] = phones;
    await user.api.contacts.suppress({ phone: optedOut });
    await stage.simulator.setPhone(without, { onWhatsApp: false });
    await stage.simulator.setPhone(alias, { aliasOf: newPhone() });
    const id = await draft(listId);
    expect(await review(id)).toMatchObject({ sendable: 5, numbers: { unasked: 5, leftToday: 200, state: "unasked" } });

    expect(await check(id)).toEqual({ asked: 5, left: 0 });
    expect(await inState(id, "answered")).toMatchObject({
      sendable: 4,
      excluded: { no_consent: 2, opted_out: 1, not_on_whatsapp: 1 },
      numbers: { unasked: 0, leftToday: 195 },
    });
    expect(asked()).toEqual(phones.slice(3).toSorted());

    const { balance } = await readWallet(stage.db, user.id);
    await startAsReviewed(user, id);
    const done = await until("the end", async () => {
      const campaign = await user.api.campaigns.get({ id });
      return campaign.status === "completed" && campaign;
    });
    expect(done.counts).toMatchObject({ skipped: 4, failed: 0 });
    const { rows } = await user.api.campaigns.messages({ id, status: "skipped" });
    expect(rows.find(({ phone }) => phone === without)).toMatchObject({
      errorCode: "not_on_whatsapp",
      reason: expect.stringContaining("no WhatsApp account"),
    });
    expect(await readWallet(stage.db, user.id)).toEqual({ balance: balance - 8, held: 0 });
    await expect(check(id)).rejects.toMatchObject({ code: "CONFLICT" });
  });

  test("is told whole by a review that is read while the answer comes", async () => {
    const { id: listId, phones } = await createList(stage.db, user.id, 3);
    const id = await draft(listId);
    const waits = sql`select 1 from pg_locks where relation = 'wa_commands'::regclass and not granted and mode = 'AccessShareLock'`;
    let told: ReturnType<typeof review> | undefined;
    await stage.db.transaction(async (tx) => {
      await tx.execute(sql`lock table wa_commands in access exclusive mode`);
      told = review(id);
      await until("the review to look for the answer", async () => (await stage.db.execute(waits)).length > 0);
      await tx.execute(sql`insert into wa_commands (id, wa_session_id, user_id, kind, input, status)
        values (${newId("waCommand")}, ${linked.sessionId}, ${user.id}, 'check_numbers',
                jsonb_build_object('campaignId', ${id}::text), 'done')`);
      await tx.execute(sql`update contacts set on_whatsapp = phone_e164 <> ${phones[0] ?? ""}, on_whatsapp_at = app_now()
        where user_id = ${user.id} and phone_e164 = any(${sql.param(phones)}::text[])`);
    });
    expect(await told).toMatchObject({
      sendable: 2,
      excluded: { not_on_whatsapp: 1 },
      numbers: { unasked: 0, state: "answered" },
    });
  });

  test("is not asked again for another list that holds the same people", async () => {
    const first = await createList(stage.db, user.id, 3);
    await stage.simulator.setPhone(first.phones[0] ?? "", { onWhatsApp: false });
    const id = await draft(first.id);
    await check(id);
    await inState(id, "answered");
    const second = newId("contactList");
    await stage.db.insert(contactLists).values({ id: second, userId: user.id, name: "The same", source: "upload" });
    await stage.db.execute(sql`
      insert into contact_list_members (contact_list_id, contact_id, user_id)
      select ${second}, contact_id, user_id from contact_list_members where contact_list_id = ${first.id}`);
    question.mockClear();
    const again = await draft(second);
    expect(await check(again)).toEqual({ asked: 0, left: 0 });
    expect(await review(again)).toMatchObject({
      sendable: 2,
      excluded: { not_on_whatsapp: 1 },
      numbers: { unasked: 0 },
    });
    await sleep(300);
    expect(asked()).toEqual([]);
  });

  test("is asked 200 times a day for a phone, and the rest after its midnight", async () => {
    const { id: listId } = await createList(stage.db, user.id, 3);
    const id = await draft(listId);
    await stage.db.execute(sql`update wa_numbers set day_checked = 199, checked_on = (app_now() at time zone tz)::date
      where phone = ${linked.phone}`);
    expect(await check(id)).toEqual({ asked: 1, left: 2 });
    expect((await inState(id, "answered")).numbers).toMatchObject({ unasked: 2, leftToday: 0 });
    expect(await check(id)).toEqual({ asked: 0, left: 2 });
    await stage.db.execute(sql`update app_clock set shift = '1 day'`);
    expect((await review(id)).numbers.leftToday).toBe(200);
    expect(await check(id)).toEqual({ asked: 2, left: 0 });
    expect((await inState(id, "answered")).numbers.leftToday).toBe(198);
    await stage.db.execute(sql`update app_clock set shift = '0'`);
    expect(asked()).toHaveLength(3);
  });

  test("is asked once by two clicks at the same moment", async () => {
    const { id: listId, phones } = await createList(stage.db, user.id, 4);
    const id = await draft(listId);
    const clicks = await Promise.allSettled([check(id), check(id)]);
    // The second is refused while the first waits for its answer; once that has come nobody is left for it to ask.
    const answers = clicks.map((click) => (click.status === "fulfilled" ? click.value.asked : 0));
    expect(answers.reduce((sum, asked) => sum + asked)).toBe(4);
    expect(answers).toContain(4);
    for (const click of clicks)
      if (click.status === "rejected") expect(click.reason).toMatchObject({ code: "CONFLICT" });
    await inState(id, "answered");
    expect(asked()).toEqual(phones.toSorted());
  });

  test("is asked once by two phones of the user, or a command that is done twice", async () => {
    const { id: listId, phones } = await createList(stage.db, user.id, 20);
    const other = await createHeldSession(stage.db, user.id);
    const rows = await stage.db.execute<{ id: string }>(
      sql`select contact_id as id from contact_list_members where contact_list_id = ${listId}`,
    );
    const ids = rows.map(({ id }) => id);
    const asking = [linked.sessionId, other.sessionId, linked.sessionId].map((waSessionId) =>
      numbersToAsk(stage.db, { waSessionId, userId: user.id }, ids),
    );
    expect((await Promise.all(asking)).flat().toSorted()).toEqual(phones.toSorted());
    await stage.db.execute(sql`update wa_sessions set status = 'removed' where id = ${other.sessionId}`);
  });

  test("can be asked again when WhatsApp gave no answer", async () => {
    const id = await draft((await createList(stage.db, user.id, 2)).id);
    await stage.simulator.setFaults(linked.phone, { slow: { queryMs: 8_000 } });
    await check(id);
    await until("the question to be on the wire", () => asked().length === 2);
    await stage.simulator.clearFaults(linked.phone);
    await stage.simulator.drop(linked.phone);
    expect((await inState(id, "failed")).numbers.unasked).toBe(2);
    await until("the phone to be back", () => stage.isReady(linked.sessionId));
    expect(await check(id)).toEqual({ asked: 2, left: 0 });
    expect((await inState(id, "answered")).numbers).toMatchObject({ unasked: 0, leftToday: 196 });
  });

  test("is not asked by a worker that comes too late; nobody counts as asked", async () => {
    const id = await draft((await createList(stage.db, user.id, 2)).id);
    await Promise.all(stage.workers.map((worker) => worker.stop()));
    await check(id);
    expect((await review(id)).numbers).toMatchObject({ state: "asking", unasked: 2 });
    await stage.db.execute(sql`update wa_commands set expires_at = now() where status = 'waiting'`);
    expect((await review(id)).numbers.state).toBe("failed");
    await stage.startWorker();
    await until("the phone to be ready", () => stage.isReady(linked.sessionId));
    await sleep(1_500);
    expect(asked()).toEqual([]);
    expect((await review(id)).numbers).toMatchObject({ state: "failed", unasked: 2, leftToday: 200 });
  });

  test("is nobody else's to ask", async () => {
    const id = await draft((await createList(stage.db, user.id, 1)).id);
    const stranger = await stage.signUp();
    await expect(stranger.api.campaigns.checkNumbers({ id })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("who answers from a hidden identity", () => {
  test("is the person whose number was written to: their STOP holds for the number", async () => {
    const { id: listId, phones } = await createList(stage.db, user.id, 1);
    const person = phones[0] ?? "";
    await stage.simulator.setPhone(person, { addressing: "lid" });
    const id = await draft(listId);
    await startAsReviewed(user, id);
    await until("them to read it", async () => (await user.api.campaigns.get({ id })).counts.read === 1);
    const { lid } = await stage.simulator.phone(person);
    const [pair] = await stage.db.execute<{ lid: string }>(
      sql`select lid from identity_pairs where user_id = ${user.id} and pn = ${`pn:${person}`}`,
    );
    expect(`${pair?.lid}@lid`).toBe(`lid:${lid}`);
    await stage.simulator.write(person, linked.phone, "STOP");
    const again = await draft(listId);
    await until("the opt-out", async () => (await review(again)).excluded.opted_out === 1);
    await expect(startAsReviewed(user, again)).rejects.toMatchObject({
      message: expect.stringContaining("Nobody on this list"),
    });
  });
});
