import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createList, newPhone, readViolations, readWallet } from "../factories.ts";
import { spawnWorker, type WorkerProcess } from "../processes.ts";
import { createStage, type Stage, until, untilRead } from "../stage.ts";

const RECIPIENTS = 8;
const CRASHING = fileURLToPath(new URL("./crashing-worker.ts", import.meta.url));

let stage: Stage;
const running: WorkerProcess[] = [];
const timeouts = { LEASE_MS: "3000", ACK_TIMEOUT_MS: "1500" };
const start = (more: Record<string, string> = {}, program?: string[]) => {
  const worker = spawnWorker(stage.env.databaseUrl, stage.env.simulatorUrl, { ...timeouts, ...more }, program);
  running.push(worker);
  return worker;
};
beforeAll(async () => {
  stage = await createStage({ workers: 0 });
});
afterAll(async () => {
  for (const worker of running) worker.kill("SIGKILL");
  await Promise.all(running.map((worker) => worker.exited));
  await stage?.stop();
});

// How many may be handed over twice: while one is claimed, what WhatsApp said of the one before may still be on its way here.
test.each([
  ["claim", 1],
  ["encode", 1],
  ["write", 1],
  ["keycommit", 1],
  ["ack", 1],
] as const)(
  "killed at %s: nobody gets a message twice, nobody is lost, accepted is charged",
  async (step, repeats) => {
    const crashing = start({ CRASH_AT: step }, ["--import", "tsx", CRASHING]);
    await crashing.id;
    const user = await stage.signUp();
    const phone = newPhone();
    await stage.simulator.openAccount(phone);
    const { sessionId, qr } = await stage.showQr(user);
    await stage.simulator.scan(phone, qr);
    await until("the phone to be linked", async () => (await user.api.wa.get({ id: sessionId })).status === "linked");

    const list = await createList(stage.db, user.id, RECIPIENTS);
    const { id } = await user.api.campaigns.create({
      name: "Crash",
      listIds: [list.id],
      waSessionId: sessionId,
      templateText: "Hi {{name}}",
      throttleMinSeconds: 0.3,
      throttleMaxSeconds: 0.5,
    });
    await user.api.campaigns.start({ id, recipients: RECIPIENTS, consentConfirmed: true });
    await crashing.exited;
    const { counts } = await user.api.campaigns.get({ id });
    expect(counts.queued, "it died in the middle").toBeGreaterThan(0);
    const second = start({ ACK_TIMEOUT_MS: "30000" });
    const status = async () => (await user.api.campaigns.get({ id })).status;
    await until("the campaign to end", async () => (await status()) === "completed", 60_000);

    const sent = await stage.simulator.sent(phone);
    expect(sent.map((chat) => chat.phone).sort()).toEqual([...list.phones].sort());
    for (const [index, recipient] of list.phones.entries()) {
      expect(await untilRead(stage.simulator, recipient)).toEqual([`Hi Person ${index + 1}`]);
    }
    const copies = sent.flatMap((chat) => chat.messages.map((message) => message.copies));
    expect(sent.every((chat) => chat.messages.length === 1)).toBe(true);
    expect(copies.reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(RECIPIENTS + repeats);
    expect(await readWallet(stage.db, user.id)).toEqual({ balance: 400 - 2 * RECIPIENTS, held: 0 });
    expect(await readViolations(stage.db)).toEqual([]);
    // The next worker that dies is to die of its own campaign.
    await user.api.wa.unlink({ id: sessionId });
    await until("the phone to be free", async () => {
      return (await user.api.wa.list()).every(({ status }) => status !== "linked");
    });
    second.kill("SIGTERM");
    await second.exited;
  },
  90_000,
);
