import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Id } from "#db/ids.ts";
import { createList } from "../factories.ts";
import { spawnWorker, type WorkerProcess } from "../processes.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, startAsReviewed, until } from "../stage.ts";

/*
 * Somebody changes the database while no worker runs. One worker process then meets all of it at once, together with phones
 * that nobody touched.
 */

type Harmed = LinkedPhone & { user: StageUser };
const friend = (phone: string) => phone.replace(/^\+62812/, "+62813");

let stage: Stage;
let worker: WorkerProcess | undefined;
let other: Harmed;
beforeAll(async () => {
  stage = await createStage();
  other = await link();
});
afterAll(async () => {
  worker?.kill("SIGKILL");
  await worker?.exited;
  await stage?.stop();
});

/** A phone of a user of its own, with whom a friend has a Signal session. */
async function link(): Promise<Harmed> {
  const user = await stage.signUp();
  const linked = await stage.linkPhone(user);
  await stage.simulator.write(friend(linked.phone), linked.phone, "Hello");
  await until("the friend's Signal session", async () => (await kindsOf(linked.sessionId)).includes("session"));
  return { ...linked, user };
}

/** Starts a campaign from that phone. */
async function send({ user, sessionId }: Harmed, recipients: number) {
  const list = await createList(stage.db, user.id, recipients);
  const { id } = await user.api.campaigns.create({
    name: "Unharmed",
    listIds: [list.id],
    waSessionId: sessionId,
    templateText: "Hi {{name}}",
    throttleMinSeconds: 0.1,
    throttleMaxSeconds: 0.1,
  });
  await startAsReviewed(user, id);
  return { id, phones: list.phones };
}

async function kindsOf(id: Id<"waSession">): Promise<string[]> {
  const rows = await stage.db.execute<{ kind: string }>(
    sql`select distinct kind from wa_session_keys where wa_session_id = ${id} order by kind`,
  );
  return rows.map((row) => row.kind);
}

const flip = (column: string, at: number) => sql.raw(`set_byte(${column}, ${at}, get_byte(${column}, ${at}) # 1)`);
const session = (id: Id<"waSession">, change: ReturnType<typeof sql>) =>
  stage.db.execute(sql`update wa_sessions s set ${change} where id = ${id}`);
const keys = (id: Id<"waSession">, kind: string, change: ReturnType<typeof sql>) =>
  stage.db.execute(sql`update wa_session_keys k set ${change} where wa_session_id = ${id} and kind = ${kind}`);

/** What was done to a phone's rows; `read` tells what makes the worker look at them. */
interface Harm {
  what: string;
  before?: (linked: Harmed) => Promise<unknown>;
  harm: (id: Id<"waSession">) => Promise<unknown>;
  read?: "a message";
}
const harms: Harm[] = [
  { what: "a byte of the wrapped key", harm: (id) => session(id, sql`wrapped_key = ${flip("wrapped_key", 30)}`) },
  { what: "a byte of the credentials", harm: (id) => session(id, sql`credentials = ${flip("credentials", 900)}`) },
  { what: "the name of the data key", harm: (id) => session(id, sql`data_key_id = 'another'`) },
  { what: "no wrapped key", harm: (id) => session(id, sql`wrapped_key = null`) },
  { what: "no credentials", harm: (id) => session(id, sql`credentials = null`) },
  {
    what: "the keys and credentials of another user",
    harm: (id) =>
      session(
        id,
        sql`(wrapped_key, key_id, data_key_id, credentials) = (select wrapped_key, key_id, data_key_id, credentials
              from wa_sessions where id = ${other.sessionId})`,
      ),
  },
  { what: "another owner", harm: (id) => session(id, sql`user_id = ${other.user.id}`) },
  {
    what: "a message that is to be sent again",
    before: async (linked) => {
      await stage.simulator.setFaults(linked.phone, { loseAcks: { count: 100 }, loseReceipts: { count: 100 } });
      await send(linked, 1);
      await until("a message on its way", async () => {
        const rows = await stage.db.execute(sql`select 1 from messages
          where wa_session_id = ${linked.sessionId} and status = 'sending' and encoded is not null`);
        return rows.length > 0;
      });
    },
    harm: (id) =>
      stage.db.execute(sql`update messages set encoded = ${flip("encoded", 40)} where wa_session_id = ${id}`),
  },
  {
    what: "a byte of a Signal session",
    read: "a message",
    harm: (id) => keys(id, "session", sql`value = ${flip("value", 40)}`),
  },
  {
    what: "Signal sessions of another user",
    read: "a message",
    harm: (id) =>
      keys(
        id,
        "session",
        sql`value = (select value from wa_session_keys where wa_session_id = ${other.sessionId} and kind = 'session' limit 1)`,
      ),
  },
  {
    what: "pre-keys in the place of Signal sessions",
    read: "a message",
    harm: (id) =>
      keys(
        id,
        "session",
        sql`value = (select value from wa_session_keys where wa_session_id = ${id} and kind = 'pre-key' limit 1)`,
      ),
  },
  {
    what: "empty Signal sessions",
    read: "a message",
    harm: (id) => keys(id, "session", sql`value = ''`),
  },
];

const look = async (id: Id<"waSession">) =>
  (
    await stage.db.execute<{ status: string; reason: string | null; epoch: string; owner: string | null }>(
      sql`select status, status_reason as reason, epoch::text, owner_id as owner from wa_sessions where id = ${id}`,
    )
  )[0];

test("whatever was changed on the disk is refused and told once, and other phones of the same worker go on", async () => {
  const harmed: (Harmed & (typeof harms)[number])[] = [];
  for (const harm of harms) {
    const linked = await link();
    await harm.before?.(linked);
    harmed.push({ ...harm, ...linked });
  }
  const foreign = await link();
  await stage.workers[0]?.stop();
  for (const { harm, sessionId } of harmed) await harm(sessionId);
  await session(foreign.sessionId, sql`key_id = 'ffffffff'`);

  worker = spawnWorker(stage.env.databaseUrl, stage.env.simulatorUrl, {
    ACK_TIMEOUT_MS: "1000",
    LOG_LEVEL: "debug",
  });
  await worker.id;
  for (const { what, read, sessionId, phone } of harmed) {
    if (read) {
      await until(`"${what}" to be connected`, async () => (await look(sessionId))?.owner != null);
      await stage.simulator.write(friend(phone), phone, "Still there?");
    }
    await until(`"${what}" to be refused`, async () => (await look(sessionId))?.status === "needs_attention");
    expect(await look(sessionId), what).toMatchObject({ status: "needs_attention", reason: "unreadable" });
  }

  const { user, phone } = other;
  const { id, phones } = await send(other, 5);
  await until("the campaign to end", async () => (await user.api.campaigns.get({ id })).status === "completed");
  expect((await stage.simulator.sent(phone)).filter((chat) => phones.includes(chat.phone))).toHaveLength(5);

  await until("all to be let go", async () =>
    (await Promise.all(harmed.map((one) => look(one.sessionId)))).every((row) => row?.owner === null),
  );
  const epochs = await Promise.all(harmed.map((one) => look(one.sessionId)));
  await sleep(2_000);
  expect(await Promise.all(harmed.map((one) => look(one.sessionId))), "nobody tries them again").toEqual(epochs);
  for (const { what, sessionId } of harmed) {
    const told = worker
      .output()
      .split("\n")
      .filter((line) => line.includes(sessionId) && line.includes("session.unreadable"));
    expect(told, what).toHaveLength(1);
    expect(told[0], what).toMatch(/The stored [a-z -]+ (is|are) refused: /);
  }
  expect(worker.output()).not.toContain('"event":"unhandled"');
  // Wrapped, it says, by a key that nobody here has: left for a worker that has it.
  expect(await look(foreign.sessionId)).toMatchObject({ status: "linked", owner: null });
  const view = await harmed[0]?.user.api.wa.get({ id: harmed[0].sessionId });
  expect(view).toMatchObject({ next: "new_qr", sentence: expect.stringContaining("cannot be read") });
}, 120_000);
