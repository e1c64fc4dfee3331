import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { messages } from "#db/schema/index.ts";
import { type SpawnedSimulator, spawnSimulator } from "#simulator/client.ts";
import type { HeldSession } from "#worker/gateway/gateway.ts";
import { createRunningCampaign, newPhone, readWallet } from "../factories.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, until } from "../stage.ts";

// A local WhatsApp of its own: an upgrade that hangs, and what is falsified, would strike other tests too.
let folder: string;
let program: SpawnedSimulator;
let stage: Stage;
let user: StageUser;
let linked: LinkedPhone;
const simulator = () => program.client;
const start = async (port = 0) => {
  program = await spawnSimulator({ port, state: join(folder, "whatsapp.json") });
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "traps-"));
  await start();
  stage = await createStage({ env: { SIMULATOR_URL: program.url, ACK_TIMEOUT_MS: "30000" } });
  user = await stage.signUp();
  linked = await stage.linkPhone(user);
});
afterAll(async () => {
  await stage?.stop();
  await program?.stop();
  await rm(folder, { recursive: true, force: true });
});

const told = (id = linked.sessionId) => user.api.wa.get({ id });
const ready = (id = linked.sessionId) => until("the phone to be ready", () => stage.isReady(id));
function held(id = linked.sessionId): HeldSession {
  const session = stage.workers[0]?.sessions.held(id);
  if (!session) throw new Error("the session is not held");
  return session;
}
let ids = 0;
async function write(to: string, text: string): Promise<string> {
  const waMsgId = `3EB0${String(++ids).padStart(18, "0")}`;
  const person = `pn:${to as `+${string}`}` as const;
  await held().prepare([person]);
  await held().send({ waMsgId, to: person, encoded: held().encodeText(text) });
  return waMsgId;
}
const arrived = async (to: string, text: string) => {
  const chats = await simulator().sent(linked.phone);
  return chats.find(({ phone }) => phone === to)?.messages.find((message) => message.text === text);
};
const restartWorker = async () => {
  await Promise.all(stage.workers.map((worker) => worker.stop()));
  await stage.startWorker();
  await ready();
};

describe("a server that cannot prove to be WhatsApp", () => {
  test("is told nothing, the user hears of it, and a new code links the right one", async () => {
    await simulator().setTampering({ noiseRoot: 1 });
    const { id } = await user.api.wa.link();
    const refused = await until("the refusal", async () => {
      const session = await told(id);
      return session.status === "needs_attention" && session;
    });
    expect(refused).toMatchObject({ statusReason: "untrusted", next: "new_qr", qr: null });
    await user.api.wa.newQr({ id });
    const qr = await until("a new code", async () => (await told(id)).qr);
    const phone = newPhone();
    await simulator().openAccount(phone, "Budi");
    await simulator().scan(phone, qr);
    await ready(id);
    await user.api.wa.unlink({ id });
  });
});

test("receipts that come in the same moment as the answer are not swallowed", async () => {
  await simulator().setDelays(linked.phone, { deliveredMs: 0, readMs: 0 });
  const { id } = await createRunningCampaign(stage.db, stage.env, user.id, linked.sessionId, 10);
  await until("everybody to have read it", async () => (await user.api.campaigns.get({ id })).counts.read === 10);
  await simulator().setDelays(linked.phone, { deliveredMs: 400, readMs: 1_200 });
});

test("who has read stays told, though another device says something less of the message in the same moment", async () => {
  await simulator().setDelays(linked.phone, { deliveredMs: 0, readMs: null });
  await simulator().setPhone(linked.phone, { online: false });
  const { id } = await createRunningCampaign(stage.db, stage.env, user.id, linked.sessionId, 1);
  const counts = async () => (await user.api.campaigns.get({ id })).counts;
  await until("the message to arrive", async () => (await counts()).delivered === 1);
  const [row] = await stage.db.select({ to: messages.recipientKey }).from(messages).where(eq(messages.campaignId, id));
  // This process stands still meanwhile, and hears both at once. Its own copy reaches the phone now: the receipt of that says
  // only that the server had accepted the message.
  const calls = [
    ["POST", `/phones/${row?.to.replace("pn:", "")}/read`, { with: linked.phone }],
    ["PUT", `/phones/${linked.phone}`, { online: true }],
  ];
  const script = `
    for (const [method, path, body] of ${JSON.stringify(calls)}) {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(new URL(path, ${JSON.stringify(program.url)}), { method, headers, body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(await answer.text());
    }
    await new Promise((resolve) => setTimeout(resolve, 200));`;
  execFileSync(process.execPath, ["--input-type=module", "--eval", script]);
  await until("it to be read", async () => (await counts()).read === 1);
  await simulator().setDelays(linked.phone, { deliveredMs: 400, readMs: 1_200 });
});

test("a connection whose upgrade is never answered is given up and tried again", async () => {
  await simulator().setFaults(linked.phone, { hangUpgrade: { count: 1 } });
  await simulator().drop(linked.phone);
  await until("the connection to be lost", async () => (await told()).status === "reconnecting");
  await until("the connection to be back", () => stage.isReady(linked.sessionId), 60_000);
  expect((await simulator().account(linked.phone)).faults).toEqual({});
}, 90_000);

describe("whoever was written to before", () => {
  test.each([
    ["a new connection", () => simulator().drop(linked.phone)],
    ["a new process", restartWorker],
  ] as const)(
    "gets the next message over %s with nothing asked first, on the same Signal session",
    async (_, change) => {
      const [known, fresh] = [newPhone(), newPhone()];
      await write(known, "First");
      await until("it to be read", async () => (await arrived(known, "First"))?.readAt);
      const before = (await simulator().connections(linked.phone)).logins;
      await change();
      await until("a new login", async () => (await simulator().connections(linked.phone)).logins > before);
      await ready();

      await simulator().setFaults(linked.phone, { failQueries: { code: 503, probability: 1 } });
      await write(known, "Second");
      await until("the second", () => arrived(known, "Second"));
      await expect(write(fresh, "Nice to meet you"), "somebody new has to be asked for").rejects.toThrow();
      await simulator().clearFaults(linked.phone);
      expect(await arrived(known, "Second")).toMatchObject({ copies: 1, undecryptable: false });
    },
  );
});

test("a message nobody knows any more is not sent again, least of all empty", async () => {
  const person = newPhone();
  await write(person, "Hello");
  await until("it to be read", async () => (await arrived(person, "Hello"))?.readAt);
  await simulator().setPhone(person, { online: false });
  const id = await write(person, "Lost");
  await Promise.all(stage.workers.map((worker) => worker.stop()));
  // With other keys the phone cannot read what waited for it, and asks for it again.
  await simulator().reinstall(person);
  await simulator().setPhone(person, { online: true });
  const sent = async () => {
    const chats = await simulator().sent(linked.phone);
    return chats.find(({ phone }) => phone === person)?.messages.find((message) => message.id === id);
  };
  await until("the phone to ask for it", async () => (await sent())?.undecryptable);
  await stage.startWorker();
  await ready();
  await simulator().waitUntil({ for: "confirmed", phone: linked.phone });
  await sleep(1_500);
  expect(await sent()).toMatchObject({ copies: 1, text: null });
});

test("what cannot be handed over four times fails, and three in a row pause the campaign; afterwards everybody gets it once", async () => {
  // WhatsApp tells nobody's devices: nothing is written to anybody.
  await simulator().setFaults(linked.phone, { failQueries: { code: 503, probability: 1 } });
  const before = await readWallet(stage.db, user.id);
  const { id, phones } = await createRunningCampaign(stage.db, stage.env, user.id, linked.sessionId, 5);
  const campaign = () => user.api.campaigns.get({ id });
  await until("all to wait for another try", async () => {
    const { waiting, counts } = await campaign();
    return waiting?.reason === "retrying" && counts.queued === 5;
  });
  const hurry = async () => {
    await stage.db.execute(sql`update messages set not_before = now() where campaign_id = ${id} and status = 'queued'`);
    await stage.db.execute(sql`select book_pump(${linked.sessionId})`);
  };
  await until("the pause", async () => {
    await hurry();
    return (await campaign()).status === "paused";
  });
  // The next one may have been under way when the third failed.
  await until("nothing under way", async () => (await campaign()).counts.sending === 0);
  const { pauseReason, counts } = await campaign();
  expect(pauseReason).toBe("failures");
  expect(counts.failed).toBeGreaterThanOrEqual(3);
  expect(counts.failed).toBeLessThan(5);
  const sentence = expect.stringContaining("failed four times before anything was sent");
  expect(await user.api.campaigns.failures({ id })).toEqual([
    {
      status: "failed",
      code: "transport",
      sentence,
      remedy: "retry",
      count: counts.failed,
      able: counts.failed,
      points: 2 * counts.failed,
    },
  ]);
  expect((await simulator().sent(linked.phone)).filter((chat) => phones.includes(chat.phone))).toEqual([]);
  expect(await readWallet(stage.db, user.id)).toEqual({ balance: before.balance, held: 2 * counts.queued });

  await simulator().clearFaults(linked.phone);
  await user.api.campaigns.retryFailed({ id });
  await user.api.campaigns.resume({ id });
  await until("the end", async () => {
    await hurry();
    return (await campaign()).status === "completed";
  });
  const chats = (await simulator().sent(linked.phone)).filter((chat) => phones.includes(chat.phone));
  expect(chats.flatMap((chat) => chat.messages.map(({ copies }) => copies))).toEqual([1, 1, 1, 1, 1]);
  expect(await readWallet(stage.db, user.id)).toEqual({ balance: before.balance - 10, held: 0 });
});

describe("the first login of a device", () => {
  test("teaches which numbers and hidden identities are one person, from the chats the phone had before", async () => {
    const [phone, friend] = [newPhone(), newPhone()];
    await simulator().openAccount(phone, "Sari");
    await simulator().write(friend, phone, "Long ago");
    const { sessionId } = await stage.linkPhone(user, phone);
    const { lid } = await simulator().phone(friend);
    const pair = await until("the pair", async () => {
      const rows = await stage.db.execute<{ lid: string }>(
        sql`select lid from identity_pairs where user_id = ${user.id} and pn = ${`pn:${friend}`}`,
      );
      return rows[0];
    });
    expect(`${pair.lid}@lid`).toBe(`lid:${lid}`);
    await user.api.wa.unlink({ id: sessionId });
  });

  test("without a history from the phone holds back neither an opt-out nor a refusal for 20 seconds", async () => {
    const [phone, friend] = [newPhone(), newPhone()];
    const other = await stage.signUp();
    await simulator().openAccount(phone, "Sari");
    await simulator().setFaults(phone, { failLogins: { reason: 503, count: 100 } });
    const { sessionId, qr } = await stage.showQr(other);
    await simulator().scan(phone, qr);
    await simulator().write(friend, phone, "STOP");
    // A phone that never sends its history: as if it had done so already.
    const { port } = new URL(program.url);
    await program.stop();
    const file = join(folder, "whatsapp.json");
    const state = await readFile(file, "utf8");
    expect(state).toContain('"welcomed":false');
    await writeFile(file, state.replaceAll('"welcomed":false', '"welcomed":true'));
    await start(Number(port));
    await simulator().setFaults(phone, { nack: { code: 479, count: 2 } });

    await until("the first login", async () => (await simulator().connections(phone)).logins > 0, 60_000);
    const started = performance.now();
    await until("the opt-out", async () => {
      const rows = await stage.db.execute(sql`select 1 from suppressions where user_id = ${other.id}`);
      return rows.length > 0;
    });
    await until("the phone to be ready", () => stage.isReady(sessionId));
    const { id } = await createRunningCampaign(stage.db, stage.env, other.id, sessionId, 1);
    await until("the refusal", async () => (await other.api.campaigns.get({ id })).counts.failed === 1);
    expect(performance.now() - started).toBeLessThan(18_000);
  }, 150_000);
});
