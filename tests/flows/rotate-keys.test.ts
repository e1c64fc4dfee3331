import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Id, newId } from "#db/ids.ts";
import { waSessions } from "#db/schema/index.ts";
import { newDataKey, openSealer } from "#server/keys/seal.ts";
import { createList, readViolations, testEnv } from "../factories.ts";
import { isHeldUp } from "../races.ts";
import { createStage, type Stage, startAsReviewed, until } from "../stage.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/rotate-keys.ts", import.meta.url));
const OLD = Buffer.alloc(32, 7).toString("base64");
const NEW = Buffer.alloc(32, 8).toString("base64");

let stage: Stage;
beforeAll(async () => {
  stage = await createStage({ env: { SESSION_KEY: OLD, ACK_TIMEOUT_MS: "30000" } });
});
afterAll(() => stage?.stop());

const keysOf = (more: Record<string, string>) => testEnv(stage.env.databaseUrl, more).sessionKeys;

/** As `npm run keys:rotate` runs it. */
function rotate(more: Record<string, string> = { SESSION_KEY: NEW, SESSION_KEYS_OLD: OLD }) {
  const child = spawn(process.execPath, ["--import", "tsx", SCRIPT], {
    env: { ...process.env, DATABASE_URL: stage.env.databaseUrl, ...more },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk));
  const ended = once(child, "close").then(() => ({ code: child.exitCode, said }));
  return { ended, kill: () => child.kill("SIGKILL") };
}

/** Sessions that no worker wants, with data keys under the old SESSION_KEY. */
async function addSessions(userId: Id<"user">, count: number) {
  const old = keysOf({ SESSION_KEY: OLD });
  const rows = Array.from({ length: count }, () => {
    const id = newId("waSession");
    return {
      id,
      userId,
      network: "simulator" as const,
      status: "expired" as const,
      ...newDataKey({ sessionId: id, userId }, old),
    };
  });
  for (let at = 0; at < count; at += 500) await stage.db.insert(waSessions).values(rows.slice(at, at + 500));
  return rows;
}

test("SESSION_KEY is replaced while a campaign sends: nothing stops, and afterwards the old key is needed no more", async () => {
  const user = await stage.signUp();
  const { sessionId, phone } = await stage.linkPhone(user);
  await stage.workers[0]?.stop();
  stage.env.sessionKeys = keysOf({ SESSION_KEY: NEW, SESSION_KEYS_OLD: OLD });
  await stage.startWorker();
  await until("the phone to be taken up under its old key", () => stage.isReady(sessionId));

  const list = await createList(stage.db, user.id, 25);
  const campaign = (name: string) => ({
    name,
    listIds: [list.id],
    waSessionId: sessionId,
    templateText: `${name} {{name}}`,
    throttleMinSeconds: 2,
    throttleMaxSeconds: 2,
  });
  const hurry = () => stage.db.execute(sql`update campaigns set throttle_min_ms = 0, throttle_max_ms = 0`);
  const { id } = await user.api.campaigns.create(campaign("First"));
  await startAsReviewed(user, id);
  const accepted = async () => {
    const { counts } = await user.api.campaigns.get({ id });
    return counts.sent + counts.delivered + counts.read;
  };
  await until("the campaign to be under way", async () => (await accepted()) >= 2);
  const held = stage.workers[0]?.sessions.held(sessionId);
  const { code, said } = await rotate().ended;
  // The session's, and the one that tells who was erased.
  expect(said).toContain("2 data keys were wrapped anew. 2 open with the current key");
  expect(code).toBe(0);
  expect(await accepted(), "it ran during the campaign").toBeLessThan(25);
  await hurry();
  await until("the campaign to end", async () => (await user.api.campaigns.get({ id })).status === "completed");
  expect(stage.workers[0]?.sessions.held(sessionId), "the same lease all the time").toBe(held);

  await stage.workers[0]?.stop();
  stage.env.sessionKeys = keysOf({ SESSION_KEY: NEW });
  await stage.startWorker();
  await until("the phone to be taken up without the old key", () => stage.isReady(sessionId));
  const { id: second } = await user.api.campaigns.create(campaign("Second"));
  await hurry();
  await startAsReviewed(user, second);
  await until("the second to end", async () => (await user.api.campaigns.get({ id: second })).status === "completed");
  const sent = await until("everything to be shown", async () => {
    const chats = await stage.simulator.sent(phone);
    return chats.every((chat) => chat.messages.filter((message) => message.text).length === 2) && chats;
  });
  expect(sent.map((chat) => chat.phone).sort()).toEqual([...list.phones].sort());
  for (const { phone: to, messages } of sent) {
    const name = `Person ${list.phones.indexOf(to) + 1}`;
    expect(messages).toMatchObject(["First", "Second"].map((word) => ({ text: `${word} ${name}`, copies: 1 })));
  }
  expect(await readViolations(stage.db)).toEqual([]);
});

test("a rotation that is killed in the middle is finished by the next one", async () => {
  const user = await stage.signUp();
  const rows = await addSessions(user.id, 1_000);
  const current = keysOf({ SESSION_KEY: NEW });
  const done = async () => {
    const [row] = await stage.db.execute<{ n: number }>(
      sql`select count(*)::int as n from wa_sessions where user_id = ${user.id} and key_id = ${current.current.id}`,
    );
    return row?.n ?? 0;
  };
  await stage.db.transaction(async (tx) => {
    // It gets as far as this one.
    await tx.execute(sql`select 1 from wa_sessions where id = ${rows[500]?.id} for update`);
    const first = rotate();
    await until("the rotation to be in the middle", async () => (await done()) > 100);
    await isHeldUp(stage.db, first.ended);
    first.kill();
    await first.ended;
  });
  const running = sql`select 1 from pg_stat_activity
    where datname = current_database() and application_name = 'masssender-rotate-keys'`;
  await until("its last statement to be over", async () => (await stage.db.execute(running)).length === 0);
  const half = await done();
  expect(half).toBeGreaterThan(100);
  expect(half).toBeLessThan(1_000);
  const { code, said } = await rotate().ended;
  expect(code).toBe(0);
  expect(said).toContain(`${1_000 - half} data keys were wrapped anew.`);
  const stored = await stage.db.select().from(waSessions).where(eq(waSessions.userId, user.id));
  const before = new Map(rows.map((row) => [row.id, row]));
  for (const { id, wrappedKey, keyId, dataKeyId } of stored) {
    const old = before.get(id);
    if (!wrappedKey || !keyId || !dataKeyId || !old) throw new Error("a session lost its key");
    const owner = { sessionId: id, userId: user.id };
    const [then, now] = [
      openSealer(owner, old, keysOf({ SESSION_KEY: OLD })),
      openSealer(owner, { wrappedKey, keyId, dataKeyId }, current),
    ];
    expect(now.rowId("session", "1.0")).toBe(then.rowId("session", "1.0"));
    expect(now.open("session", "row", then.seal("session", "row", Buffer.from("kept")))).toEqual(Buffer.from("kept"));
  }
});

test("what cannot be opened is named and left as it is, and the rest is rotated", async () => {
  const user = await stage.signUp();
  const [damaged, lost, fine] = await addSessions(user.id, 3);
  await stage.db.execute(sql`update wa_sessions
    set wrapped_key = set_byte(wrapped_key, 30, get_byte(wrapped_key, 30) # 1) where id = ${damaged?.id}`);
  await stage.db.execute(sql`update wa_sessions set key_id = 'ffffffff' where id = ${lost?.id}`);
  const read = () =>
    stage.db.execute(sql`select id, key_id, md5(wrapped_key) from wa_sessions
      where id in (${damaged?.id}, ${lost?.id}) order by id`);
  const before = await read();
  const { code, said } = await rotate().ended;
  expect(code).toBe(1);
  expect(said).toMatch(new RegExp(`${damaged?.id}.*changed`));
  expect(said).toMatch(new RegExp(`${lost?.id} \\(key ffffffff\\).*another SESSION_KEY`));
  expect(said).toContain("1 data keys were wrapped anew");
  expect(said).toContain("2 do not open");
  expect([...(await read())]).toEqual([...before]);
  const [row] = await stage.db
    .select({ keyId: waSessions.keyId })
    .from(waSessions)
    .where(eq(waSessions.id, fine?.id ?? "was_"));
  expect(row?.keyId).toBe(keysOf({ SESSION_KEY: NEW }).current.id);
});
