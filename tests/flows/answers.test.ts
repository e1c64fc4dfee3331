import { and, eq, sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { inboundMessages } from "#db/schema/index.ts";
import { createHeldSession } from "../factories.ts";
import { createPastRun, createPeople, type Person, write } from "../past-runs.ts";
import { createStage, type Stage, type StageUser } from "../stage.ts";

let stage: Stage;
let user: StageUser;
let of: { userId: StageUser["id"]; sessionId: Awaited<ReturnType<typeof createHeldSession>>["sessionId"] };
beforeAll(async () => {
  stage = await createStage({ workers: 0 });
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  user = await stage.signUp();
  of = { userId: user.id, sessionId: (await createHeldSession(stage.db, user.id)).sessionId };
});

const NOON = new Date("2026-11-02T05:00:00.600Z");
const past = (ms: number) => new Date(NOON.getTime() + ms);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const person = async (name = "Ayu"): Promise<Person> => {
  const [made] = await createPeople(stage.db, user.id, [name]);
  if (!made) throw new Error("nobody was made");
  return made;
};
const run = (name: string, to: Person, at: Date, status?: "sent" | "failed") =>
  createPastRun(stage.db, { ...of, name }, [{ to, at, ...(status ? { status } : {}) }]);
const answersOf = async (id: string) => {
  const { replied, optedOut, both } = await user.api.campaigns.results({ id });
  return { replied, optedOut, both };
};

describe("a reply belongs to a campaign", () => {
  test.each([
    ["written an hour after its message", HOUR, 1],
    ["written in the very second of its message, of which WhatsApp tells no parts", -600, 1],
    ["written before its message", -1_000, 0],
    ["written in the last second of the seventh day", 7 * DAY - 1_000, 1],
    ["written seven days later", 7 * DAY, 0],
  ])("%s", async (_when, ms, replied) => {
    const ayu = await person();
    const id = await run("Meeting", ayu, NOON);
    await write(stage.db, of, ayu, past(ms));
    expect(await answersOf(id)).toEqual({ replied, optedOut: 0, both: 0 });
    expect((await user.api.campaigns.replies({ id })).rows).toHaveLength(replied);
  });

  test("until another campaign reaches the person, to which it belongs from then on", async () => {
    const ayu = await person();
    const first = await run("First", ayu, NOON);
    const second = await run("Second", ayu, past(DAY), "sent");
    const never = await run("Never arrived", ayu, past(2 * DAY), "failed");
    await write(stage.db, of, ayu, past(HOUR), "To the first");
    await write(stage.db, of, ayu, past(3 * DAY), "To the second");
    const texts = async (id: string) => (await user.api.campaigns.replies({ id })).rows.map(({ text }) => text);
    expect([await texts(first), await texts(second), await texts(never)]).toEqual([
      ["To the first"],
      ["To the second"],
      [],
    ]);
    const { rows } = await user.api.campaigns.list();
    expect(rows.map(({ name, replied }) => [name, replied])).toEqual([
      ["Never arrived", 0],
      ["Second", 1],
      ["First", 1],
    ]);
  });

  test("and to the one before, when the other reached them later within the same second", async () => {
    const ayu = await person();
    const first = await run("First", ayu, past(-HOUR));
    const second = await run("Second", ayu, NOON);
    // WhatsApp tells the second, 05:00:00; it was here before the second campaign's message went, and after.
    const came = async (at: Date, text: string) => {
      await write(stage.db, of, ayu, past(-600), text);
      const mine = and(eq(inboundMessages.userId, user.id), eq(inboundMessages.body, text));
      await stage.db.update(inboundMessages).set({ createdAt: at }).where(mine);
    };
    await came(past(-200), "To the first");
    await came(past(200), "STOP");
    const texts = async (id: string) => (await user.api.campaigns.replies({ id })).rows.map(({ text }) => text);
    expect([await texts(first), await texts(second)]).toEqual([["To the first"], ["STOP"]]);
    expect(await answersOf(first)).toEqual({ replied: 1, optedOut: 0, both: 0 });
    expect(await answersOf(second)).toEqual({ replied: 1, optedOut: 1, both: 1 });
  });

  test("and to one alone, whatever was sent and written when", async () => {
    const hours = fc.integer({ min: 0, max: 20 * 24 });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(hours, { minLength: 1, maxLength: 4 }),
        fc.uniqueArray(hours, { minLength: 1, maxLength: 5 }),
        async (sent, written) => {
          const ayu = await person();
          const ids = [];
          for (const at of sent) ids.push({ at, id: await run(`At ${at}`, ayu, past(at * HOUR)) });
          for (const at of written) await write(stage.db, of, ayu, past(at * HOUR + 1_000), String(at));
          for (const { at, id } of ids) {
            const next = Math.min(at + 7 * 24, ...sent.filter((other) => other > at));
            const own = written.filter((moment) => moment >= at && moment < next).map(String);
            const { rows } = await user.api.campaigns.replies({ id });
            expect(new Set(rows.map(({ text }) => text))).toEqual(new Set(own));
            expect((await answersOf(id)).replied).toBe(own.length > 0 ? 1 : 0);
          }
        },
      ),
      { numRuns: 15 },
    );
  });
});

test("people are counted once however much they write, and a STOP is a reply and an opt-out", async () => {
  const [ayu, bima, citra] = await createPeople(stage.db, user.id, ["Ayu", "Bima", "Citra"]);
  if (!ayu || !bima || !citra) throw new Error("three people were made");
  const id = await createPastRun(stage.db, { ...of, name: "Meeting" }, [
    { to: ayu, at: NOON },
    { to: bima, at: past(5_000), status: "sent" },
    { to: citra, at: past(10_000), status: "failed", errorCode: "not_on_whatsapp" },
  ]);
  await write(stage.db, of, ayu, past(HOUR), "Yes, gladly");
  await write(stage.db, of, ayu, past(2 * HOUR), null);
  await write(stage.db, of, bima, past(3 * HOUR), "STOP");
  await write(stage.db, of, citra, past(3 * HOUR), "Who are you?");
  expect(await answersOf(id)).toEqual({ replied: 2, optedOut: 1, both: 1 });
  const { rows } = await user.api.campaigns.replies({ id });
  expect(rows.map(({ name, contactId, text, optedOut }) => [name, contactId, text, optedOut])).toEqual([
    ["Bima", bima.id, "STOP", true],
    ["Ayu", ayu.id, null, false],
    ["Ayu", ayu.id, "Yes, gladly", false],
  ]);
});

test("a reply stays in the figures when its text is wiped, and leaves them with its writer", async () => {
  const ayu = await person();
  const id = await run("Long ago", ayu, NOON);
  await write(stage.db, of, ayu, past(HOUR), "Yes, gladly");
  await stage.db.update(inboundMessages).set({ body: null }).where(eq(inboundMessages.userId, user.id));
  const at = new Date(Date.now() - 15 * DAY);
  await stage.db.execute(sql`
    update inbound_messages set sent_at = ${at.toISOString()}::timestamptz, created_at = ${at.toISOString()}::timestamptz
     where user_id = ${user.id}`);
  await stage.db.execute(sql`
    update messages set sending_at = ${new Date(at.getTime() - HOUR).toISOString()}::timestamptz where campaign_id = ${id}`);
  expect(await answersOf(id)).toMatchObject({ replied: 1 });
  expect((await user.api.campaigns.replies({ id })).rows).toMatchObject([{ name: "Ayu", text: null, wiped: true }]);
  await user.api.contacts.remove({ ids: [ayu.id] });
  expect(await answersOf(id)).toMatchObject({ replied: 0 });
  expect((await user.api.campaigns.replies({ id })).rows).toEqual([]);
});

test("nobody sees who answered another's campaign", async () => {
  const ayu = await person();
  const id = await run("Meeting", ayu, NOON);
  await write(stage.db, of, ayu, past(HOUR));
  const other = await stage.signUp();
  await expect(other.api.campaigns.replies({ id })).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(other.api.campaigns.results({ id })).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect((await other.api.campaigns.list()).rows).toEqual([]);
});
