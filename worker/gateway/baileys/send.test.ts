import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { connect } from "#db/client.ts";
import { newId } from "#db/ids.ts";
import { messages, suppressions } from "#db/schema/index.ts";
import { lockErasure } from "#server/contacts/lock.ts";
import { openSealer } from "#server/keys/seal.ts";
import { newPhone } from "#tests/factories.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, until } from "#tests/stage.ts";
import { type HeldSession, type Identity, NotWritten } from "../gateway.ts";
import { sessionRows } from "../session-rows.ts";

let stage: Stage;
let user: StageUser;
let linked: LinkedPhone;
beforeAll(async () => {
  stage = await createStage();
  user = await stage.signUp();
  linked = await stage.linkPhone(user);
});
afterAll(() => stage?.stop());
beforeEach(() => until("the session to be ready", () => stage.isReady(linked.sessionId)));

const held = (): HeldSession => {
  const session = stage.workers[0]?.sessions.held(linked.sessionId);
  if (!session) throw new Error("the session is not held");
  return session;
};
const people = (count: number): Identity[] =>
  Array.from({ length: count }, () => `pn:${newPhone() as `+${string}`}` as const);
const phoneOf = (identity: Identity) => identity.slice(3);
let ids = 0;
const newWaMsgId = () => `3EB0${String(++ids).padStart(18, "0")}`;

/** A row of a message that was handed over and not answered for yet. */
const written = { kind: "campaign", recipientName: "Ani", pricePoints: 0, status: "unknown" } as const;

async function shownTo(identity: Identity) {
  const sent = await stage.simulator.sent(linked.phone);
  return sent.find((one) => one.phone === phoneOf(identity))?.messages ?? [];
}
async function write(to: Identity, text: string, waMsgId = newWaMsgId()): Promise<string> {
  await held().prepare([to]);
  await held().send({ waMsgId, to, encoded: held().encodeText(text) });
  return waMsgId;
}

test("recipients prepared together can all read what they get", async () => {
  const recipients = people(30);
  expect(await held().prepare(recipients)).toEqual({ unreachable: new Set(), unready: new Set() });
  for (const [i, to] of recipients.entries()) await write(to, `Hello ${i}`);
  for (const [i, to] of recipients.entries()) {
    const [message] = await until("the message", async () => {
      const shown = await shownTo(to);
      return shown[0]?.text ? shown : null;
    });
    expect(message).toMatchObject({ text: `Hello ${i}`, copies: 1, undecryptable: false });
  }
});

test("a number without WhatsApp is told, and nothing is written to it", async () => {
  const [known, unknown] = people(2) as [Identity, Identity];
  await stage.simulator.setPhone(phoneOf(unknown), { onWhatsApp: false });
  expect(await held().prepare([known, unknown])).toEqual({
    unreachable: new Set([unknown]),
    unready: new Set(),
  });
  await expect(write(unknown, "Anyone?")).rejects.toThrow(NotWritten);
  expect(await shownTo(unknown)).toEqual([]);
});

test("the same id sent twice stays one message", async () => {
  const [to] = people(1) as [Identity];
  const id = await write(to, "Once");
  await write(to, "Once", id);
  const shown = await until("both copies", async () => {
    const messages = await shownTo(to);
    return messages[0]?.copies === 2 && messages[0].text ? messages : null;
  });
  expect(shown).toHaveLength(1);
  expect(shown[0]).toMatchObject({ id, text: "Once", undecryptable: false });
});

test("another worker goes on with the same Signal sessions", async () => {
  const [to] = people(1) as [Identity];
  await write(to, "Before");
  await until("the first message", async () => (await shownTo(to))[0]?.text);
  const before = held();
  await stage.workers[0]?.stop();
  expect(before.signal.aborted).toBe(true);
  expect(before.isReady()).toBe(false);
  await expect(before.send({ waMsgId: newWaMsgId(), to, encoded: before.encodeText("Late") })).rejects.toThrow(
    NotWritten,
  );

  await stage.startWorker();
  await until("the session to be taken up", () => stage.isReady(linked.sessionId));
  expect(held().epoch).toBe(before.epoch + 1);
  await write(to, "After");
  const shown = await until("the second message", async () => {
    const messages = await shownTo(to);
    return messages[1]?.text ? messages : null;
  });
  expect(shown).toMatchObject([
    { text: "Before", copies: 1 },
    { text: "After", copies: 1, undecryptable: false },
  ]);
  expect(Object.keys((await signalRecord(to))._sessions)).toHaveLength(1);
});

/** Copies what is stored of Signal sessions. Keys of what was just written are stored a moment later, or by a worker that stops. */
async function copyKeys(table: "saved" | "kept"): Promise<void> {
  await stage.workers[0]?.stop();
  await stage.db.execute(
    sql`create table ${sql.identifier(table)} as select * from wa_session_keys where kind = 'session'`,
  );
  await stage.startWorker();
  await until("the session to be taken up", () => stage.isReady(linked.sessionId));
}

/** The record of a recipient holds every session that was made with it: more than one, and one was thrown away. */
async function signalRecord(to: Identity): Promise<{ _sessions: object }> {
  const lid = (await stage.simulator.sent(linked.phone)).find((one) => one.phone === phoneOf(to))?.lid.split("@")[0];
  const [stored] = await stage.db.execute<{ wrappedKey: Buffer; keyId: string; dataKeyId: string }>(
    sql`select wrapped_key as "wrappedKey", key_id as "keyId", data_key_id as "dataKeyId"
          from wa_sessions where id = ${linked.sessionId}`,
  );
  if (!stored) throw new Error("no session");
  const sealer = openSealer({ sessionId: linked.sessionId, userId: user.id }, stored, stage.env.sessionKeys);
  // Signal's name of a LID's first device, as Baileys writes it.
  const hash = sealer.rowId("session", `${lid}_1.0`);
  const [row] = await stage.db.execute<{ value: Buffer }>(
    sql`select value from wa_session_keys where wa_session_id = ${linked.sessionId} and key_hash = ${hash}`,
  );
  if (!row) throw new Error("no Signal session with the recipient");
  return JSON.parse(sealer.open("session", hash, row.value).toString());
}

test("who could not read a message gets it again from the stored copy, even of the next worker", async () => {
  const [to] = people(1) as [Identity];
  await write(to, "First");
  await until("the first message", async () => (await shownTo(to))[0]?.text);
  await copyKeys("saved");
  await write(to, "Second");
  await until("the second message", async () => (await shownTo(to))[1]?.text);

  // The keys as they were before the last message: WhatsApp's recipients refuse a key that was used.
  await stage.workers[0]?.stop();
  await stage.db.execute(sql`update wa_session_keys k set value = s.value from saved s
    where s.wa_session_id = k.wa_session_id and s.kind = k.kind and s.key_hash = k.key_hash`);
  await stage.startWorker();
  await until("the session to be taken up", () => stage.isReady(linked.sessionId));

  const waMsgId = newWaMsgId();
  const encoded = held().encodeText("Third");
  const message = { id: newId("message"), userId: user.id, waSessionId: linked.sessionId, waMsgId, recipientKey: to };
  await stage.db.insert(messages).values({ ...message, ...written, encoded: held().seal(encoded) });
  await stage.simulator.setFaults(linked.phone, { dropAfter: 1 });
  await held().send({ waMsgId, to, encoded });
  await until("the message that cannot be read", async () => (await shownTo(to))[2]?.undecryptable);
  await stage.workers[0]?.stop();

  await stage.startWorker();
  const shown = await until("a copy that can be read", async () => {
    const third = (await shownTo(to))[2];
    return third?.text ? third : null;
  });
  expect(shown).toMatchObject({ id: waMsgId, text: "Third", undecryptable: false });
});

test("a chat whose last keys were lost can be read at once when its Signal session was made anew", async () => {
  const [to] = people(1) as [Identity];
  await write(to, "First");
  await until("the first message", async () => (await shownTo(to))[0]?.text);
  await copyKeys("kept");
  await write(to, "Second");
  await until("the second message", async () => (await shownTo(to))[1]?.text);
  await stage.workers[0]?.stop();
  await stage.db.execute(sql`update wa_session_keys k set value = s.value from kept s
    where s.wa_session_id = k.wa_session_id and s.kind = k.kind and s.key_hash = k.key_hash`);
  await stage.startWorker();
  await until("the session to be taken up", () => stage.isReady(linked.sessionId));

  await held().prepare([to], { rebuild: true });
  await held().send({ waMsgId: newWaMsgId(), to, encoded: held().encodeText("Third") });
  const shown = await until("the third message to be read", async () => {
    const third = (await shownTo(to))[2];
    return third?.readAt ? third : null;
  });
  expect(shown).toMatchObject({ text: "Third", copies: 1, undecryptable: false });
});

test("who opted out meanwhile does not get the stored copy, whatever their phone asks for", async () => {
  const [to] = people(1) as [Identity];
  const waMsgId = newWaMsgId();
  const message = { id: newId("message"), userId: user.id, waSessionId: linked.sessionId, waMsgId, recipientKey: to };
  const encoded = held().seal(held().encodeText("Once"));
  await stage.db.insert(messages).values({ ...message, ...written, encoded });
  const owner = { sessionId: linked.sessionId, userId: user.id, workerId: newId("worker"), epoch: held().epoch };
  const connection = connect(stage.env.databaseUrl);
  const rows = sessionRows(connection.sql, owner);
  try {
    expect(await rows.encodedMessage(waMsgId)).toEqual(encoded);
    // Counted, for a refusal that comes next may be of it.
    const [row] = await stage.db.execute(sql`select submissions from messages where id = ${message.id}`);
    expect(row).toEqual({ submissions: 1 });
    await stage.db
      .insert(suppressions)
      .values({ id: newId("suppression"), userId: user.id, identity: to, source: "keyword" });
    expect(await rows.encodedMessage(waMsgId)).toBeUndefined();
  } finally {
    await connection.close();
  }
});

test("nothing is written to whoever is being heard: what they say may be STOP", async () => {
  const [to] = people(1) as [Identity];
  await write(to, "First");
  await until("the first message", async () => (await shownTo(to))[0]?.text);
  const waits = sql`select 1 from pg_locks where locktype = 'advisory' and not granted
    and database = (select oid from pg_database where datname = current_database())`;
  const refused = await stage.db.transaction(async (tx) => {
    // What comes in waits for it.
    await lockErasure(tx, user.id);
    await stage.simulator.write(phoneOf(to), linked.phone, "STOP");
    await until("the STOP to be kept", async () => (await stage.db.execute(waits)).length > 0);
    const message = { waMsgId: newWaMsgId(), to, encoded: held().encodeText("Late") };
    const late = held().send(message);
    late.catch(() => {});
    return { late };
  });
  await expect(refused.late).rejects.toThrow(NotWritten);
  await until("the confirmation", async () => (await shownTo(to))[1]?.text);
  expect((await shownTo(to)).map(({ text }) => text)).toEqual(["First", expect.stringContaining("START")]);
});

test("asking for the devices of a number teaches that number and LID are one person", async () => {
  const [to] = people(1) as [Identity];
  await held().prepare([to]);
  const pairs = await until("the pair", async () => {
    const rows = await stage.db.execute<{ pn: string; lid: string }>(
      sql`select pn, lid from identity_pairs where user_id = ${user.id} and pn = ${to}`,
    );
    return rows.length > 0 ? rows : null;
  });
  expect(pairs[0]?.lid).toMatch(/^lid:\d+$/);
});
