import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Id } from "#db/ids.ts";
import { contacts, webhookEndpoints } from "#db/schema/index.ts";
import { emitWebhook } from "#server/webhooks/emit.ts";
import { expireWebhooks } from "#server/webhooks/forget.ts";
import { webhookTopics } from "#server/webhooks/schema.ts";
import { createList, newPhone } from "../factories.ts";
import { createStage, type Stage, type StageUser, until } from "../stage.ts";
import { eventOf, letTimePass, namesIn, type Receiver, signers, startReceiver, tellName } from "../webhook-receiver.ts";

let stage: Stage;
let receiver: Receiver;
let user: StageUser;
beforeAll(async () => {
  receiver = await startReceiver();
  stage = await createStage({ env: { WEBHOOKS_LOCAL: "on" } });
});
afterAll(async () => {
  await stage?.stop();
  await receiver?.stop();
});
beforeEach(async () => {
  user = await stage.signUp();
  receiver.answers(204);
});

const everything = [...webhookTopics];
const add = (path: string, who = user, events = everything) =>
  who.api.webhooks.add({ url: `${receiver.url}/${path}`, description: path, events });
const at = (path: string) => receiver.received.filter((one) => one.path.endsWith(`/${path}`));
const eventsAt = (path: string) => at(path).map(eventOf);
const tell = (who: StageUser, name: string) => tellName(stage.db, who.id, name);
const namesAt = (path: string) => namesIn(at(path));
const log = async (who = user) => (await who.api.webhooks.deliveries({})).rows;

test("a test is delivered at once, and tells what was answered; a new secret signs beside the old one for a day", async () => {
  const { id, secret } = await add("tested");
  expect(await user.api.webhooks.test({ id })).toMatchObject({ code: 204, problem: null });
  receiver.answers(500);
  expect(await user.api.webhooks.test({ id })).toMatchObject({ code: 500, problem: "status", text: "answered 500" });
  expect((await log()).map((row) => [row.type, row.status])).toEqual([
    ["webhook.test", "dead"],
    ["webhook.test", "delivered"],
  ]);
  const renewed = await user.api.webhooks.rotateSecret({ id });
  await user.api.webhooks.test({ id });
  const [before, , after] = at("tested");
  if (!before || !after) throw new Error("three tests were sent");
  expect(signers(before, [secret, renewed.secret])).toEqual([secret]);
  expect(signers(after, [secret, renewed.secret])).toEqual([secret, renewed.secret]);
  await stage.db.execute(sql`update webhook_endpoints set previous_until = app_now() where id = ${id}`);
  await user.api.webhooks.test({ id });
  const last = at("tested").at(-1);
  expect(last && signers(last, [secret, renewed.secret])).toEqual([renewed.secret]);
  expect(eventsAt("tested").map((event) => event.sequence)).toEqual([1, 2, 3, 4]);
});

test("nobody hears, sees or changes what is another's", async () => {
  const other = await stage.signUp();
  const mine = await add("mine");
  await add("theirs", other);
  await tell(user, "mine");
  await tell(other, "theirs");
  await until("both", () => at("mine").length === 1 && at("theirs").length === 1);
  expect([namesAt("mine"), namesAt("theirs")]).toEqual([["mine"], ["theirs"]]);
  const [delivery] = await log();
  const id: Id<"webhookDelivery"> = delivery?.id ?? "whd_";
  const { webhooks } = other.api;
  expect((await webhooks.list()).map((endpoint) => endpoint.description)).toEqual(["theirs"]);
  expect(await log(other)).toHaveLength(1);
  for (const forbidden of [
    () => webhooks.delivery({ id }),
    () => webhooks.replay({ id }),
    () => webhooks.test({ id: mine.id }),
    () => webhooks.rotateSecret({ id: mine.id }),
    () => webhooks.switch({ id: mine.id, to: "off" }),
    () => webhooks.change({ id: mine.id, url: receiver.url, description: "", events: everything }),
    () => webhooks.replayDead({ id: mine.id }),
    () => webhooks.remove({ id: mine.id }),
  ])
    await expect(forbidden()).rejects.toThrow("not yours");
});

test("ten are enough for anybody; addresses that cannot be told are refused; no secret can be read where it is kept", async () => {
  const [first] = await Promise.all(Array.from({ length: 10 }, (_, n) => add(`n${n}`)));
  await expect(add("one too many")).rejects.toThrow("You can have 10 webhooks");
  const id = first?.id ?? "whe_";
  await expect(
    user.api.webhooks.change({ id, url: "http://10.0.0.1/", description: "", events: everything }),
  ).rejects.toThrow();
  const [row] = await stage.db.select().from(webhookEndpoints).where(eq(webhookEndpoints.id, id));
  const plain = Buffer.from((first?.secret ?? "").slice("whsec_".length), "base64");
  expect(plain).toHaveLength(32);
  expect(row?.secret.includes(plain)).toBe(false);
  expect(JSON.stringify(await user.api.webhooks.list())).not.toContain('secret":');
  await user.api.webhooks.remove({ id });
  expect(await user.api.webhooks.list()).toHaveLength(9);
});

test("who is erased is in no payload any more, and after 14 days nothing is", async () => {
  await add("private");
  receiver.answers(500);
  const list = await createList(stage.db, user.id, 1);
  const [contact] = await stage.db
    .select()
    .from(contacts)
    .where(eq(contacts.phoneE164, list.phones[0] ?? ""));
  if (!contact) throw new Error("the list has one person");
  const identity = `pn:${contact.phoneE164}`;
  const from = { identity, phone: contact.phoneE164, contactId: contact.id, name: contact.name };
  const received = { messageId: "inb_000000000000000000000000", sessionId: "was_000000000000000000000000" } as const;
  const sentAt = new Date().toISOString();
  await emitWebhook(
    stage.db,
    user.id,
    "message.received",
    { ...received, from, text: "my cello lesson", sentAt },
    { contactId: contact.id, identity },
  );
  await tell(user, newPhone());
  await until("a try", () => at("private").length === 1);
  await user.api.contacts.erase({ id: contact.id, confirm: contact.name });
  const rows = JSON.stringify([
    ...(await stage.db.execute(sql`select * from webhook_deliveries where user_id = ${user.id}`)),
  ]);
  for (const trace of [contact.phoneE164, contact.id, contact.name, "cello"]) expect(rows).not.toContain(trace);
  receiver.answers(204);
  await letTimePass(stage.db, user.id);
  await until("the event, nameless", () =>
    eventsAt("private").some(({ data }) => "from" in data && data.from === null),
  );

  await stage.db.execute(
    sql`update webhook_deliveries set created_at = now() - interval '15 days' where user_id = ${user.id}`,
  );
  await expireWebhooks(stage.db);
  expect(await log()).toEqual([]);
});
