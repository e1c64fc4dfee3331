import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createLog } from "#server/log.ts";
import { createStage, type Stage, until } from "#tests/stage.ts";
import { namesIn, type Receiver, startReceiver, tellName } from "#tests/webhook-receiver.ts";
import { createWebhooks } from "./webhooks.ts";

let stage: Stage;
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
  stage = await createStage({ workers: 0, env: { WEBHOOKS_LOCAL: "on" } });
});
afterAll(async () => {
  await stage?.stop();
  await receiver?.stop();
});

test("a webhook that is added while the last look finds none is told at once, not with the next minute", async () => {
  const user = await stage.signUp();
  const { db, env } = stage;
  const closing = new AbortController();
  const log = createLog("worker", { logLevel: "silent" });
  const task = createWebhooks({ env, db, log, announce: () => {}, closing: closing.signal });

  let goOn = () => {};
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const read = db.execute.bind(db);
  const look = vi.spyOn(db, "execute").mockImplementationOnce((query) => {
    const asked = read(query);
    const answer = asked.execute.bind(asked);
    asked.execute = async () => {
      const found = await answer();
      await held;
      return found;
    };
    return asked;
  });
  const first = task();
  await until("the look", () => look.mock.results.length === 1);
  look.mockRestore();
  await user.api.webhooks.add({ url: receiver.url, description: "Shop", events: ["session.*"] });
  await tellName(db, user.id, "Budi");
  await task();
  goOn();
  await until("it to be told", () => receiver.received.length > 0);
  expect(namesIn(receiver.received)).toEqual(["Budi"]);
  closing.abort();
  await first;
});
