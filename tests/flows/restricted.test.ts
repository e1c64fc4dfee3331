import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Id } from "#db/ids.ts";
import { liftEndedRestrictions } from "#server/wa/limits.ts";
import { createList, newPhone } from "../factories.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, startAsReviewed, until } from "../stage.ts";

let stage: Stage;
let user: StageUser;
let linked: LinkedPhone;
beforeAll(async () => {
  stage = await createStage();
  user = await stage.signUp();
  linked = await stage.linkPhone(user);
});
afterAll(() => stage?.stop());

const HOUR_MS = 3_600_000;
const session = () => user.api.wa.get({ id: linked.sessionId });
const inStatus = (status: string) =>
  until(`the session to be ${status}`, async () => {
    const now = await session();
    return now.status === status && now;
  });

async function slowCampaign(): Promise<Id<"campaign">> {
  const list = await createList(stage.db, user.id, 20);
  const { id } = await user.api.campaigns.create({
    name: "Slow",
    listIds: [list.id],
    waSessionId: linked.sessionId,
    templateText: "Hi {{name}}",
    throttleMinSeconds: 1,
    throttleMaxSeconds: 1,
  });
  await startAsReviewed(user, id);
  return id;
}
const campaign = (id: Id<"campaign">) => user.api.campaigns.get({ id });

describe("an account that may not start new chats", () => {
  test("is restricted until WhatsApp says, its campaigns pause, and what arrives is still read", async () => {
    const { id: next } = await user.api.campaigns.create({
      name: "Next",
      listIds: [(await createList(stage.db, user.id, 1)).id],
      waSessionId: linked.sessionId,
      templateText: "Hi {{name}}",
    });
    const id = await slowCampaign();
    await stage.simulator.setLimits(linked.phone, { reachout: { forMs: HOUR_MS } });
    const told = await inStatus("restricted");
    const left = (told.restrictedUntil?.getTime() ?? 0) - Date.now();
    expect(left).toBeGreaterThan(HOUR_MS - 60_000);
    expect(left).toBeLessThanOrEqual(HOUR_MS);
    expect(told.sentence).toContain("does not let this account start new chats");
    await until("the campaign to pause", async () => (await campaign(id)).status === "paused");
    expect(await campaign(id)).toMatchObject({ pauseReason: "restricted" });
    expect(stage.isReady(linked.sessionId)).toBe(true);
    await expect(user.api.campaigns.checkNumbers({ id: next })).rejects.toMatchObject({
      code: "CONFLICT",
      message: expect.stringMatching(/start new chats until .* GMT\+7, so nothing is asked/),
    });

    const person = newPhone();
    await stage.simulator.write(person, linked.phone, "STOP");
    await until("the opt-out to be heard", async () => {
      const rows = await stage.db.execute(sql`select 1 from suppressions where identity = ${`pn:${person}`}`);
      return rows.length > 0;
    });
  });

  test("stays restricted over a restart of the worker", async () => {
    await stage.workers[0]?.stop();
    await stage.startWorker();
    await until("the session to be read again", () => stage.isReady(linked.sessionId));
    expect((await session()).status).toBe("restricted");
  });

  test("is free again when WhatsApp lifts it; its campaigns go on when their user says so", async () => {
    await stage.simulator.setLimits(linked.phone, { reachout: null });
    await inStatus("linked");
    const { rows } = await user.api.campaigns.list({});
    expect(rows[0]).toMatchObject({ status: "paused" });
  });

  test("is free again when the time is over", async () => {
    await stage.simulator.setLimits(linked.phone, { reachout: { forMs: HOUR_MS } });
    await inStatus("restricted");
    await stage.db.execute(sql`update wa_sessions set restricted_until = now() - interval '1 second'`);
    await liftEndedRestrictions(stage.db);
    expect(await session()).toMatchObject({ status: "linked", restrictedUntil: null });
    await stage.simulator.setLimits(linked.phone, { reachout: null });
  });

  test("a refused new chat (463) pauses the campaigns; the account is asked whether more is forbidden", async () => {
    const id = await slowCampaign();
    // A slow server writes down each question it answers.
    await stage.simulator.setFaults(linked.phone, { slow: { queryMs: 1 }, nack: { code: 463, count: 1 } });
    await until("the campaign to pause", async () => (await campaign(id)).status === "paused");
    await until("the question", async () =>
      (await stage.simulator.journal()).some(({ account, text }) => account === linked.phone && text.includes("w:mex")),
    );
    await stage.simulator.clearFaults(linked.phone);
    expect(await campaign(id)).toMatchObject({ pauseReason: "restricted" });
    expect((await session()).status).toBe("linked");
    await user.api.campaigns.cancel({ id });
  });
});

test("WhatsApp's own limit of new chats is shown", async () => {
  await stage.simulator.setLimits(linked.phone, { newChats: { total: 50, used: 41 } });
  await user.api.wa.readLimits({ id: linked.sessionId });
  const told = await until("the limit", async () => {
    const { newChats } = await session();
    return newChats?.total === 50 && newChats;
  });
  expect(told).toMatchObject({ total: 50, used: 41 });
});

test("a ban that follows a restriction has no end: it is not taken for one that passes", async () => {
  await stage.simulator.setLimits(linked.phone, { reachout: { forMs: HOUR_MS } });
  await inStatus("restricted");
  await stage.simulator.streamError(linked.phone, 403);
  const told = await until("the ban", async () => {
    const now = await session();
    return now.statusReason === "403" && now;
  });
  expect(told).toMatchObject({ status: "restricted", restrictedUntil: null, next: "new_qr" });
});
