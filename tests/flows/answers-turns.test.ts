import { and, eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type Id, newId } from "#db/ids.ts";
import { inboundMessages, messages, wallets } from "#db/schema/index.ts";
import { answerInbound } from "#server/automation/answer.ts";
import { createLog } from "#server/log.ts";
import { moveMessage } from "#server/messages/move.ts";
import { createHeldSession, newPhone, readViolations, readWallet } from "../factories.ts";
import { during } from "../races.ts";
import { createStage, type Stage, type StageUser } from "../stage.ts";

let stage: Stage;
let user: StageUser;
let sessionId: Id<"waSession">;
beforeAll(async () => {
  stage = await createStage({ workers: 0 });
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  user = await stage.signUp();
  ({ sessionId } = await createHeldSession(stage.db, user.id));
});
afterEach(async () => {
  expect(await readViolations(stage.db)).toEqual([]);
});

type Rule = Parameters<StageUser["api"]["rules"]["save"]>[0];
const save = (more: Partial<Rule> = {}) =>
  user.api.rules.save({
    name: "Prices",
    match: "keyword",
    patterns: ["harga"],
    responses: [{ text: "Rp 10.000" }],
    ...more,
  });
/** Somebody writes, and the rules have their say. */
async function ask(person: string, { on = sessionId, pricePoints = 0 } = {}): Promise<void> {
  const id = newId("inboundMessage");
  const row = { id, userId: user.id, waSessionId: on, waMsgId: id, sender: `pn:${person}`, body: "harga?", live: true };
  await stage.db.insert(inboundMessages).values({ ...row, sentAt: new Date() });
  const deps = { sessionKeys: stage.env.sessionKeys, pricePoints, log: createLog("worker", stage.env) };
  await answerInbound(stage.db, deps, id);
}
const answers = async (person: string) =>
  (
    await stage.db
      .select()
      .from(messages)
      .where(and(eq(messages.userId, user.id), eq(messages.recipientKey, `pn:${person}`)))
      .orderBy(messages.id)
  ).map(({ id, status, errorCode, resolvedText }) => ({ id, status, errorCode, text: resolvedText }));
const queued = async (person: string) => (await answers(person)).filter(({ status }) => status === "queued");
const closeTheHours = () =>
  stage.db.execute(sql`
    update schedules set windows = jsonb_build_array(jsonb_build_object('day', (extract(dow from now())::int + 3) % 7, 'from', 60, 'to', 120))
     where user_id = ${user.id}`);
const givenTo = async (id: string) => {
  const { rules } = await user.api.rules.list();
  return rules.find((rule) => rule.id === id)?.given;
};

test("where every rule answers, none is locked after the points: two phones do not wait for each other for ever", async () => {
  await user.api.rules.settings({ mode: "all", maxPerMinute: 20 });
  await save();
  const { id: second } = await save({ name: "Hours", responses: [{ text: "9 to 5" }] });
  const person = newPhone();
  await during(
    stage.db,
    // What an answer of the second rule on another phone holds, and what it takes next.
    (tx) => tx.execute(sql`update auto_rules set given = given + 1 where id = ${second}`),
    () => ask(person, { pricePoints: 2 }),
    (tx) => tx.execute(sql`update wallets set held = held where user_id = ${user.id}`),
  );
  expect((await queued(person)).map(({ text }) => text)).toEqual(["Rp 10.000", "9 to 5"]);
  expect(await readWallet(stage.db, user.id)).toMatchObject({ held: 4 });
  expect(await givenTo(second)).toBe(2);
});

test("of several answers as many go as there are points for, and the others keep their turn", async () => {
  await user.api.rules.settings({ mode: "all", maxPerMinute: 20 });
  await save();
  const { id: second } = await save({ name: "Hours", responses: [{ text: "9 to 5" }] });
  const person = newPhone();
  const { balance } = await readWallet(stage.db, user.id);
  const book = (held: number) => stage.db.update(wallets).set({ held }).where(eq(wallets.userId, user.id));
  await book(balance - 3);
  await ask(person, { pricePoints: 2 });
  expect((await queued(person)).map(({ text }) => text)).toEqual(["Rp 10.000"]);
  expect(await givenTo(second)).toBe(0);
  await book(2);
  await ask(person, { pricePoints: 2 });
  expect((await queued(person)).map(({ text }) => text)).toEqual(["Rp 10.000", "9 to 5"]);
});

test.each([
  ["it was too late for it", "too_late"],
  ["the person opted out, and back in", "opted_out"],
])("an answer that never went begins no pause: %s, and the next message is answered", async (_why, how) => {
  await save();
  const person = newPhone();
  await ask(person);
  await ask(person);
  expect(await queued(person)).toHaveLength(1);
  const [first] = await answers(person);
  if (how === "too_late" && first) {
    await moveMessage(stage.db, first.id, { from: "queued", to: "skipped", points: "release", errorCode: how });
  } else {
    await user.api.contacts.suppress({ phone: person });
    await stage.db.execute(sql`delete from suppressions where user_id = ${user.id}`);
  }
  expect(await answers(person)).toMatchObject([{ status: "skipped", errorCode: how }]);
  // Two phones at once: the turn that was given back is one turn.
  const other = (await createHeldSession(stage.db, user.id)).sessionId;
  await Promise.all([ask(person), ask(person, { on: other })]);
  expect(await queued(person)).toHaveLength(1);
  await ask(person);
  expect(await answers(person)).toHaveLength(2);
});

test("what waits with what a rule said before it was changed does not go, and who writes again is answered anew", async () => {
  const { id } = await save({ answersAtOpening: true });
  await closeTheHours();
  const [ayu, bima] = [newPhone(), newPhone()];
  await ask(ayu);
  await ask(bima);
  // The name, and how often, change nothing of what is said.
  expect(await save({ id, name: "Price list", cooldownSeconds: 60, answersAtOpening: true })).toEqual({
    id,
    dropped: 0,
  });
  expect([...(await queued(ayu)), ...(await queued(bima))]).toHaveLength(2);
  const changed = { id, answersAtOpening: true, responses: [{ text: "Rp 12.000" }] };
  expect(await save(changed)).toEqual({ id, dropped: 2 });
  expect(await answers(ayu)).toMatchObject([{ status: "skipped", errorCode: "rule_changed" }]);
  await ask(ayu);
  expect((await queued(ayu)).map(({ text }) => text)).toEqual(["Rp 12.000"]);
  expect(await save({ ...changed, patterns: ["price"] })).toEqual({ id, dropped: 1 });
  expect(await user.api.rules.remove({ id })).toEqual({ id, dropped: 0 });
});
