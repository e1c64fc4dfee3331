import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Id } from "#db/ids.ts";
import { createList, newPhone, readViolations } from "../factories.ts";
import { spawnWorker, type WorkerProcess } from "../processes.ts";
import { createStage, type Stage, type StageUser, startAsReviewed, until, untilRead } from "../stage.ts";

const RECIPIENTS = 16;

let stage: Stage;
let user: StageUser;
let phone: string;
let sessionId: Id<"waSession">;
const workers: WorkerProcess[] = [];

beforeAll(async () => {
  stage = await createStage({ workers: 0 });
  for (let n = 0; n < 2; n += 1) {
    const worker = spawnWorker(stage.env.databaseUrl, stage.env.simulatorUrl, {
      LEASE_MS: "12000",
      ACK_TIMEOUT_MS: "1500",
    });
    workers.push(worker);
    await worker.id;
  }
  user = await stage.signUp();
  phone = newPhone();
  await stage.simulator.openAccount(phone);
  const shown = await stage.showQr(user);
  sessionId = shown.sessionId;
  await stage.simulator.scan(phone, shown.qr);
  await until("the phone to be linked", async () => (await user.api.wa.get({ id: sessionId })).status === "linked");
});
afterAll(async () => {
  for (const worker of workers) worker.kill("SIGKILL");
  await Promise.all(workers.map((worker) => worker.exited));
  await stage?.stop();
});

async function owner(): Promise<WorkerProcess | undefined> {
  const [row] = await stage.db.execute<{ owner: string | null }>(
    sql`select owner_id as owner from wa_sessions where id = ${sessionId} and lease_until > now()`,
  );
  for (const worker of workers) if ((await worker.id) === row?.owner) return worker;
  return undefined;
}

async function freezeOwner(): Promise<WorkerProcess> {
  const frozen = await until("an owner", owner);
  frozen.kill("SIGSTOP");
  return frozen;
}

const anotherHolds = (frozen: WorkerProcess) =>
  until("the other worker to take the session over", async () => {
    const now = await owner();
    return now !== undefined && now !== frozen;
  });

/** Every row a worker may write, but for what keeps a lease and a heartbeat. */
async function everyRow(): Promise<string> {
  const [row] = await stage.db.execute<{ all: string }>(sql`
    select md5(concat(
      (select string_agg(m::text, ',' order by id) from messages m),
      (select string_agg(c::text, ',' order by id) from campaigns c),
      (select string_agg(w::text, ',' order by id) from wallets w),
      (select string_agg(concat(kind, key_hash, md5(value)), ',' order by kind, key_hash) from wa_session_keys),
      (select string_agg(concat(id, status, epoch, owner_id, next_send_at, md5(credentials)), ',') from wa_sessions)
    )) as all`);
  return row?.all ?? "";
}

test("a worker that was frozen past its lease and wakes up sends nothing, and nobody gets a message twice", async () => {
  await stage.simulator.setDelays(phone, { ackMs: 100, deliveredMs: 200, readMs: 300 });
  const list = await createList(stage.db, user.id, RECIPIENTS);
  const { id } = await user.api.campaigns.create({
    name: "Frozen",
    listIds: [list.id],
    waSessionId: sessionId,
    templateText: "Hi {{name}}",
    throttleMinSeconds: 0.2,
    throttleMaxSeconds: 0.4,
  });
  await startAsReviewed(user, id);
  const on = async () => (await user.api.campaigns.get({ id })).counts.sending > 0;
  await until("a message on its way", on);
  const frozen = await freezeOwner();
  await anotherHolds(frozen);
  const accepted = async () => {
    const { counts } = await user.api.campaigns.get({ id });
    return counts.sent + counts.delivered + counts.read;
  };
  const before = await accepted();
  await until("the other worker to send", async () => (await accepted()) > before + 1);
  frozen.kill("SIGCONT");
  await until("it to notice", () => frozen.output().includes("lease.lost"));
  await until("the campaign to end", async () => (await user.api.campaigns.get({ id })).status === "completed");

  for (const chat of await stage.simulator.sent(phone)) expect(chat.messages).toHaveLength(1);
  for (const [index, recipient] of list.phones.entries()) {
    expect(await untilRead(stage.simulator, recipient)).toEqual([`Hi Person ${index + 1}`]);
  }
  expect(await readViolations(stage.db)).toEqual([]);
});

test("what it still writes when it wakes changes no row", async () => {
  await sleep(1_500);
  const { logins } = await stage.simulator.connections(phone);
  const frozen = await freezeOwner();
  await anotherHolds(frozen);
  await until("the new owner to log in", async () => (await stage.simulator.connections(phone)).logins > logins);
  let before = await everyRow();
  await until("it to have written what it writes as it comes in", async () => {
    await sleep(1_500);
    const last = before;
    before = await everyRow();
    return before === last;
  });
  frozen.kill("SIGCONT");
  await sleep(4_000);
  expect(await everyRow()).toBe(before);
  expect(await owner()).not.toBe(frozen);
});
