import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Id } from "#db/ids.ts";
import { contactLists, contacts, messages } from "#db/schema/index.ts";
import { createList, readViolations } from "../factories.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, startAsReviewed } from "../stage.ts";

let stage: Stage;
let user: StageUser;
let phone: LinkedPhone;
beforeAll(async () => {
  stage = await createStage();
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  user = await stage.signUp();
  phone = await stage.linkPhone(user);
  await stage.simulator.setDelays(phone.phone, { ackMs: 0, deliveredMs: 10, readMs: 20 });
});
afterEach(async () => {
  expect(await readViolations(stage.db)).toEqual([]);
});

async function draft(listIds: Id<"contactList">[], templateText = "Hi {{name}} of {{class}}") {
  const { id } = await user.api.campaigns.create({
    name: "Reunion",
    listIds,
    waSessionId: phone.sessionId,
    templateText,
    throttleMinSeconds: 0,
    throttleMaxSeconds: 0,
  });
  return id;
}
describe("a copy of a campaign", () => {
  test("is a draft with the same people, words and pace, whatever became of the first", async () => {
    const list = await createList(stage.db, user.id, 2);
    const id = await draft([list.id]);
    await user.api.schedules.set({ tz: "Asia/Jakarta", windows: [], paused: false });
    await startAsReviewed(user, id);
    await user.api.campaigns.cancel({ id });
    const copy = await user.api.campaigns.duplicate({ id });
    expect(await user.api.campaigns.get(copy)).toMatchObject({
      name: "Reunion (copy)",
      status: "draft",
      listIds: [list.id],
      templateText: "Hi {{name}} of {{class}}",
      throttleMaxMs: 0,
      total: 0,
    });
    await startAsReviewed(user, copy.id);
    const stranger = await stage.signUp();
    await expect(stranger.api.campaigns.duplicate({ id })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("to those who failed goes to nobody else: not to whom it may have reached, nor to who opted out", async () => {
    const list = await createList(stage.db, user.id, 6);
    await stage.db.update(contactLists).set({ doubleOptIn: true }).where(eq(contactLists.id, list.id));
    await stage.db.update(contacts).set({ confirmedAt: new Date() }).where(eq(contacts.userId, user.id));
    const id = await draft([list.id]);
    await expect(user.api.campaigns.duplicate({ id, people: "failed" })).rejects.toMatchObject({
      message: expect.stringContaining("Nobody is left"),
    });
    await user.api.schedules.set({ tz: "Asia/Jakarta", windows: [], paused: false });
    await startAsReviewed(user, id);
    await user.api.campaigns.cancel({ id });
    const became = [
      ["failed", "transport"],
      ["failed", "unconfirmed"],
      ["failed", "treated_as_failed"],
      ["unknown", null],
      ["failed", "500"],
      ["delivered", null],
    ] as const;
    for (const [i, [status, code]] of became.entries()) {
      await stage.db
        .update(messages)
        .set({ status, errorCode: code, pricePoints: 0 })
        .where(eq(messages.recipientKey, `pn:${list.phones[i]}`));
    }
    await stage.db.execute(sql`insert into suppressions (id, user_id, identity, source)
      values ('sup_000000000000000000000001', ${user.id}, ${`pn:${list.phones[4]}`}, 'manual')`);
    const copy = await user.api.campaigns.duplicate({ id, people: "failed" });
    const { listIds } = await user.api.campaigns.get(copy);
    expect(listIds).toHaveLength(1);
    const [made] = await stage.db
      .select()
      .from(contactLists)
      .where(eq(contactLists.id, listIds[0] ?? list.id));
    expect(made).toMatchObject({ name: "Failed of Reunion", total: 1, columns: ["class"], doubleOptIn: true });
    const run = await user.api.campaigns.dryRun(copy);
    expect(run.rows.map(({ phone: number, leftOut }) => [number, leftOut])).toEqual([[list.phones[0], null]]);
  });
});
