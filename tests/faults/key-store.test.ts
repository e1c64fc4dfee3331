import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createList, readViolations, readWallet } from "../factories.ts";
import { createStage, type Stage, startAsReviewed, until } from "../stage.ts";

const RECIPIENTS = 30;

let stage: Stage;
beforeAll(async () => {
  stage = await createStage();
  await stage.db.execute(sql`create function refuse_keys() returns trigger language plpgsql
    as $$ begin raise 'no space left on device' using errcode = '53100'; end $$`);
});
afterAll(() => stage?.stop());

const refuse = () =>
  stage.db.execute(sql`create trigger refuse_keys before insert or update or delete on wa_session_keys
    for each statement execute function refuse_keys()`);
const allow = () => stage.db.execute(sql`drop trigger refuse_keys on wa_session_keys`);

// A write waits 10 s for the database before it fails.
test.each([
  ["a moment", 1_500],
  ["longer than a write waits", 14_000],
])(
  "keys that cannot be stored for %s cost no message, and nobody gets or pays one twice",
  async (_, ms) => {
    const user = await stage.signUp();
    const { sessionId, phone } = await stage.linkPhone(user);
    const list = await createList(stage.db, user.id, RECIPIENTS);
    const campaign = async (name: string) => {
      const settings = { throttleMinSeconds: 0.05, throttleMaxSeconds: 0.1, waSessionId: sessionId };
      const template = { templateText: `${name} {{name}}`, listIds: [list.id] };
      const { id } = await user.api.campaigns.create({ name, ...template, ...settings });
      await startAsReviewed(user, id);
      return id;
    };
    const accepted = async (id: Awaited<ReturnType<typeof campaign>>) => {
      const { counts } = await user.api.campaigns.get({ id });
      return counts.sent + counts.delivered + counts.read;
    };

    const id = await campaign("First");
    await until("the campaign to be under way", async () => (await accepted(id)) >= 5);
    await refuse();
    const started = Date.now();
    await sleep(ms / 2);
    // What is on its way is still taken; then nothing more comes.
    let middle = await accepted(id);
    for (let before = -1; before !== middle; middle = await accepted(id)) {
      before = middle;
      await sleep(500);
    }
    await sleep(ms / 2 - (Date.now() - started - ms / 2));
    expect(await accepted(id), "nothing is sent whose keys are not stored").toBeLessThanOrEqual(middle);
    expect(middle).toBeLessThan(RECIPIENTS);
    await allow();
    await until(
      "the campaign to end",
      async () => (await user.api.campaigns.get({ id })).status === "completed",
      60_000,
    );
    expect(await accepted(id)).toBe(RECIPIENTS);

    // The keys are stored: another process goes on with them, and everybody can read it.
    await stage.workers[0]?.stop();
    await stage.startWorker();
    const second = await campaign("Second");
    await until("the second to end", async () => (await accepted(second)) === RECIPIENTS);
    const sent = await until("everything to be read", async () => {
      const chats = await stage.simulator.sent(phone);
      return chats.every((chat) => chat.messages.filter((message) => message.text).length === 2) && chats;
    });
    expect(sent).toHaveLength(RECIPIENTS);
    for (const { phone: to, messages } of sent) {
      const name = `Person ${list.phones.indexOf(to) + 1}`;
      expect(messages.map((message) => message.text)).toEqual([`First ${name}`, `Second ${name}`]);
      expect(messages.every((message) => !message.undecryptable)).toBe(true);
    }
    expect(await readWallet(stage.db, user.id)).toEqual({ balance: 400 - 4 * RECIPIENTS, held: 0 });
    expect(await readViolations(stage.db)).toEqual([]);
    await user.api.wa.unlink({ id: sessionId });
  },
  120_000,
);
