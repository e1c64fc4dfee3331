import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { contacts } from "#db/schema/index.ts";
import { FAILING_TRIES, TRIES_AT_MOST } from "#server/webhooks/rules.ts";
import { webhookTopics } from "#server/webhooks/schema.ts";
import { createList } from "../factories.ts";
import { createStage, type Stage, type StageUser, startAsReviewed, until } from "../stage.ts";
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

test("an event of each kind arrives, signed, in order and numbered without a gap", async () => {
  const { secret } = await add("all");
  const phone = await stage.linkPhone(user);
  await stage.simulator.setDelays(phone.phone, { ackMs: 0, deliveredMs: 300, readMs: 1_000 });
  const list = await createList(stage.db, user.id, 2, 1);
  const { id } = await user.api.campaigns.create({
    name: "Class meeting",
    listIds: [list.id],
    waSessionId: phone.sessionId,
    templateText: "Hi {{name}}",
    throttleMinSeconds: 0,
    throttleMaxSeconds: 0,
  });
  await startAsReviewed(user, id);
  await until("the campaign to end", async () => (await user.api.campaigns.get({ id })).counts.read === 1);
  await stage.simulator.write(list.phones[1] ?? "", phone.phone, "I will come");
  await until("it to be heard", () => eventsAt("all").some(({ type }) => type === "message.received"));
  await stage.simulator.unlink(phone.phone);

  await until("all to be told", async () => {
    const [endpoint] = await user.api.webhooks.list();
    return eventsAt("all").some((e) => e.type === "session.logged_out") && endpoint?.waiting === 0;
  });
  const events = eventsAt("all");
  expect(at("all").every((one) => signers(one, [secret]).length === 1)).toBe(true);
  expect(events.map((event) => event.sequence)).toEqual(events.map((_, i) => i + 1));
  expect(new Set(events.map((event) => event.id)).size).toBe(events.length);
  const statuses = events.flatMap(({ type, data }) => (type === "message.status" && "kind" in data ? [data] : []));
  // Receipts that come at the same moment are told as one.
  const steps = statuses.filter(({ status }) => status !== "delivered");
  expect(steps.map((told) => [told.kind, told.status, told.errorCode, told.recipient?.phone])).toEqual([
    ["campaign", "skipped", "no_consent", list.phones[0]],
    ["campaign", "sent", null, list.phones[1]],
    ["campaign", "read", null, list.phones[1]],
  ]);
  expect(events.filter((e) => !e.type.startsWith("message.")).map((e) => e.type)).toEqual([
    "session.linked",
    "campaign.started",
    "campaign.completed",
    "session.logged_out",
  ]);
  const [wrote] = events.flatMap(({ data }) => ("text" in data ? [data] : []));
  const [contact] = await stage.db
    .select()
    .from(contacts)
    .where(eq(contacts.phoneE164, list.phones[1] ?? ""));
  expect(wrote).toMatchObject({
    sessionId: phone.sessionId,
    text: "I will come",
    from: { identity: `pn:${list.phones[1]}`, phone: list.phones[1], contactId: contact?.id, name: "Person 2" },
  });
  const ended = events.find((event) => event.type === "campaign.completed");
  expect(ended?.data).toMatchObject({ campaignId: id, messages: { skipped: 1 } });
  expect((await user.api.webhooks.list())[0]).toMatchObject({ delivered: events.length, waiting: 0, dead: 0 });
});

test("what is rolled back is told to nobody; what is committed is, to those who want it and are switched on", async () => {
  await add("wants", user, ["session.*"]);
  await add("other", user, ["campaign.*"]);
  const off = await add("off", user);
  await user.api.webhooks.switch({ id: off.id, to: "off" });
  const undone = stage.db.transaction(async (tx) => {
    await tellName(tx, user.id, "undone");
    throw new Error("undone");
  });
  await expect(undone).rejects.toThrow("undone");
  await tell(user, "kept");
  await until("the event", () => at("wants").length > 0);
  expect(namesAt("wants")).toEqual(["kept"]);
  expect(await log()).toHaveLength(1);
  expect([...at("other"), ...at("off")]).toEqual([]);
});

test("a receiver that was away gets everything when it is back, in order, each event under its own id", async () => {
  await add("away");
  receiver.answers(503);
  for (const name of ["first", "second", "third"]) await tell(user, name);
  for (const tries of [1, 2, 3, 4]) {
    await until(`try ${tries}`, async () => (await user.api.webhooks.list())[0]?.failures === tries);
    if (tries < 4) await letTimePass(stage.db, user.id);
  }
  // While it fails the first is knocked with, and the others wait.
  expect(new Set(at("away").map((one) => one.headers["webhook-id"])).size).toBe(1);
  expect((await user.api.webhooks.list())[0]).toMatchObject({ waiting: 3, failures: 4 });
  receiver.answers(204);
  await letTimePass(stage.db, user.id);
  await until("all of them", async () => (await user.api.webhooks.list())[0]?.delivered === 3);
  expect(namesAt("away").slice(4)).toEqual(["first", "second", "third"]);
  const [, , first] = await log();
  const { tries } = await user.api.webhooks.delivery({ id: first?.id ?? "whd_" });
  expect(tries.map((one) => [one.code, one.error])).toEqual([...Array(4).fill([503, "status"]), [204, null]]);
  expect(tries[0]?.answer).toBe("answered 503");
});

test("a receiver that asks to be left alone is, for as long as it asks, within bounds", async () => {
  await add("busy");
  const waits = async () => {
    const [row] = await stage.db.execute<{ endpoint: number; delivery: number }>(sql`
      select extract(epoch from e.resume_at - now())::float8 as endpoint, extract(epoch from d.next_attempt_at - now())::float8 as delivery
        from webhook_endpoints e join webhook_deliveries d on d.endpoint_id = e.id where e.user_id = ${user.id}`);
    return [row?.endpoint ?? 0, row?.delivery ?? 0].map((seconds) => Math.round(seconds / 60));
  };
  receiver.answers(429, { "retry-after": "3600" });
  await tell(user, "busy");
  await until("its first try", async () => (await user.api.webhooks.list())[0]?.failures === 1);
  expect(await waits()).toEqual([60, 60]);
  receiver.answers(503, { "retry-after": new Date(Date.now() + 90 * 86_400_000).toUTCString() });
  await letTimePass(stage.db, user.id);
  await until("its second", async () => (await user.api.webhooks.list())[0]?.failures === 2);
  expect(await waits()).toEqual([360, 360]);
});

test("one event that a receiver refuses for good does not hold up the others, and can be replayed when it is dead", async () => {
  await add("picky");
  receiver.answers(500);
  await tell(user, "refused");
  await until("its first try", () => at("picky").length === 1);
  await until("it to wait", async () => (await log())[0]?.status === "queued");
  await stage.db.execute(
    sql`update webhook_deliveries set attempts = ${TRIES_AT_MOST - 1}, next_attempt_at = now() where user_id = ${user.id}`,
  );
  await stage.db.execute(sql`update webhook_endpoints set resume_at = now() where user_id = ${user.id}`);
  await until("it to be dead", async () => (await log())[0]?.status === "dead");
  receiver.answers(204);
  await tell(user, "next");
  await letTimePass(stage.db, user.id);
  await until("the next", () => at("picky").length === 3);
  expect(await user.api.webhooks.deliveries({ show: "failed" })).toMatchObject({ rows: [{ lastError: "status" }] });

  expect(await user.api.webhooks.replayDead({})).toEqual({ replayed: 1 });
  await until("the replay", async () => (await log()).every(({ status }) => status === "delivered"));
  expect(at("picky")).toHaveLength(4);
  const [refused, , , replayed] = at("picky");
  expect(replayed?.headers["webhook-id"]).toBe(refused?.headers["webhook-id"]);
  expect(replayed?.body).toBe(refused?.body);
  const [, delivered] = await log();
  await user.api.webhooks.replay({ id: delivered?.id ?? "whd_" });
  await until("a replay of what had arrived", () => at("picky").length === 5);
});

test("an endpoint that only fails for days is switched off, its user is told, and what waits goes when it is on again", async () => {
  const { id } = await add("dying");
  await stage.db.execute(sql`
    update webhook_endpoints set failures = ${FAILING_TRIES}, failing_since = app_now() - interval '4 days' where id = ${id}`);
  receiver.answers(500);
  await tell(user, "last straw");
  await until("it to be switched off", async () => (await user.api.webhooks.failed()) === 1);
  await tell(user, "not written down");
  expect((await user.api.webhooks.list())[0]).toMatchObject({ enabled: false, disabledReason: "failing", waiting: 1 });
  await expect(user.api.webhooks.replay({ id: (await log())[0]?.id ?? "whd_" })).rejects.toThrow("switched off");
  receiver.answers(204);
  await user.api.webhooks.switch({ id, to: "on" });
  await until("what waited", async () => (await user.api.webhooks.list())[0]?.delivered === 1);
  expect(await user.api.webhooks.failed()).toBe(0);

  receiver.answers(410);
  await tell(user, "no more");
  await until("its wish", async () => (await user.api.webhooks.list())[0]?.disabledReason === "gone");
});
