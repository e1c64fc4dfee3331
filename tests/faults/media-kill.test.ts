import { sql } from "drizzle-orm";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createList, readViolations } from "../factories.ts";
import { makePicture } from "../fixtures/media/pictures.ts";
import { spawnWorker, type WorkerProcess } from "../processes.ts";
import { createStage, type Stage, until } from "../stage.ts";

let stage: Stage;
const running = new Set<WorkerProcess>();
beforeAll(async () => {
  stage = await createStage({ workers: 0 });
});
afterEach(async () => {
  for (const worker of running) worker.kill("SIGKILL");
  await Promise.all([...running].map((worker) => worker.exited));
  running.clear();
  expect(await readViolations(stage.db)).toEqual([]);
});
afterAll(() => stage?.stop());

function start(): WorkerProcess {
  const worker = spawnWorker(stage.env.databaseUrl, stage.env.simulatorUrl, {
    LEASE_MS: "3000",
  });
  running.add(worker);
  return worker;
}

/** Sends a picture to three people, and kills the worker when it has given it to WhatsApp and waits for what `lock` locks. */
async function killBehind(lock: string) {
  const first = start();
  const user = await stage.signUp();
  const phone = `+62813${String(Date.now()).slice(-8)}`;
  await stage.simulator.openAccount(phone);
  const { sessionId, qr } = await stage.showQr(user);
  await stage.simulator.scan(phone, qr);
  await until("the phone to be linked", async () => (await user.api.wa.get({ id: sessionId })).status === "linked");
  const form = new FormData();
  form.set("file", new File([new Uint8Array(await makePicture("png"))], "poster.png"));
  const list = await createList(stage.db, user.id, 3);
  const { id } = await user.api.campaigns.create({
    name: "Open day",
    listIds: [list.id],
    waSessionId: sessionId,
    templateText: "Hi {{name}}",
    mediaId: (await user.api.media.upload(form)).id,
    throttleMinSeconds: 0,
    throttleMaxSeconds: 0,
  });
  const uploads = async () => (await stage.simulator.account(phone)).uploads;

  const holder = postgres(stage.env.databaseUrl, { max: 1 });
  try {
    // The answer to "where to upload" comes late: time to take the lock between the claim and the upload.
    await stage.simulator.setFaults(phone, { slow: { queryMs: 5_000 } });
    await holder`select 1`;
    await user.api.campaigns.start({ id, recipients: 3, consentConfirmed: true });
    await until("a claim", async () => (await user.api.campaigns.get({ id })).counts.sending > 0);
    await holder.begin(async (tx) => {
      await tx.unsafe(lock);
      await until("the upload", async () => (await uploads()) === 1);
      // So that what comes behind the upload has begun to wait.
      await until("somebody to wait", async () => {
        const [row] = await stage.db.execute<{ n: number }>(
          sql`select count(*)::int as n from pg_locks
               where not granted and database = (select oid from pg_database where datname = current_database())`,
        );
        return row && row.n > 0;
      });
      first.kill("SIGKILL");
      await first.exited;
    });
  } finally {
    await holder.end();
  }
  expect((await stage.simulator.sent(phone)).length).toBe(0);
  await stage.simulator.clearFaults(phone);
  start();
  await until("the campaign to end", async () => (await user.api.campaigns.get({ id })).status === "completed", 60_000);
  const copies = (await stage.simulator.sent(phone)).map((chat) => [
    chat.phone,
    ...chat.messages.map((one) => one.copies),
  ]);
  expect(copies).toEqual(list.phones.map((number) => [number, 1]));
  for (const number of list.phones) {
    const messages = await until("the picture", async () => {
      const [chat] = await stage.simulator.phoneChats(number);
      return chat && chat.messages.length > 0 && chat.messages;
    });
    expect(messages).toMatchObject([{ media: { kind: "image" } }]);
  }
  return uploads();
}

test("a worker that dies between the upload and the write: the next one uses what WhatsApp has", async () => {
  // What is kept of the upload gets through; the last look at the message before its write does not.
  expect(await killBehind("lock table messages in share row exclusive mode")).toBe(1);
});

test("a worker that dies before it could write down what WhatsApp has: the next one uploads again, and nobody gets it twice", async () => {
  expect(await killBehind("lock table media_uploads in exclusive mode")).toBe(2);
});
