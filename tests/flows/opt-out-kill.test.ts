import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { connect } from "#db/client.ts";
import { newId } from "#db/ids.ts";
import { contactLists } from "#db/schema/index.ts";
import { createList, newPhone, readViolations } from "../factories.ts";
import { spawnWorker, type WorkerProcess } from "../processes.ts";
import { createStage, type Stage, type StageUser, startAsReviewed, until } from "../stage.ts";

let stage: Stage;
const running = new Set<WorkerProcess>();
const start = () => {
  const worker = spawnWorker(stage.env.databaseUrl, stage.env.simulatorUrl, {
    LEASE_MS: "6000",
    ACK_TIMEOUT_MS: "1500",
  });
  running.add(worker);
  return worker;
};
async function kill(worker: WorkerProcess): Promise<void> {
  worker.kill("SIGKILL");
  await worker.exited;
  running.delete(worker);
}
beforeAll(async () => {
  stage = await createStage({ workers: 0 });
});
afterAll(async () => {
  await Promise.all([...running].map(kill));
  await stage?.stop();
});
afterEach(async () => {
  expect(await readViolations(stage.db)).toEqual([]);
});

async function link(user: StageUser): Promise<{ sessionId: string; phone: string }> {
  const phone = newPhone();
  await stage.simulator.openAccount(phone);
  const { sessionId, qr } = await stage.showQr(user);
  await stage.simulator.scan(phone, qr);
  const isLinked = async () => (await user.api.wa.get({ id: sessionId })).status === "linked";
  await until("the phone to be linked", isLinked, 60_000);
  await stage.simulator.waitUntil({ for: "connected", phone });
  return { sessionId, phone };
}
/** Holds a table, so that who writes to it waits, until it is let go. */
async function hold(table: string): Promise<() => Promise<void>> {
  const connection = connect(stage.env.databaseUrl, { max: 1 });
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let locked = () => {};
  const isLocked = new Promise<void>((resolve) => {
    locked = resolve;
  });
  const done = connection.db.transaction(async (tx) => {
    await tx.execute(sql`lock table ${sql.identifier(table)} in access exclusive mode`);
    locked();
    await held;
  });
  await isLocked;
  return async () => {
    release();
    await done;
    await connection.close();
  };
}
const waiting = (table: string) =>
  until("somebody to wait for the table", async () => {
    const rows = await stage.db.execute(
      sql`select 1 from pg_locks where relation = ${table}::regclass and not granted`,
    );
    return rows.length > 0;
  });

test("a STOP that the process dies with before it is kept comes again, can be read, and holds", async () => {
  const user = await stage.signUp();
  const first = start();
  await first.id;
  const { phone } = await link(user);
  const person = newPhone();
  await stage.simulator.write(person, phone, "Hello");
  await until("the greeting", async () => {
    const rows = await stage.db.execute(sql`select 1 from inbound_messages where user_id = ${user.id}`);
    return rows.length === 1;
  });

  const letGo = await hold("inbound_messages");
  await stage.simulator.write(person, phone, "STOP");
  await waiting("inbound_messages");
  // WhatsApp is not told that it arrived, so it keeps it.
  await expect(stage.simulator.waitUntil({ for: "confirmed", phone }, 500)).rejects.toThrow();
  await kill(first);
  await letGo();
  await start().id;
  await until("the opt-out", async () => {
    const rows = await stage.db.execute(sql`select 1 from suppressions where user_id = ${user.id}`);
    return rows.length > 0;
  });
  await until("the confirmation", async () => {
    const texts = (await stage.simulator.phoneChats(person)).flatMap((chat) => chat.messages.map(({ text }) => text));
    return texts.some((text) => text.startsWith("You will get no more messages"));
  });
}, 120_000);

test("a STOP in a group that the process dies with before it holds comes again, can be read, and holds", async () => {
  const user = await stage.signUp();
  const worker = [...running][0] ?? start();
  await worker.id;
  const { phone } = await link(user);
  const person = newPhone();
  const group = await stage.simulator.createGroup({ subject: "Choir", owner: person, participants: [{ phone }] });
  const list = { id: newId("contactList"), userId: user.id, name: "Choir", source: "group" as const };
  await stage.db.insert(contactLists).values({ ...list, groupKey: `group:${group.id}` });
  // With it come the keys of what follows.
  await stage.simulator.write(person, group.id, "Hello");
  await stage.simulator.waitUntil({ for: "confirmed", phone });

  const letGo = await hold("suppressions");
  await stage.simulator.write(person, group.id, "STOP");
  await waiting("suppressions");
  await expect(stage.simulator.waitUntil({ for: "confirmed", phone }, 500)).rejects.toThrow();
  await kill(worker);
  await letGo();
  await start().id;
  await until("the opt-out", async () => {
    const rows = await stage.db.execute(sql`select 1 from suppressions where user_id = ${user.id}`);
    return rows.length > 0;
  });
  await stage.simulator.waitUntil({ for: "confirmed", phone });
}, 120_000);

test("a process that dies between a claim and the write sends nothing to who wrote STOP meanwhile", async () => {
  const user = await stage.signUp();
  const { sessionId, phone } = await link(user);
  const worker = [...running][0];
  if (!worker) throw new Error("no worker runs");
  const list = await createList(stage.db, user.id, 1);
  const person = list.phones[0] ?? "";
  await stage.simulator.setFaults(phone, { slow: { queryMs: 15_000 } });
  const { id } = await user.api.campaigns.create({
    name: "Meeting",
    listIds: [list.id],
    waSessionId: sessionId,
    templateText: "Hi {{name}}",
    throttleMinSeconds: 0,
    throttleMaxSeconds: 0,
  });
  await startAsReviewed(user, id);
  await until("the claim", async () => (await user.api.campaigns.get({ id })).counts.sending === 1);
  await kill(worker);
  await stage.simulator.write(person, phone, "STOP");
  await stage.simulator.clearFaults(phone);
  await start().id;
  await until("the confirmation", async () => {
    const sent = (await stage.simulator.sent(phone)).find((chat) => chat.phone === person);
    return sent?.messages.some(({ text }) => text?.startsWith("You will get no more messages"));
  });
  const texts = (await stage.simulator.phoneChats(person)).flatMap((chat) => chat.messages.map(({ text }) => text));
  expect(texts.filter((text) => text.startsWith("Hi"))).toEqual([]);
  // Nobody knows whether it was written: it keeps its hold, and is not sent again.
  expect((await user.api.campaigns.get({ id })).counts).toMatchObject({ unknown: 1, queued: 0, sending: 0 });
}, 120_000);
