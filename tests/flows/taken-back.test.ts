import { afterAll, beforeAll, expect, test } from "vitest";
import type { Id } from "#db/ids.ts";
import { createList, readViolations, readWallet } from "../factories.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, startAsReviewed, until } from "../stage.ts";
import { eventOf, type Receiver, startReceiver } from "../webhook-receiver.ts";

let stage: Stage;
let receiver: Receiver;
let user: StageUser;
let linked: LinkedPhone;
beforeAll(async () => {
  receiver = await startReceiver();
  stage = await createStage({ env: { WEBHOOKS_LOCAL: "on", ACK_TIMEOUT_MS: "30000" } });
  user = await stage.signUp();
  linked = await stage.linkPhone(user);
});
afterAll(async () => {
  await stage?.stop();
  await receiver?.stop();
});

async function send(people: number): Promise<Id<"campaign">> {
  const list = await createList(stage.db, user.id, people);
  const { id } = await user.api.campaigns.create({
    name: "Class meeting",
    listIds: [list.id],
    waSessionId: linked.sessionId,
    templateText: "Hi {{name}}",
    throttleMinSeconds: 0,
    throttleMaxSeconds: 0,
  });
  await startAsReviewed(user, id);
  return id;
}

test("what WhatsApp took and then says did not get through is failed, refunded once, told, and not tried again", async () => {
  await user.api.webhooks.add({ url: `${receiver.url}/hook`, description: "", events: ["message.status"] });
  await stage.simulator.setFaults(linked.phone, { takeBack: { code: 470, ms: 400, count: 1 } });
  const id = await send(2);
  const counts = async () => (await user.api.campaigns.get({ id })).counts;
  await until("both to be accepted", async () => {
    const { rows } = await user.api.wallet.txns({});
    return rows.filter(({ type }) => type === "deduct").length === 2;
  });
  await until("the one to be taken back, the other to arrive", async () => {
    const now = await counts();
    return now.failed === 1 && now.delivered + now.read === 1;
  });

  expect(await readWallet(stage.db, user.id)).toEqual({ balance: 398, held: 0 });
  const { rows: ledger } = await user.api.wallet.txns({});
  const [refund] = ledger.filter(({ type }) => type === "refund");
  expect(refund).toMatchObject({ points: 2, balanceAfter: 398 });
  expect(ledger.filter(({ refId }) => refId === refund?.refId).map(({ type }) => type)).toEqual(["refund", "deduct"]);

  const failures = await user.api.campaigns.failures({ id });
  expect(failures).toMatchObject([{ status: "failed", code: "late_470", count: 1, able: 0, remedy: null }]);
  expect(failures[0]?.sentence).toContain("Its points were given back");
  await expect(user.api.campaigns.retryFailed({ id })).rejects.toMatchObject({ cause: { code: "nothing_to_retry" } });

  const told = await until("the webhook of the failure", () =>
    receiver.received
      .map(eventOf)
      .find(({ type, data }) => type === "message.status" && "kind" in data && data.status === "failed"),
  );
  expect(told.data).toMatchObject({ errorCode: "late_470", sentAt: expect.any(String) });
  expect(await readViolations(stage.db)).toEqual([]);
});
