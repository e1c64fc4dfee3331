import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Connection, connect, type Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { campaigns, contacts, messages, suppressions } from "#db/schema/index.ts";
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
import { during as whileOpen } from "#tests/races.ts";
import { wholeList } from "../campaigns/draft/audience.ts";
import { createCampaign } from "../campaigns/draft/draft.ts";
import { startCampaign } from "../campaigns/run/start.ts";
import { mergeContacts } from "../contacts/person/merge.ts";
import { commitUpload } from "../imports/commit.ts";
import { mapColumns } from "../imports/map.ts";
import { stageImport } from "../imports/stage.ts";
import { type IdentityPair, learnIdentities } from "../opt-outs/learn-identities.ts";
import { type InboundKeys, receiveInbound } from "../opt-outs/receive-inbound.ts";
import { tombstonePads } from "../opt-outs/tombstones.ts";
import { confirmWrite } from "./before-write.ts";
import { type ClaimedMessage, claimNext } from "./claim.ts";
import { applyFacts } from "./facts.ts";

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

const claim = (on: Db = db) => claimNext(on, session, { caps: env().caps, ackTimeoutMs: 30_000, chance: 0 });
async function claimed(on: Db = db): Promise<ClaimedMessage> {
  const next = await claim(on);
  if (next.type !== "send") throw new Error(`expected a message, got ${next.type}`);
  return next.messages[0];
}
let ids = 0;
const stop = (on: Db, from: string, { sessionId } = session) =>
  receiveInbound(on, keys, {
    waSessionId: sessionId,
    waMsgId: `IN${++ids}`,
    from: [from],
    group: null,
    text: "STOP",
    content: "text",
    live: true,
    at: new Date(),
  });
const learn = (on: Db, pairs: IdentityPair[]) => learnIdentities(on, keys.pads, userId, pairs);
const start = (recipients: number) => createRunningCampaign(db, env(), userId, session.sessionId, recipients);
const rowsOf = async (id: Id<"campaign">) =>
  (await db.select().from(messages).where(eq(messages.campaignId, id)).orderBy(messages.id)).map(
    ({ status, errorCode }) => [status, errorCode],
  );
const setStatus = (id: Id<"campaign">, status: "running" | "paused") =>
  db.update(campaigns).set({ status }).where(eq(campaigns.id, id));
const ofPhone = (phone = "") => `pn:${phone as `+${string}`}` as const;

const during = <T>(first: (tx: Db) => Promise<unknown>, second: () => Promise<T>) => whileOpen(db, first, second);

describe("STOP and a claim at the same moment", () => {
  test("STOP first: the claim waits for it, and takes its confirmation alone", async () => {
    const { id, phones } = await start(1);
    const next = await during((tx) => stop(tx, ofPhone(phones[0])), claim);
    expect(next).toMatchObject({ type: "send", messages: [{ kind: "opt_out", rebuild: false }] });
    expect(await rowsOf(id)).toEqual([["skipped", "opted_out"]]);
    expect(await readWallet(db, userId)).toEqual({ balance: 400, held: 0 });
  });

  test("the claim first: STOP waits for it, and what was claimed is not written", async () => {
    const { id, phones } = await start(1);
    const claims: ClaimedMessage[] = [];
    await during(
      async (tx) => claims.push(await claimed(tx)),
      () => stop(db, ofPhone(phones[0])),
    );
    expect(await rowsOf(id)).toEqual([["sending", null]]);
    const [message] = claims;
    expect(message && (await confirmWrite(db, session, message, Buffer.from("x")))).toBe(false);
    expect(await rowsOf(id)).toEqual([["skipped", "opted_out"]]);
    expect(await readWallet(db, userId)).toEqual({ balance: 400, held: 0 });
  });

  test.each(["STOP", "the start"])(
    "with a start that does not see a STOP to another phone, nor it the start, %s first: the claim sees both",
    async (first) => {
      const other = await createHeldSession(db, userId);
      const list = await createList(db, userId, 1);
      const { id } = await createCampaign(db, userId, {
        name: "Reminder",
        ...wholeList(list.id),
        waSessionId: session.sessionId,
        templateText: "Hello",
        throttleMinSeconds: 0,
        throttleMaxSeconds: 0,
      });
      const stopIt = (on: Db) => stop(on, ofPhone(list.phones[0]), other);
      const startIt = (on: Db) => on.transaction((tx) => startCampaign(tx, env(), userId, { id, recipients: null }));
      await (first === "STOP" ? during(stopIt, () => startIt(db)) : during(startIt, () => stopIt(db)));
      expect(await rowsOf(id)).toEqual([["queued", null]]);
      expect((await claim()).type).toBe("idle");
      expect(await rowsOf(id)).toEqual([["skipped", "opted_out"]]);
    },
  );
});

describe("a STOP from a LID while another phone is told whose it is holds for the number, and ends what is queued to it", () => {
  async function scene() {
    const { id, phones } = await start(1);
    const lid = `lid:${Date.now()}` as const;
    const pn = ofPhone(phones[0]);
    return { id, lid, pn, other: await createHeldSession(db, userId) };
  }
  async function holdsForBoth({ id, lid, pn }: Awaited<ReturnType<typeof scene>>) {
    const rows = await db.select().from(suppressions).where(eq(suppressions.userId, userId));
    expect(rows.map(({ identity }) => identity).toSorted()).toEqual([lid, pn]);
    expect(await rowsOf(id)).toEqual([["skipped", "opted_out"]]);
  }

  test("STOP first", async () => {
    const one = await scene();
    await during(
      (tx) => stop(tx, one.lid, one.other),
      () => learn(db, [one]),
    );
    await holdsForBoth(one);
  });

  test("the pair first", async () => {
    const one = await scene();
    await during(
      (tx) => learn(tx, [one]),
      () => stop(db, one.lid, one.other),
    );
    await holdsForBoth(one);
  });
});

test.each(["STOP", "the merge"])(
  "a STOP from a number that is being merged holds for the kept one too, %s first",
  async (first) => {
    const { phones } = await createList(db, userId, 2);
    const found = await db.select().from(contacts).where(eq(contacts.userId, userId)).orderBy(contacts.id);
    const [keepId, otherId] = [found[0]?.id ?? newId("contact"), found[1]?.id ?? newId("contact")];
    const merge = (on: Db) => on.transaction((tx) => mergeContacts(tx, userId, { keepId, otherId }));
    const stopIt = (on: Db) => stop(on, ofPhone(phones[1]));
    await (first === "STOP" ? during(stopIt, () => merge(db)) : during(merge, () => stopIt(db)));
    const rows = await db.select().from(suppressions).where(eq(suppressions.userId, userId));
    expect(rows.map(({ identity }) => identity).toSorted()).toEqual(phones.map(ofPhone).toSorted());
  },
);

describe("an answer of WhatsApp to one campaign waits in no circle with", () => {
  /** Two campaigns, and a message of the second that is on its way. */
  async function scene() {
    const first = await start(1);
    const second = await start(2);
    await setStatus(first.id, "paused");
    const { waMsgId } = await claimed();
    await setStatus(first.id, "running");
    const suppress = (identity: string) =>
      db.insert(suppressions).values({ id: newId("suppression"), userId, identity, source: "keyword" });
    /** WhatsApp's answer has locked the campaign, and comes to the message and the wallet when the other one is on its way. */
    const answering = <T>(other: () => Promise<T>): Promise<T> =>
      whileOpen(
        db,
        (tx) => tx.select().from(campaigns).where(eq(campaigns.id, second.id)).for("no key update"),
        other,
        (tx) => applyFacts(tx, { waSessionId: session.sessionId, facts: [{ waMsgId, fact: { type: "ack" } }] }),
      );
    return { first, second, suppress, answering };
  }

  test("a claim that gives points of another campaign back", async () => {
    const { first, second, suppress, answering } = await scene();
    await suppress(ofPhone(first.phones[0]));
    expect(await answering(claim)).toEqual({ type: "wait", ms: 0 });
    expect(await rowsOf(first.id)).toEqual([["skipped", "opted_out"]]);
    expect((await claimed()).recipientKey).toBe(ofPhone(second.phones[1]));
    expect(await readWallet(db, userId)).toEqual({ balance: 398, held: 2 });
  });

  test("a claim that leaves a reply out which came too late", async () => {
    const { first, answering } = await scene();
    await setStatus(first.id, "paused");
    await stop(db, "pn:+6281234567891");
    await db.execute(sql`update messages set created_at = now() - interval '25 hours' where kind = 'opt_out'`);
    expect(await answering(claim)).toEqual({ type: "wait", ms: 0 });
  });

  test("two people who turn out to have opted out under their LIDs", async () => {
    const { first, second, suppress, answering } = await scene();
    const pairs = [first.phones[0], second.phones[1]].map(
      (phone, i) => ({ pn: ofPhone(phone), lid: `lid:${i + 1}${Date.now()}` }) as const,
    );
    for (const { lid } of pairs) await suppress(lid);
    await answering(() => learn(db, pairs));
    expect([...(await rowsOf(first.id)), ...(await rowsOf(second.id))]).toEqual([
      ["skipped", "opted_out"],
      ["sent", null],
      ["skipped", "opted_out"],
    ]);
    expect(await readWallet(db, userId)).toEqual({ balance: 398, held: 0 });
  });

  test("a file that opts one person out and takes the consent of another back", async () => {
    const { first, second, answering } = await scene();
    const csv = `name,phone_e164,consent,opted_out\nAyu,${first.phones[0]},yes,yes\nBima,${second.phones[1]},no,\n`;
    const mapping = { name: 0, phone: 1, consent: 2, optedOut: 3, attributes: [] };
    const { id: importId } = await stageImport(db, env(), userId, { fileName: "people.csv", bytes: Buffer.from(csv) });
    await mapColumns(db, env(), userId, { importId, mapping });
    const consentStatement = "They told us on the phone.";
    await answering(() => commitUpload(db, env(), userId, { importId, consentStatement }));
    expect([...(await rowsOf(first.id)), ...(await rowsOf(second.id))]).toEqual([
      ["skipped", "opted_out"],
      ["sent", null],
      ["skipped", "no_consent"],
    ]);
  });
});
