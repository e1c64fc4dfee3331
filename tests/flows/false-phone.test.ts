import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectSimulator, type SimulatorClient } from "#simulator/client.ts";
import { newPhone } from "../factories.ts";
import { findLeak, watchOutput } from "../silence/leaks.ts";
import { createStage, type Stage, until } from "../stage.ts";

const MAIN = fileURLToPath(new URL("../../simulator/main.ts", import.meta.url));

// A local WhatsApp of its own: what it falsifies would strike other tests too, and what it prints is read to the end.
let program: ChildProcess;
let printed = "";
let simulator: SimulatorClient;
let stage: Stage;
beforeAll(async () => {
  const child = spawn(process.execPath, ["--import", "tsx", MAIN, "--port", "0"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  program = child;
  for (const stream of [child.stdout, child.stderr]) {
    const watch = watchOutput("the simulator");
    stream.on("data", (chunk: Buffer) => {
      printed += chunk;
      watch(chunk.toString());
    });
  }
  const url = await until("the simulator", () => /simulator ready (\S+)/.exec(printed)?.[1]);
  simulator = connectSimulator(url);
  stage = await createStage({ env: { SIMULATOR_URL: url } });
});
afterAll(async () => {
  await stage?.stop();
  program?.kill("SIGTERM");
  await once(program, "exit");
});

test.each(["advSignature", "advHmac"] as const)(
  "a phone whose %s is wrong is not linked, the user is told, and a new code links the right one",
  async (what) => {
    const user = await stage.signUp();
    const phone = newPhone();
    await simulator.openAccount(phone, "Ani");
    await simulator.setTampering({ [what]: 1 });
    const { sessionId, qr } = await stage.showQr(user);
    await simulator.scan(phone, qr).catch(() => {});
    const refused = await until("the refusal", async () => {
      const session = await user.api.wa.get({ id: sessionId });
      return session.status === "needs_attention" && session;
    });
    expect(refused).toMatchObject({ statusReason: "unsigned", next: "new_qr", phone: null, qr: null });
    expect(refused.sentence).toContain("not signed by your phone");
    expect((await simulator.account(phone)).devices).toEqual([]);

    await user.api.wa.newQr({ id: sessionId });
    const again = await until("a new code", async () => (await user.api.wa.get({ id: sessionId })).qr);
    await simulator.scan(phone, again);
    await until("the phone to be linked", () => stage.isReady(sessionId));
  },
);

test("the local WhatsApp prints nothing while sessions are made and made anew, and no key at all", async () => {
  const user = await stage.signUp();
  const phone = newPhone();
  const friend = newPhone();
  const before = printed;
  await simulator.openAccount(phone, "Ani");
  for (let n = 0; n < 2; n++) {
    const { sessionId, qr } = await stage.showQr(user);
    await simulator.scan(phone, qr);
    await until("the phone to be linked", () => stage.isReady(sessionId));
    const held = stage.workers[0]?.sessions.held(sessionId);
    await simulator.write(friend, phone, "Hello");
    const to = `pn:${friend as `+${string}`}` as const;
    await held?.prepare([to]);
    const message = { waMsgId: `3EB0${n}`.padEnd(22, "0"), to, encoded: held?.encodeText("Hi") ?? Buffer.of() };
    // Not while what they wrote is being read.
    await until("the message to be written", () =>
      held?.send(message).then(
        () => true,
        () => false,
      ),
    );
    await until("the answer", async () => {
      const chats = await simulator.sent(phone);
      return chats.some((chat) => chat.phone === friend && chat.messages.length === n + 1);
    });
  }
  expect(printed).toBe(before);
  expect(findLeak(printed)).toBeUndefined();
});
