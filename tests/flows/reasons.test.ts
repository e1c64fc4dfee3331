import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Id } from "#db/ids.ts";
import { contactListMembers, contacts, messages, wallets, waNumbers, waSessions } from "#db/schema/index.ts";
import { goOn } from "#server/billing/plans/go-on.ts";
import { claimNext } from "#server/messages/claim.ts";
import type { Remedy } from "#server/messages/rules.ts";
import { createList, newPhone, readViolations, readWallet } from "../factories.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, startAsReviewed, until } from "../stage.ts";

const TZ = "Asia/Jakarta";

let stage: Stage;
let user: StageUser;
let phone: LinkedPhone;
beforeAll(async () => {
  stage = await createStage({ env: { ACK_TIMEOUT_MS: "30000" } });
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  user = await stage.signUp();
  phone = await stage.linkPhone(user);
  await stage.simulator.setDelays(phone.phone, { ackMs: 0, deliveredMs: null, readMs: null });
});
afterEach(async () => {
  expect(await readViolations(stage.db)).toEqual([]);
});

interface Person {
  id: Id<"contact">;
  phone: string;
}

/** What becomes of somebody on a list. Acts before the start, after it, or neither. */
interface Fate {
  before?: (person: Person, others: Person[]) => Promise<unknown>;
  after?: (person: Person, others: Person[]) => Promise<unknown>;
  status: "failed" | "skipped";
  code: string;
  /** What the person who sends reads. */
  words: string;
  remedy: Remedy;
  /** Whether it may be tried again. */
  able?: true;
}

const fates: Record<string, Fate> = {
  // The first to be written to: the one refusal there is strikes this one.
  "is refused by WhatsApp": {
    status: "failed",
    code: "479",
    words: "WhatsApp refused this message",
    remedy: "retry",
    able: true,
  },
  "never agreed": {
    before: ({ id }) => user.api.contacts.withdrawConsent({ ids: [id] }),
    status: "skipped",
    code: "no_consent",
    words: "No recorded consent",
    remedy: "contacts",
  },
  "asked for no more": {
    before: (person) => user.api.contacts.suppress({ phone: person.phone }),
    status: "skipped",
    code: "opted_out",
    words: "asked not to be messaged",
    remedy: "suppressed",
  },
  "has not answered YES": {
    before: ({ id }) => onListThatAsks(id),
    status: "skipped",
    code: "not_confirmed",
    words: "has not answered YES yet",
    remedy: "confirm",
  },
  "is known to have no WhatsApp": {
    before: ({ id }) => stage.db.update(contacts).set({ onWhatsapp: false }).where(eq(contacts.id, id)),
    status: "skipped",
    code: "not_on_whatsapp",
    words: "has no WhatsApp account",
    remedy: "contacts",
  },
  "turns out to have no WhatsApp": {
    after: (person) => stage.simulator.setPhone(person.phone, { onWhatsApp: false }),
    status: "failed",
    code: "not_on_whatsapp",
    words: "has no WhatsApp account",
    remedy: "contacts",
  },
  "writes STOP": {
    after: (person) => stage.simulator.write(person.phone, phone.phone, "STOP"),
    status: "skipped",
    code: "opted_out",
    words: "asked not to be messaged",
    remedy: "suppressed",
  },
  "takes consent back": {
    after: ({ id }) => user.api.contacts.withdrawConsent({ ids: [id] }),
    status: "skipped",
    code: "no_consent",
    words: "No recorded consent",
    remedy: "contacts",
  },
  "is removed": {
    after: ({ id }) => user.api.contacts.remove({ ids: [id] }),
    status: "skipped",
    code: "contact_removed",
    words: "was removed before",
    remedy: null,
  },
  "is erased": {
    after: (person) => user.api.contacts.erase({ id: person.id, confirm: person.phone }),
    status: "skipped",
    code: "contact_erased",
    words: "was erased",
    remedy: null,
  },
  "has another number now": {
    after: ({ id }) => user.api.contacts.update({ id, phone: newPhone() }),
    status: "skipped",
    code: "number_changed",
    words: "number of this contact was changed",
    remedy: "contacts",
  },
  "is one with somebody else": {
    after: ({ id }, others) => user.api.contacts.merge({ keepId: others.at(-1)?.id ?? id, otherId: id }),
    status: "skipped",
    code: "merged",
    words: "became one with another",
    remedy: null,
  },
};
const told = Object.values(fates);
/** Who just gets the message. */
const PLAIN = 2;
/** Whom the campaign goes to. */
let listIds: Id<"contactList">[] = [];

async function onListThatAsks(contactId: Id<"contact">): Promise<void> {
  const { id } = await user.api.contacts.createList({ name: "Asks first" });
  listIds.push(id);
  await user.api.contacts.updateList({ id, doubleOptIn: true });
  await stage.db
    .update(contactListMembers)
    .set({ contactListId: id })
    .where(eq(contactListMembers.contactId, contactId));
}
const peopleOn = async (listId: Id<"contactList">): Promise<Person[]> =>
  stage.db
    .select({ id: contacts.id, phone: contacts.phoneE164 })
    .from(contacts)
    .innerJoin(contactListMembers, eq(contactListMembers.contactId, contacts.id))
    .where(eq(contactListMembers.contactListId, listId))
    .orderBy(contacts.id);
const setHours = (change: { windows?: []; paused?: boolean }) =>
  user.api.schedules.set({ tz: TZ, windows: null, paused: false, ...change });
async function draft(to: Id<"contactList">[], seconds = 0): Promise<Id<"campaign">> {
  const { id } = await user.api.campaigns.create({
    name: "Meeting",
    listIds: to,
    waSessionId: phone.sessionId,
    templateText: "Hi {{name}}",
    throttleMinSeconds: seconds,
    throttleMaxSeconds: seconds,
  });
  return id;
}
const campaign = (id: string) => user.api.campaigns.get({ id });
const inStatus = (id: string, status: string) =>
  until(`the campaign to be ${status}`, async () => (await campaign(id)).status === status);

test("everybody who gets nothing has one reason, in plain words, with what can be done; nobody is charged for it", async () => {
  const list = await createList(stage.db, user.id, told.length + PLAIN);
  listIds = [list.id];
  const people = await peopleOn(list.id);
  const others = people.slice(told.length);
  for (const [n, { before }] of told.entries()) if (before && people[n]) await before(people[n], others);
  const id = await draft(listIds);
  await setHours({ windows: [] });
  await startAsReviewed(user, id);
  const rowOf = new Map(
    (await stage.db.select().from(messages).where(eq(messages.campaignId, id))).map((row) => [row.contactId, row.id]),
  );
  for (const [n, { after }] of told.entries()) if (after && people[n]) await after(people[n], others);
  await until("the STOP", async () => (await user.api.contacts.suppressed()).rows.length === 2);
  await user.api.campaigns.pause({ id });
  await setHours({});
  await until("its confirmation", async () => (await stage.simulator.sent(phone.phone)).length > 0);
  await stage.simulator.setFaults(phone.phone, { nack: { code: 479, count: 1 } });
  await user.api.campaigns.resume({ id });
  await inStatus(id, "completed");

  const seen = await Promise.all(
    people.map(async ({ id: contactId }) => {
      const { status, reason } = await user.api.campaigns.timeline({ id, messageId: rowOf.get(contactId) ?? "msg_" });
      return { status, reason };
    }),
  );
  const expected = told.map(({ status, words }) => ({ status, reason: expect.stringContaining(words) }));
  expect(Object.fromEntries(Object.keys(fates).map((name, n) => [name, seen[n]]))).toEqual(
    Object.fromEntries(Object.keys(fates).map((name, n) => [name, expected[n]])),
  );
  expect(seen.slice(told.length)).toEqual(others.map(() => ({ status: "sent", reason: null })));

  const failures = await user.api.campaigns.failures({ id });
  for (const { status, code, words, remedy, able } of told) {
    const alike = told.filter((fate) => fate.status === status && fate.code === code).length;
    expect(failures, `${status} ${code}`).toContainEqual({
      status,
      code,
      sentence: expect.stringContaining(words),
      remedy,
      count: alike,
      able: able ? alike : 0,
      points: expect.any(Number),
    });
  }
  expect(failures.reduce((sum, { count }) => sum + count, 0)).toBe(told.length);

  const reached = (await stage.simulator.sent(phone.phone)).filter((chat) =>
    chat.messages.some(({ text }) => text?.startsWith("Hi ")),
  );
  expect(reached.map((chat) => chat.phone)).toEqual(others.map((person) => person.phone));
  expect(await readWallet(stage.db, user.id)).toEqual({ balance: 400 - 2 * PLAIN, held: 0 });
});

/** Whether the worker that holds the phone would be given a message now. */
async function wouldSend(): Promise<boolean> {
  const [held] = await stage.db.select().from(waSessions).where(eq(waSessions.id, phone.sessionId));
  if (!held?.ownerId) return false;
  const owner = { sessionId: phone.sessionId, workerId: held.ownerId, epoch: held.epoch };
  const { type } = await claimNext(stage.db, owner, { caps: stage.env.caps, ackTimeoutMs: 30_000, chance: 0 });
  return type === "send";
}

test("a message waits for each thing that is in its way, one after the other; what it waits for is told, and nothing is lost", async () => {
  const { db } = stage;
  const look = () => db.execute(sql`select book_pump(${phone.sessionId})`);
  const waits = (id: string, reason: string) =>
    until(reason, async () => (await campaign(id)).waiting?.reason === reason);
  const ofNumber = eq(waNumbers.phone, phone.phone);
  const early = await draft([(await createList(db, user.id, 2)).id], 10);
  const list = await createList(db, user.id, 2);
  const id = await draft([list.id]);
  await setHours({ windows: [], paused: true });
  await db.update(waNumbers).set({ day: sql`(app_now() at time zone tz)::date`, daySent: 500 }).where(ofNumber);
  await startAsReviewed(user, early);
  await startAsReviewed(user, id);

  await waits(id, "paused_all");
  expect(await wouldSend()).toBe(false);
  await Promise.all(stage.workers.map((worker) => worker.stop()));
  await setHours({ windows: [] });
  await waits(id, "session_offline");
  await stage.startWorker();
  await waits(id, "outside_hours");
  await until("the phone to be back", () => stage.isReady(phone.sessionId));
  expect(await wouldSend()).toBe(false);

  const validUntil = sql`${wallets.planExpiresAt}`;
  const plan = (change: string) =>
    db
      .update(wallets)
      .set({ planExpiresAt: sql`${validUntil} ${sql.raw(change)}` })
      .where(eq(wallets.userId, user.id));
  await plan("- interval '60 days'");
  await look();
  await inStatus(id, "paused");
  expect(await campaign(id)).toMatchObject({ pauseReason: "plan_expired", counts: { queued: 2 } });
  await expect(user.api.campaigns.resume({ id })).rejects.toMatchObject({ message: expect.stringContaining("plan") });
  expect(await readWallet(db, user.id)).toEqual({ balance: 400, held: 8 });
  await plan("+ interval '60 days'");
  await goOn(db, user.id);

  await waits(id, "outside_hours");
  await setHours({});
  await waits(id, "daily_cap");
  expect((await campaign(id)).waiting?.until?.getTime()).toBeGreaterThan(Date.now());
  expect(await wouldSend()).toBe(false);
  expect(await stage.simulator.sent(phone.phone)).toEqual([]);

  await db
    .update(waNumbers)
    .set({ day: sql`${waNumbers.day} - 1` })
    .where(ofNumber);
  await look();
  await waits(id, "behind");
  await until("the first of the earlier one", async () => (await campaign(early)).counts.sent === 1);
  expect((await campaign(id)).waiting?.campaign?.id).toBe(early);
  await user.api.campaigns.pause({ id: early });
  await inStatus(id, "completed");
  const copies = await until("all to be shown", async () => {
    const shown = (await stage.simulator.sent(phone.phone)).flatMap((chat) => chat.messages.map((each) => each.copies));
    return shown.length === 3 && shown;
  });
  expect(copies).toEqual([1, 1, 1]);
});
