import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createList, readViolations, readWallet } from "../factories.ts";
import { spawnWorker, type WorkerProcess } from "../processes.ts";
import { createStage, type Stage, startAsReviewed, until, untilRead } from "../stage.ts";

const RECIPIENTS = 60;
const KILLS = 6;
const LIMIT_MS = 240_000;

/** A small generator (mulberry32), so that a seed names a whole run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

let stage: Stage;
const running = new Set<WorkerProcess>();
const outputs: (() => string)[] = [];
const start = () => {
  const worker = spawnWorker(stage.env.databaseUrl, stage.env.simulatorUrl, {
    LEASE_MS: "3000",
    // A message whose answer is lost again and again is repeated after 0.25, 1, 5 and 30 s.
    ACK_TIMEOUT_MS: "250",
    LOG_LEVEL: "trace",
  });
  running.add(worker);
  outputs.push(() => worker.output());
  return worker;
};
beforeAll(async () => {
  stage = await createStage({ workers: 0 });
});
afterAll(async () => {
  for (const worker of running) worker.kill("SIGKILL");
  await Promise.all([...running].map((worker) => worker.exited));
  await stage?.stop();
});

async function ownerOf(sessionId: string): Promise<WorkerProcess | null> {
  const [row] = await stage.db.execute<{ owner: string | null }>(
    sql`select owner_id as owner from wa_sessions where id = ${sessionId} and lease_until > now()`,
  );
  for (const worker of running) {
    const id = await Promise.race([worker.id, sleep(10).then(() => null)]);
    if (id !== null && id === row?.owner) return worker;
  }
  return null;
}

test("a worker killed in mid-send, again and again, sends nobody a message twice and charges nobody wrongly", async () => {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));
  const random = randomFrom(seed);
  process.stdout.write(`kill-worker: SEED=${seed} repeats this run\n`);
  for (let n = 0; n < 2; n += 1) await start().id;

  const user = await stage.signUp();
  const phone = `+62811${String(seed).padStart(9, "0").slice(-8)}`;
  await stage.simulator.openAccount(phone);
  const { sessionId, qr } = await stage.showQr(user);
  await stage.simulator.scan(phone, qr);
  await until("the phone to be linked", async () => (await user.api.wa.get({ id: sessionId })).status === "linked");
  await stage.simulator.setDelays(phone, { ackMs: 120, deliveredMs: 300, readMs: 500 });
  await stage.simulator.setFaults(phone, {
    loseAcks: { probability: 0.2, seed },
    loseReceipts: { probability: 0.8, seed: seed + 1 },
  });

  const list = await createList(stage.db, user.id, RECIPIENTS);
  const { id } = await user.api.campaigns.create({
    name: "Storm",
    listIds: [list.id],
    waSessionId: sessionId,
    templateText: "Hi {{name}}",
    throttleMinSeconds: 0.1,
    throttleMaxSeconds: 0.3,
  });
  const began = Date.now();
  await startAsReviewed(user, id);

  let kills = 0;
  const accepted = async () => {
    const { counts } = await user.api.campaigns.get({ id });
    return counts.sent + counts.delivered + counts.read;
  };
  const onItsWay = async () => {
    const [row] = await stage.db.execute<{ n: number }>(
      sql`select count(*)::int as n from messages where campaign_id = ${id} and status = 'sending'`,
    );
    return (row?.n ?? 0) > 0;
  };
  while (Date.now() - began < LIMIT_MS) {
    const done = await accepted();
    if (done === RECIPIENTS) break;
    const owner = await ownerOf(sessionId);
    // Spread over the run: the n-th kill comes once a share of the recipients is through.
    if (owner && kills < KILLS && done >= (kills * RECIPIENTS) / (KILLS + 2)) {
      await sleep(random() * 300);
      await until("a message on its way", onItsWay);
      owner.kill("SIGKILL");
      await owner.exited;
      running.delete(owner);
      kills += 1;
      start();
    }
    await sleep(100);
  }

  expect(await accepted(), `SEED=${seed}`).toBe(RECIPIENTS);
  expect(kills).toBeGreaterThanOrEqual(KILLS);
  await until("the campaign to end", async () => (await user.api.campaigns.get({ id })).status === "completed");
  const sent = await stage.simulator.sent(phone);
  expect(sent.map((chat) => chat.phone).sort()).toEqual([...list.phones].sort());
  for (const chat of sent) {
    expect(chat.messages, `SEED=${seed} ${chat.phone}`).toHaveLength(1);
    expect(await untilRead(stage.simulator, chat.phone)).toEqual([`Hi Person ${list.phones.indexOf(chat.phone) + 1}`]);
  }
  expect(await readWallet(stage.db, user.id)).toEqual({ balance: 400 - 2 * RECIPIENTS, held: 0 });
  expect(await readViolations(stage.db)).toEqual([]);
  const logs = outputs.map((output) => output()).join("");
  expect(logs).toContain("worker.started");
  for (const secret of ["privKey", "Hi Person", phone.slice(1), ...list.phones.map((number) => number.slice(1))]) {
    expect(logs.includes(secret), `the log holds ${secret}`).toBe(false);
  }
  const { maxLivePerDevice } = await stage.simulator.connections(phone);
  expect(maxLivePerDevice).toBe(1);
  const copies = sent.flatMap((chat) => chat.messages.map((message) => message.copies));
  process.stdout.write(
    `kill-worker: ${kills} kills, ${copies.reduce((a, b) => a + b, 0)} submissions for ${RECIPIENTS} recipients, ${Math.round((Date.now() - began) / 1_000)} s\n`,
  );
}, 300_000);
