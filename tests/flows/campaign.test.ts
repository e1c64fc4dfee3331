import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Id } from "#db/ids.ts";
import { suppressions } from "#db/schema/index.ts";
import { exportCampaign } from "#server/campaigns/results/export.ts";
import { createList, readViolations, readWallet } from "../factories.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, startAsReviewed, until } from "../stage.ts";

let stage: Stage;
let user: StageUser;
let phone: LinkedPhone;
beforeAll(async () => {
  // Nothing is handed over again but where a test says so.
  stage = await createStage({ env: { ACK_TIMEOUT_MS: "30000" } });
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  user = await stage.signUp();
  phone = await stage.linkPhone(user);
  await stage.simulator.setDelays(phone.phone, { ackMs: 0, deliveredMs: 30, readMs: 60 });
});
afterEach(async () => {
  expect(await readViolations(stage.db)).toEqual([]);
});

const TEMPLATE = "Hi {{name}}, class {{class}} meets on Friday";
async function draft(contactListId: Id<"contactList">, seconds = 0): Promise<Id<"campaign">> {
  const { id } = await user.api.campaigns.create({
    name: "Class meeting",
    listIds: [contactListId],
    waSessionId: phone.sessionId,
    templateText: TEMPLATE,
    throttleMinSeconds: seconds,
    throttleMaxSeconds: seconds,
  });
  return id;
}
const start = (id: string) => startAsReviewed(user, id);
const countsOf = async (id: string) => {
  const { counts, total } = await user.api.campaigns.get({ id });
  // Whatever happens meanwhile, every recipient is in exactly one place.
  expect(Object.values(counts).reduce((sum, n) => sum + n, 0)).toBe(total);
  return counts;
};
const allRead = (id: string, n: number) => until("everyone to read", async () => (await countsOf(id)).read === n);

describe("a campaign", () => {
  test("reaches everyone who agreed once, with their own text, and costs two points each", async () => {
    const list = await createList(stage.db, user.id, 8, 2);
    const id = await draft(list.id);
    const review = await user.api.campaigns.review({ id });
    expect(review).toMatchObject({
      recipients: 8,
      sendable: 6,
      excluded: { no_consent: 2, opted_out: 0 },
      points: { need: 12, missing: 0 },
      problems: [],
    });
    await start(id);
    await allRead(id, 6);
    const sent = await stage.simulator.sent(phone.phone);
    expect(sent.map((chat) => [chat.phone, chat.messages.map((message) => [message.text, message.copies])])).toEqual(
      list.phones.slice(2).map((number, i) => [number, [[`Hi Person ${i + 3}, class 7B meets on Friday`, 1]]]),
    );
    const campaign = await user.api.campaigns.get({ id });
    expect(campaign).toMatchObject({ status: "completed", total: 8, holdOpen: 0, pointsCharged: 12 });
    expect(await readWallet(stage.db, user.id)).toEqual({ balance: 388, held: 0 });
    expect((await user.api.wa.get({ id: phone.sessionId })).sentToday).toBe(6);
    const { rows } = await user.api.campaigns.messages({ id, status: "skipped" });
    expect(rows.map((row) => row.errorCode)).toEqual(["no_consent", "no_consent"]);
  });

  test("stops before the next message when paused, and goes on without repeating any", async () => {
    const list = await createList(stage.db, user.id, 6);
    const id = await draft(list.id, 0.8);
    await start(id);
    await until("two messages", async () => (await stage.simulator.sent(phone.phone)).length >= 2);
    await user.api.campaigns.pause({ id });
    const atPause = (await stage.simulator.sent(phone.phone)).length;
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    // At most the one that was claimed before the pause was seen.
    const stillAt = (await stage.simulator.sent(phone.phone)).length;
    expect(stillAt).toBeLessThanOrEqual(atPause + 1);
    expect(await user.api.campaigns.get({ id })).toMatchObject({ status: "paused", pauseReason: "user" });
    await expect(user.api.campaigns.pause({ id })).rejects.toMatchObject({ code: "CONFLICT" });
    await user.api.campaigns.resume({ id });
    await allRead(id, 6);
    const copies = (await stage.simulator.sent(phone.phone)).flatMap((chat) =>
      chat.messages.map((message) => message.copies),
    );
    expect(copies).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test("cancelled, sends nothing more and gives the rest of the points back", async () => {
    const list = await createList(stage.db, user.id, 10);
    const id = await draft(list.id, 0.8);
    await start(id);
    expect(await readWallet(stage.db, user.id)).toMatchObject({ held: expect.any(Number) });
    await until("a message", async () => (await countsOf(id)).read >= 1);
    await user.api.campaigns.cancel({ id });
    await until("the end", async () => (await user.api.campaigns.get({ id })).status === "cancelled");
    const counts = await countsOf(id);
    expect(counts.queued + counts.sending).toBe(0);
    expect(counts.cancelled).toBeGreaterThan(0);
    const { rows } = await user.api.campaigns.messages({ id, status: "cancelled" });
    expect(new Set(rows.map(({ reason }) => reason))).toEqual(
      new Set(["The campaign was cancelled before this message was sent."]),
    );
    const accepted = counts.sent + counts.delivered + counts.read;
    expect(await readWallet(stage.db, user.id)).toEqual({ balance: 400 - 2 * accepted, held: 0 });
    await expect(user.api.campaigns.resume({ id })).rejects.toMatchObject({ code: "CONFLICT" });
  });

  test("with too few points does not start, says how many are missing, and changes nothing", async () => {
    const list = await createList(stage.db, user.id, 150);
    await stage.db.execute(sql`update wallets set held = 350 where user_id = ${user.id}`);
    const id = await draft(list.id);
    await expect(start(id)).rejects.toMatchObject({
      code: "UNPROCESSABLE_CONTENT",
      message: "This needs 300 points and 50 are available: 250 are missing.",
    });
    await stage.db.execute(sql`update wallets set held = 0 where user_id = ${user.id}`);
    expect(await user.api.campaigns.get({ id })).toMatchObject({ status: "draft", total: 0 });
  });

  test("beyond 200 recipients, for nobody, or with an unknown variable is refused in plain words", async () => {
    const big = await draft((await createList(stage.db, user.id, 201)).id);
    await expect(start(big)).rejects.toMatchObject({
      message: expect.stringContaining("may have 200 recipients; this list has 201"),
    });
    const nobody = await draft((await createList(stage.db, user.id, 2, 2)).id);
    await expect(start(nobody)).rejects.toMatchObject({ message: expect.stringContaining("Nobody on this list") });
    const list = await createList(stage.db, user.id, 1);
    const { id: unknown } = await user.api.campaigns.create({
      name: "x",
      listIds: [list.id],
      waSessionId: phone.sessionId,
      templateText: "{{teacher}}",
    });
    await expect(start(unknown)).rejects.toMatchObject({ message: expect.stringContaining("{{teacher}}") });
    await expect(
      user.api.campaigns.start({ id: big, recipients: 201, consentConfirmed: false as true }),
    ).rejects.toMatchObject({
      code: "BAD_REQUEST",
    });
  });

  test("for a long list is refused with the number of those it would reach", async () => {
    const list = await createList(stage.db, user.id, 1);
    await stage.db.execute(sql`
      with people as (
        insert into contacts (id, user_id, name, phone_e164, consent)
        select 'con_' || lpad(n::text, 23, '0'), ${user.id}, 'Person', '+1' || (2000000000 + n), n % 2 = 0
          from generate_series(1, 999) n returning id)
      insert into contact_list_members (contact_list_id, contact_id, user_id) select ${list.id}, id, ${user.id} from people`);
    const id = await draft(list.id);
    expect(await user.api.campaigns.review({ id })).toMatchObject({
      recipients: 1_000,
      sendable: 500,
      excluded: { no_consent: 500 },
      problems: [{ code: "too_many_recipients" }, { code: "insufficient_points" }],
    });
    await expect(start(id)).rejects.toMatchObject({ message: expect.stringContaining("this list has 500") });
  });

  test("is started once by two clicks at the same moment", async () => {
    const id = await draft((await createList(stage.db, user.id, 3)).id);
    const clicks = await Promise.allSettled([start(id), start(id)]);
    expect(clicks.filter((click) => click.status === "fulfilled")).toHaveLength(1);
    await allRead(id, 3);
    expect(await readWallet(stage.db, user.id)).toEqual({ balance: 394, held: 0 });
  });

  test("is nobody else's to see, start or export", async () => {
    const id = await draft((await createList(stage.db, user.id, 1)).id);
    const stranger = await stage.signUp();
    for (const act of ["get", "review", "messages", "pause", "resume", "cancel", "remove"] as const) {
      await expect(stranger.api.campaigns[act]({ id }), act).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
    await expect(startAsReviewed(stranger, id)).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    await expect(exportCampaign(stage.db, stranger.id, id).next()).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("what goes wrong on the way", () => {
  test("a lost ack is asked for again under the same id: one message on the phone, one charge", async () => {
    await stage.simulator.setFaults(phone.phone, { loseAcks: { count: 2 }, loseReceipts: { probability: 1 } });
    const id = await draft((await createList(stage.db, user.id, 3)).id);
    await start(id);
    await until("the one answer that came", async () => (await countsOf(id)).sent === 1);
    await stage.db.execute(
      sql`update messages set redrive_at = now() where campaign_id = ${id} and status = 'sending'`,
    );
    await stage.db.execute(sql`select book_pump(${phone.sessionId})`);
    await until("acceptance", async () => (await countsOf(id)).sent === 3);
    const copies = (await stage.simulator.sent(phone.phone)).map((chat) =>
      chat.messages.map((message) => message.copies),
    );
    expect(copies.flat().filter((n) => n > 1)).toHaveLength(2);
    expect(copies.every((chat) => chat.length === 1)).toBe(true);
    expect(await readWallet(stage.db, user.id)).toEqual({ balance: 394, held: 0 });
  });

  test("a person who answers STOP gets nothing more, now or in a later campaign", async () => {
    const list = await createList(stage.db, user.id, 3);
    const leaver = list.phones[2] ?? "";
    const first = await draft(list.id, 4);
    await start(first);
    await until("the first message", async () => (await stage.simulator.sent(phone.phone)).length >= 1);
    await stage.simulator.write(leaver, phone.phone, " stop ");
    await until(
      "the opt-out",
      async () => (await stage.db.select().from(suppressions).where(eq(suppressions.userId, user.id))).length > 0,
    );
    await until("the end", async () => (await user.api.campaigns.get({ id: first })).status === "completed");
    const second = await draft(list.id);
    expect((await user.api.campaigns.review({ id: second })).excluded.opted_out).toBe(1);
    await start(second);
    await allRead(second, 2);
    const chats = await stage.simulator.sent(phone.phone);
    const invited = chats.filter((chat) => chat.messages.some((message) => message.text?.includes("meets on Friday")));
    expect(invited.map((chat) => chat.phone).toSorted()).toEqual(list.phones.slice(0, 2));
  });

  test("a connection that drops in mid-campaign costs nobody a message", async () => {
    const id = await draft((await createList(stage.db, user.id, 6)).id, 0.2);
    await start(id);
    await until("a message", async () => (await stage.simulator.sent(phone.phone)).length >= 2);
    await stage.simulator.drop(phone.phone);
    await allRead(id, 6);
    const chats = await stage.simulator.sent(phone.phone);
    expect(chats.every((chat) => chat.messages.length === 1 && !chat.messages[0]?.undecryptable)).toBe(true);
  });
});

test("the export lists every recipient, and no cell can be a formula", async () => {
  const list = await createList(stage.db, user.id, 120);
  await stage.db.execute(
    sql`update contacts set name = '=HYPERLINK("http://evil")' where user_id = ${user.id} and phone_e164 = ${list.phones[0]}`,
  );
  const id = await draft(list.id, 1);
  await start(id);
  await user.api.campaigns.cancel({ id });
  let csv = "";
  for await (const piece of exportCampaign(stage.db, user.id, id)) csv += piece;
  const lines = csv.trim().split(/\r?\n/);
  expect(lines).toHaveLength(121);
  expect(lines[1]).toMatch(/^"'=HYPERLINK/);
  for (const number of list.phones) expect(csv).toContain(number);
});
