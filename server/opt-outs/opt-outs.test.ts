import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Connection, connect, type Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { campaigns, consentEvents, contacts, inboundMessages, messages, suppressions } from "#db/schema/index.ts";
import { useDatabase } from "#tests/database.ts";
import {
  createHeldSession,
  createList,
  createRunningCampaign,
  createUser,
  newPhone,
  readViolations,
  readWallet,
  testEnv,
} from "#tests/factories.ts";
import { claimNext } from "../messages/claim.ts";
import { applyFacts } from "../messages/facts.ts";
import { learnIdentities } from "./learn-identities.ts";
import { type Inbound, type InboundKeys, receiveInbound } from "./receive-inbound.ts";
import { suppressPhones } from "./suppress.ts";
import { entomb, tombstonePads } from "./tombstones.ts";

const url = useDatabase();
let connection: Connection;
let db: Db;
let keys: InboundKeys;
let userId: Id<"user">;
let session: Awaited<ReturnType<typeof createHeldSession>>;
beforeAll(async () => {
  connection = connect(url());
  db = connection.db;
  const { sessionKeys } = testEnv(url());
  keys = { sessionKeys, pads: await tombstonePads(db, sessionKeys) };
});
afterAll(() => connection.close());
beforeEach(async () => {
  userId = await createUser(db);
  session = await createHeldSession(db, userId);
});
afterEach(async () => {
  expect(await readViolations(db)).toEqual([]);
});

let ids = 0;
const receive = (from: Inbound["from"], text: string | null, more: Partial<Inbound> = {}) =>
  receiveInbound(db, keys, {
    waSessionId: session.sessionId,
    waMsgId: `IN${++ids}`,
    from,
    group: null,
    text,
    content: "text",
    live: true,
    at: new Date(),
    ...more,
  });
const pn = (phone = newPhone()) => `pn:${phone as `+${string}`}` as const;
let lids = 0;
const lid = () => `lid:9${String(++lids).padStart(9, "0")}` as const;
const suppressed = async () =>
  (await db.select().from(suppressions).where(eq(suppressions.userId, userId))).map(({ identity }) => identity).sort();
const inbound = () =>
  db.select().from(inboundMessages).where(eq(inboundMessages.userId, userId)).orderBy(inboundMessages.id);
const confirmations = () => db.select().from(messages).where(sql`user_id = ${userId} and kind = 'opt_out'`);
const evidence = async () =>
  (await db.select().from(consentEvents).where(eq(consentEvents.userId, userId)).orderBy(consentEvents.id)).map(
    ({ kind, source, statement }) => [kind, source, statement],
  );
const start = (recipients: number) => createRunningCampaign(db, testEnv(url()), userId, session.sessionId, recipients);

describe("a message that comes in", () => {
  test("is kept with who wrote it, by number or by LID, and a repeat changes nothing", async () => {
    const { phones } = await createList(db, userId, 1);
    const [known, hidden] = [pn(phones[0]), lid()];
    await learnIdentities(db, keys.pads, userId, [{ pn: known, lid: hidden }]);
    const [contact] = await db.select().from(contacts).where(eq(contacts.userId, userId));
    await receive([known], "Hello", { waMsgId: "A" });
    await receive([hidden], "From the hidden one");
    await receive([pn()], null);
    await receive([known], "Hello", { waMsgId: "A" });
    expect((await inbound()).map((row) => [row.body, row.contactId])).toEqual([
      ["Hello", contact?.id],
      ["From the hidden one", contact?.id],
      [null, null],
    ]);
  });

  test("with a sign in it that Postgres cannot keep is kept without it, and a STOP all the same", async () => {
    expect(await receive([pn()], "ST\0RT")).toBeNull();
    expect(await receive([pn()], "Stop\0")).toBe("opted_out");
    expect((await inbound()).map(({ body }) => body)).toEqual(["STRT", "Stop"]);
  });

  test("that says START, told again after a later STOP, lifts nothing", async () => {
    const person = pn();
    await receive([person], "STOP");
    await receive([person], "START", { waMsgId: "B" });
    await receive([person], "STOP");
    expect(await receive([person], "START", { waMsgId: "B" })).toBeNull();
    expect(await receive([person], "START", { at: new Date(Date.now() - 60_000) })).toBeNull();
    expect(await suppressed()).toEqual([person]);
  });
});

describe("STOP", () => {
  test("ends what is queued in every campaign and gives the points back, in the same moment", async () => {
    const { id, phones } = await start(2);
    expect(await readWallet(db, userId)).toEqual({ balance: 400, held: 4 });
    expect(await receive([pn(phones[0])], "STOP")).toBe("opted_out");
    expect(await readWallet(db, userId)).toEqual({ balance: 400, held: 2 });
    const rows = await db.select().from(messages).where(eq(messages.campaignId, id)).orderBy(messages.id);
    expect(rows.map(({ status, errorCode }) => [status, errorCode])).toEqual([
      ["skipped", "opted_out"],
      ["queued", null],
    ]);
    await receive([pn(phones[1])], "STOP");
    expect((await db.select().from(campaigns).where(eq(campaigns.id, id)))[0]?.status).toBe("completed");
  });

  test("holds for every identity, also one that is only learned later, and is confirmed once", async () => {
    const { phones } = await start(1);
    const [known, hidden] = [pn(phones[0]), lid()];
    await receive([hidden], "stop");
    expect(await readWallet(db, userId)).toEqual({ balance: 400, held: 2 });
    await learnIdentities(db, keys.pads, userId, [{ pn: known, lid: hidden }]);
    expect(await suppressed()).toEqual([hidden, known]);
    expect(await readWallet(db, userId)).toEqual({ balance: 400, held: 0 });
    await receive([known], "STOP");
    expect(await confirmations()).toMatchObject([{ recipientKey: hidden, pricePoints: 0, campaignId: null }]);
    expect(await evidence()).toEqual([
      ["opted_out", "keyword", null],
      ["opted_out", "keyword", "STOP"],
    ]);
  });

  test("of somebody who was suppressed by hand is evidence, and not confirmed again", async () => {
    const { phones } = await createList(db, userId, 1);
    const phone = phones[0] ?? "";
    const answers = await db.transaction((tx) =>
      suppressPhones(tx, keys.pads, userId, { phones: [phone, "12", phone] }),
    );
    expect(answers.map(({ result }) => result)).toEqual(["suppressed", "invalid", "already"]);
    await receive([pn(phone)], "STOP");
    expect(await confirmations()).toEqual([]);
    expect(await evidence()).toEqual([
      ["opted_out", "manual", null],
      ["opted_out", "keyword", "STOP"],
    ]);
    await receive([pn(phone)], "START");
    expect(await suppressed()).toEqual([]);
  });

  test("of somebody who was erased names nobody again; their START lets them be met", async () => {
    const [known, hidden] = [pn(), lid()];
    await db.transaction((tx) => entomb(tx, keys.pads, userId, [known]));
    await learnIdentities(db, keys.pads, userId, [{ pn: known, lid: hidden }]);
    await receive([hidden], "STOP");
    await receive([known], "You again?");
    expect(await suppressed()).toEqual([]);
    expect(await confirmations()).toEqual([]);
    expect((await inbound()).map(({ sender, body }) => [sender.slice(0, 7), body])).toEqual([
      ["erased:", null],
      ["erased:", null],
    ]);
    expect(await db.execute(sql`select 1 from identity_pairs where user_id = ${userId}`)).toHaveLength(0);
    expect(await receive([known], "START")).toBe("opted_in");
    expect((await inbound()).at(-1)).toMatchObject({ sender: known, body: "START" });
  });
});

test("what was written under a LID that turns out to be of somebody who was erased is forgotten, on both sides", async () => {
  const [known, hidden, other] = [pn(), lid(), lid()];
  await receive([hidden], "My new address is 7 Elm Street", { waMsgId: "A" });
  await receive([other], "Hello");
  await receive([hidden], "STOP");
  const claim = await claimNext(db, session, { caps: testEnv(url()).caps, ackTimeoutMs: 30_000, chance: 0 });
  if (claim.type !== "send") throw new Error(`nothing was claimed: ${claim.type}`);
  const { waMsgId } = claim.messages[0];
  await applyFacts(db, { waSessionId: session.sessionId, facts: [{ waMsgId, fact: { type: "ack" } }] });
  await db.transaction((tx) => entomb(tx, keys.pads, userId, [known]));
  expect(await confirmations()).toMatchObject([{ recipientKey: hidden, status: "sent" }]);
  await learnIdentities(db, keys.pads, userId, [{ pn: known, lid: hidden }]);
  expect(await confirmations()).toMatchObject([
    { recipientKey: expect.stringMatching(/^erased:/), resolvedText: null, encoded: null, contactId: null },
  ]);
  expect((await inbound()).map(({ sender, body }) => [sender.slice(0, 7), body])).toEqual([
    ["erased:", null],
    [other.slice(0, 7), "Hello"],
    ["erased:", null],
  ]);
  await receive([hidden], "My new address is 7 Elm Street", { waMsgId: "A" });
  expect(await inbound()).toHaveLength(3);
});

test("START before the confirmation went out leaves it out", async () => {
  const person = pn();
  await receive([person], "STOP");
  await receive([person], "START");
  expect(await confirmations()).toMatchObject([{ status: "skipped", errorCode: "opted_in" }]);
});

describe("YES", () => {
  async function asked({ phone = "", contactId = "" }, days = 1) {
    await db.execute(sql`insert into consent_events (user_id, contact_id, kind, source, at)
      values (${userId}, ${contactId}, 'asked', 'message', now())`);
    const { id } = await start(1);
    await db.update(campaigns).set({ purpose: "confirmation" }).where(eq(campaigns.id, id));
    await db.execute(sql`update messages set status = 'sent', contact_id = ${contactId}, recipient_key = ${pn(phone)},
      price_points = 0, sent_at = now() - ${days} * interval '1 day' where campaign_id = ${id}`);
    await db.execute(sql`update campaigns set hold_open = 0 where id = ${id}`);
    await db.execute(sql`update wallets set held = 0 where user_id = ${userId}`);
  }
  async function person() {
    const { phones } = await createList(db, userId, 1);
    const phone = phones[0] ?? "";
    const [contact] = await db.select().from(contacts).where(eq(contacts.phoneE164, phone));
    return { phone, contactId: contact?.id ?? newId("contact") };
  }

  test.each(["YES", "y", "Ya!", "iya"])("%s from who was asked confirms, once", async (word) => {
    const one = await person();
    await asked(one);
    expect(await receive([pn(one.phone)], word)).toBe("confirmed");
    expect(await receive([pn(one.phone)], word)).toBeNull();
    expect((await evidence()).filter(([kind]) => kind === "confirmed")).toEqual([
      ["confirmed", "message", word.toUpperCase().replace("!", "")],
    ]);
  });

  test("means nothing from who was not asked, was asked long ago, or has opted out", async () => {
    const [never, longAgo, gone] = [await person(), await person(), await person()];
    await asked(longAgo, 31);
    await asked(gone);
    await receive([pn(gone.phone)], "STOP");
    for (const { phone } of [never, longAgo, gone]) expect(await receive([pn(phone)], "YES")).toBeNull();
    expect(await suppressed()).toEqual([pn(gone.phone)]);
  });
});
