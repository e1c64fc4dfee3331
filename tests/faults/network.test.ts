import { afterAll, beforeAll, expect, test } from "vitest";
import type { FaultSettings } from "#simulator/client.ts";
import { createList, readViolations, readWallet } from "../factories.ts";
import { createStage, type Stage, until, untilRead } from "../stage.ts";

const RECIPIENTS = 8;

let stage: Stage;
beforeAll(async () => {
  stage = await createStage({ env: { KEEP_ALIVE_MS: "1000" } });
});
afterAll(() => stage?.stop());

const cuts: [string, FaultSettings][] = [
  ["before a message is taken, twice", { dropBefore: 2 }],
  ["after it is taken and before that is said, twice", { dropAfter: 2 }],
  ["right after the acceptance", { dropAfterAck: 2 }],
  ["half open: there, and silent", { freezeAfter: 3 }],
];

test.each(cuts)(
  "the network is lost %s: nobody gets a message twice, nobody is lost",
  async (_when, faults) => {
    const user = await stage.signUp();
    const { sessionId, phone } = await stage.linkPhone(user);
    const list = await createList(stage.db, user.id, RECIPIENTS);
    const before = await stage.simulator.connections(phone);
    await stage.simulator.setFaults(phone, faults);
    const { id } = await user.api.campaigns.create({
      name: "Cut",
      listIds: [list.id],
      waSessionId: sessionId,
      templateText: "Hi {{name}}",
      throttleMinSeconds: 0.05,
      throttleMaxSeconds: 0.1,
    });
    await user.api.campaigns.start({ id, recipients: RECIPIENTS, consentConfirmed: true });
    const status = async () => (await user.api.campaigns.get({ id })).status;
    await until("the campaign to end", async () => (await status()) === "completed", 60_000);

    const { logins } = await stage.simulator.connections(phone);
    expect(logins, "the connection was lost and made again").toBeGreaterThan(before.logins);
    for (const [index, recipient] of list.phones.entries()) {
      expect(await untilRead(stage.simulator, recipient)).toEqual([`Hi Person ${index + 1}`]);
    }
    for (const chat of await stage.simulator.sent(phone)) expect(chat.messages).toHaveLength(1);
    expect(await readWallet(stage.db, user.id)).toEqual({ balance: 400 - 2 * RECIPIENTS, held: 0 });
    expect(await readViolations(stage.db)).toEqual([]);
  },
  90_000,
);
