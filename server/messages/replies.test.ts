import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Connection, connect, type Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { messages, schedules, suppressions, wallets, walletTxns, waNumbers, waSessions } from "#db/schema/index.ts";
import { useDatabase } from "#tests/database.ts";
import {
  createHeldSession,
  createList,
  createRunningCampaign,
  createUser,
  readViolations,
  readWallet,
  testEnv,
} from "#tests/factories.ts";
import { wholeList } from "../campaigns/draft/audience.ts";
import { createCampaign } from "../campaigns/draft/draft.ts";
import { startCampaign } from "../campaigns/run/start.ts";
import { type InboundKeys, receiveInbound } from "../opt-outs/receive-inbound.ts";
import { tombstonePads } from "../opt-outs/tombstones.ts";
import { confirmWrite, failBeforeWrite } from "./before-write.ts";
import { type ClaimedMessage, claimNext } from "./claim.ts";
import { applyFacts } from "./facts.ts";
import type { Fact } from "./rules.ts";
import { settleSilence } from "./silence.ts";

const url = useDatabase();
let connection: Connection;
let db: Db;
let keys: InboundKeys;
let userId: Id<"user">;
let session: Awaited<ReturnType<typeof createHeldSession>>;
const env = () => testEnv(url());
beforeAll(async () => {
  connection = connect(url(), { max: 8 });
  db = connection.db;
  keys = { sessionKeys: env().sessionKeys, pads: await tombstonePads(db, env().sessionKeys) };
});
afterAll(() => connection.close());
beforeEach(async () => {
  userId = await createUser(db);
  session = await createHeldSession(db, userId);
});
afterEach(async () => {
  expect(await readViolations(db)).toEqual([]);
});

const claim = (limits = {}) => claimNext(db, session, { caps: env().caps, ackTimeoutMs: 30_000, chance: 0, ...limits });
async function claimed(): Promise<ClaimedMessage> {
  const found = await claim();
  // What it settled first is settled: look again at once.
  const next = found.type === "wait" && found.ms === 0 ? await claim() : found;
  if (next.type !== "send") throw new Error(`expected a message, got ${next.type}`);
  return next.messages[0];
}
let ids = 0;
const write = (phone: string, text: string) =>
  receiveInbound(db, keys, {
    waSessionId: session.sessionId,
    waMsgId: `IN${++ids}`,
    from: [`pn:${phone}`],
    group: null,
    text,
    content: "text",
    live: true,
    at: new Date(),
  });
/** As an opt-out looks that another worker made a moment ago: nothing that was queued has been touched by it. */
const suppress = (phone: string) =>
  db.insert(suppressions).values({ id: newId("suppression"), userId, identity: `pn:${phone}`, source: "keyword" });
const start = (recipients: number) => createRunningCampaign(db, env(), userId, session.sessionId, recipients);
const rowOf = async (id: Id<"message">) => (await db.select().from(messages).where(eq(messages.id, id)))[0];
const due = (id: Id<"message">) => db.update(messages).set({ redriveAt: sql`now()` }).where(eq(messages.id, id));
const encoded = Buffer.from("x");

describe("the confirmation of an opt-out", () => {
  test("goes first, does not wait for its turn, pushes the next one, counts to the day and costs nothing", async () => {
    const { phones } = await start(2);
    await db
      .update(waSessions)
      .set({ nextSendAt: sql`now() + interval '1 hour'` })
      .where(eq(waSessions.id, session.sessionId));
    await write(phones[0] ?? "", "STOP");
    const message = await claimed();
    expect(message).toMatchObject({ kind: "opt_out", campaignId: null, redrive: false, rebuild: false });
    expect((await claim()).type).toBe("wait");
    expect((await db.select().from(waNumbers).where(eq(waNumbers.phone, session.phone)))[0]?.daySent).toBe(1);
    expect(await confirmWrite(db, session, message, encoded)).toBe(true);
    const facts = [{ waMsgId: message.waMsgId, fact: { type: "ack" } as const }];
    await applyFacts(db, { waSessionId: session.sessionId, facts });
    expect(await rowOf(message.id)).toMatchObject({ status: "sent", costPoints: 0 });
    expect(await db.select().from(walletTxns).where(sql`user_id = ${userId} and points = 0`)).toEqual([]);
    expect(await readWallet(db, userId)).toEqual({ balance: 400, held: 2 });
  });

  test("makes the next message wait for its turn", async () => {
    const { phones } = await start(2);
    await write(phones[0] ?? "", "STOP");
    expect((await claim({ caps: { ...env().caps, throttleFloorMs: 60_000 } })).type).toBe("send");
    const next = await claim();
    expect(next.type === "wait" && next.ms).toBeGreaterThan(30_000);
  });

  test("waits for the hours, the plan and the next day, like everything", async () => {
    const { phones } = await start(1);
    await write(phones[0] ?? "", "STOP");
    await db.update(schedules).set({ windows: [] }).where(eq(schedules.userId, userId));
    expect((await claim()).type).toBe("wait");
    await db.update(schedules).set({ windows: null }).where(eq(schedules.userId, userId));
    await db.execute(
      sql`update wa_numbers set day = (app_now() at time zone tz)::date, day_sent = 1 where phone = ${session.phone}`,
    );
    expect((await claim({ caps: { ...env().caps, messagesPerDay: 1 } })).type).toBe("wait");
    await db.update(wallets).set({ planExpiresAt: sql`now() - interval '1 minute'` }).where(eq(wallets.userId, userId));
    expect((await claim()).type).toBe("idle");
  });

  test("is left out when it could not be sent within a day, by the claim and by the clock", async () => {
    const { phones } = await start(2);
    for (const [i, settle] of [claim, () => settleSilence(db)].entries()) {
      await write(phones[i] ?? "", "STOP");
      await db.execute(sql`update messages set created_at = now() - interval '25 hours'
        where user_id = ${userId} and kind = 'opt_out' and status = 'queued'`);
      await settle();
    }
    const rows = await db.select().from(messages).where(sql`user_id = ${userId} and kind = 'opt_out'`);
    expect(rows.map(({ status, errorCode }) => [status, errorCode])).toEqual([
      ["skipped", "too_late"],
      ["skipped", "too_late"],
    ]);
  });

  test("is repeated under its id, waits for its turn then, and ends by itself without a campaign", async () => {
    const { phones } = await start(1);
    await write(phones[0] ?? "", "STOP");
    const message = await claimed();
    await due(message.id);
    expect(await claimed()).toMatchObject({ id: message.id, waMsgId: message.waMsgId, redrive: true });
    for (let error = 0; error < 4; error += 1) {
      await failBeforeWrite(db, session, message);
      await db.execute(sql`update messages set not_before = now(), sending_epoch = 1, status = case status when 'queued' then 'sending' else status end
        where id = ${message.id}`);
    }
    expect(await rowOf(message.id)).toMatchObject({ status: "failed", errorCode: "transport" });
  });

  test("waits for a message that is on its way to the same person; given up, that is unknown and the keys are made anew", async () => {
    const { phones } = await start(1);
    const first = await claimed();
    await write(phones[0] ?? "", "STOP");
    expect((await claim()).type).toBe("wait");
    await due(first.id);
    expect(await claimed()).toMatchObject({ kind: "opt_out", rebuild: true });
    expect(await rowOf(first.id)).toMatchObject({ status: "unknown", errorCode: "opted_out" });
  });

  test("has the keys made anew until one that was written so is taken, and not for the same loss again", async () => {
    const { phones } = await start(1);
    const lost = await claimed();
    const lose = (id: Id<"message">) => db.update(messages).set({ status: "unknown" }).where(eq(messages.id, id));
    const answer = (waMsgId: string, fact: Fact) =>
      applyFacts(db, { waSessionId: session.sessionId, facts: [{ waMsgId, fact }] });
    const confirmation = async () => {
      await write(phones[0] ?? "", "START");
      await write(phones[0] ?? "", "STOP");
      return claimed();
    };
    await lose(lost.id);
    const first = await confirmation();
    expect(first).toMatchObject({ rebuild: true, redrive: false });
    await due(first.id);
    expect(await claimed()).toMatchObject({ id: first.id, rebuild: true, redrive: true });
    await answer(first.waMsgId, { type: "nack", code: 500 });
    const second = await confirmation();
    expect(second).toMatchObject({ rebuild: true });
    await answer(second.waMsgId, { type: "delivered" });
    const third = await confirmation();
    expect(third).toMatchObject({ rebuild: false });
    await lose(third.id);
    expect(await confirmation()).toMatchObject({ rebuild: true });
    expect(await rowOf(lost.id)).toMatchObject({ status: "unknown" });
  });
});

describe("an opt-out is looked at", () => {
  test("at the start", async () => {
    const list = await createList(db, userId, 2);
    await suppress(list.phones[0] ?? "");
    const { id } = await createCampaign(db, userId, {
      name: "Reminder",
      ...wholeList(list.id),
      waSessionId: session.sessionId,
      templateText: "Hello",
      throttleMinSeconds: 0,
      throttleMaxSeconds: 0,
    });
    await db.transaction((tx) => startCampaign(tx, env(), userId, { id, recipients: null }));
    const rows = await db.select().from(messages).where(eq(messages.campaignId, id)).orderBy(messages.id);
    expect(rows.map(({ status, errorCode }) => [status, errorCode])).toEqual([
      ["skipped", "opted_out"],
      ["queued", null],
    ]);
  });

  test("at the claim", async () => {
    const { phones } = await start(1);
    await suppress(phones[0] ?? "");
    expect((await claim()).type).not.toBe("send");
  });

  test("at a re-drive", async () => {
    const { phones } = await start(1);
    const message = await claimed();
    await suppress(phones[0] ?? "");
    await due(message.id);
    expect((await claim()).type).not.toBe("send");
    expect(await rowOf(message.id)).toMatchObject({ status: "unknown" });
  });

  test("before the write", async () => {
    const { phones } = await start(1);
    const message = await claimed();
    await suppress(phones[0] ?? "");
    expect(await confirmWrite(db, session, message, encoded)).toBe(false);
    expect(await rowOf(message.id)).toMatchObject({ status: "skipped", errorCode: "opted_out" });
    expect(await readWallet(db, userId)).toEqual({ balance: 400, held: 0 });
  });

  test("before the write, under a LID that WhatsApp has just told and the database does not know yet", async () => {
    await start(1);
    const message = await claimed();
    await db.insert(suppressions).values({ id: newId("suppression"), userId, identity: "lid:77", source: "keyword" });
    expect(await confirmWrite(db, session, message, Buffer.from("x"), "lid:78")).toBe(true);
    expect(await confirmWrite(db, session, message, Buffer.from("x"), "lid:77")).toBe(false);
  });

  test.each([
    ["takes their consent back", sql`update contacts set consent = false`, "no_consent"],
    ["is removed", sql`delete from contacts`, "contact_removed"],
  ])(
    "and when somebody %s while their message waits for the connection, it is not queued again",
    async (_what, change, errorCode) => {
      await start(1);
      const message = await claimed();
      await db.execute(sql`${change} where user_id = ${userId}`);
      await failBeforeWrite(db, session, message);
      expect(await rowOf(message.id)).toMatchObject({ status: "skipped", errorCode });
    },
  );

  test("and somebody without consent is not written to, though it was there at the claim", async () => {
    await start(1);
    const message = await claimed();
    await db.execute(sql`update contacts set consent = false where user_id = ${userId}`);
    expect(await confirmWrite(db, session, message, Buffer.from("x"))).toBe(false);
    expect(await rowOf(message.id)).toMatchObject({ status: "skipped", errorCode: "no_consent" });
  });

  test("and a confirmation that is overtaken by START while it waits for the connection is not sent", async () => {
    const phone = "+6281234560999";
    await write(phone, "STOP");
    const message = await claimed();
    await write(phone, "START");
    await failBeforeWrite(db, session, message);
    expect(await rowOf(message.id)).toMatchObject({ status: "skipped", errorCode: "opted_in" });
  });
});
