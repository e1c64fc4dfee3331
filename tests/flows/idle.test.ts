import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { wallOf } from "#server/campaigns/schedule/rules.ts";
import { startDueCampaigns } from "#server/campaigns/schedule/start-due.ts";
import { expireIdle } from "#server/wa/idle.ts";
import { createList, createRunningCampaign } from "../factories.ts";
import { createStage, type LinkedPhone, type Stage, type StageUser, until } from "../stage.ts";

let stage: Stage;
let user: StageUser;
let linked: LinkedPhone;
beforeAll(async () => {
  stage = await createStage();
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  await stage.db.execute(sql`update app_clock set shift = '0'`);
  if (stage.workers.length === 0) await stage.startWorker();
  user = await stage.signUp();
  linked = await stage.linkPhone(user);
});

/** What the hourly job does, so many days after now. */
async function hourIn(days: number): Promise<void> {
  await stage.db.execute(sql`update app_clock set shift = make_interval(secs => ${days * 86_400})`);
  await expireIdle(stage.db);
}
const told = () => user.api.wa.get({ id: linked.sessionId });
const ended = () =>
  until("the session to end", async () => {
    const session = await told();
    return session.status === "expired" && session;
  });
const devices = async () => (await stage.simulator.account(linked.phone)).devices.length;
const stopWorkers = () => Promise.all(stage.workers.map((worker) => worker.stop()));
const actions = async () =>
  (
    await stage.db.execute<{ action: string }>(
      sql`select action from audit_logs where user_id = ${user.id} and action like 'session.idle%' order by id`,
    )
  ).map(({ action }) => action);
/** The keys in the database; a worker may be about to erase them. */
async function nothingIsLeft(): Promise<boolean> {
  const [row] = await stage.db.execute<{ gone: boolean }>(sql`
    select wrapped_key is null and credentials is null and not exists (
             select 1 from wa_session_keys where wa_session_id = s.id) as gone
      from wa_sessions s where id = ${linked.sessionId}`);
  return row?.gone === true;
}

describe("a phone that nobody uses", () => {
  test("is warned of after five days, once, and not before", async () => {
    await hourIn(4.9);
    expect((await told()).idleUntil).toBeNull();
    await hourIn(5);
    await hourIn(5.1);
    const { idleUntil, status } = await told();
    expect(status).toBe("linked");
    expect(((idleUntil?.getTime() ?? 0) - Date.now()) / 86_400_000).toBeCloseTo(7, 2);
    expect(await actions()).toEqual(["session.idle_warned"]);
  });

  test("is unlinked at WhatsApp two days after the warning, and nothing of its keys is left", async () => {
    await hourIn(5);
    await hourIn(6.9);
    expect((await told()).status).toBe("linked");
    await hourIn(7);
    expect(await ended()).toMatchObject({ statusReason: "idle", next: "new_qr", disconnects: [{ reason: "idle" }] });
    expect((await told()).sentence).toContain("not used for 7 days");
    expect(await devices()).toBe(0);
    await until("its keys to be gone", nothingIsLeft);
    expect(await actions()).toEqual(["session.idle_warned", "session.idle_unlink_asked"]);
  });

  test("keeps its warning over a restart of the worker", async () => {
    await hourIn(5);
    await stopWorkers();
    await stage.startWorker();
    await until("the phone to be connected again", () => stage.isReady(linked.sessionId));
    expect((await told()).idleUntil).not.toBeNull();
  });

  test("is looked after by the worker, every hour", async () => {
    await stage.db.execute(sql`update app_clock set shift = '5 days'`);
    await stage.db.execute(sql`select graphile_worker.add_job('sessions:expire-idle')`);
    await until("the warning", async () => (await told()).idleUntil);
  });
});

describe("a phone is used", () => {
  test("by its user, who wants to keep it", async () => {
    await hourIn(5);
    await user.api.wa.keep({ id: linked.sessionId });
    expect((await told()).idleUntil).toBeNull();
    await hourIn(9.9);
    expect(await told()).toMatchObject({ status: "linked", idleUntil: null });
    await hourIn(10);
    expect((await told()).idleUntil).not.toBeNull();
  });

  test("by a campaign, also one that is paused for weeks", async () => {
    await hourIn(5);
    await stage.db.execute(sql`update wallets set plan_expires_at = plan_expires_at + interval '1 year'`);
    const { id } = await createRunningCampaign(stage.db, stage.env, user.id, linked.sessionId, 100);
    await user.api.campaigns.pause({ id });
    await hourIn(30);
    expect(await told()).toMatchObject({ status: "linked", idleUntil: null });
    await user.api.campaigns.cancel({ id });
  });

  test("by what is scheduled, until its time is over: a start that was missed asks its user, who may be gone", async () => {
    await stage.db.execute(sql`update wallets set plan_expires_at = plan_expires_at + interval '1 year'`);
    const list = await createList(stage.db, user.id, 1);
    const draft = { name: "Reunion", listIds: [list.id], waSessionId: linked.sessionId, templateText: "Hi" };
    const { id } = await user.api.campaigns.create(draft);
    const tz = "Asia/Jakarta";
    const wall = wallOf(new Date(Date.now() + 20 * 86_400_000), tz);
    await user.api.campaigns.schedule({ id, recipients: 1, consentConfirmed: true, wall, tz });
    await hourIn(19.9);
    expect(await told()).toMatchObject({ status: "linked", idleUntil: null });
    await hourIn(20.1);
    await startDueCampaigns(stage.db, stage.env);
    expect(await user.api.campaigns.get({ id })).toMatchObject({ scheduleProblem: "missed" });
    await hourIn(24.9);
    expect(await told()).toMatchObject({ status: "linked", idleUntil: null });
    await hourIn(25.1);
    expect((await told()).idleUntil).not.toBeNull();
    await hourIn(27.2);
    expect(await ended()).toMatchObject({ statusReason: "idle" });
    expect(await user.api.campaigns.get({ id })).toMatchObject({ status: "scheduled", scheduleProblem: "missed" });
  });

  test("by a message that left after the warning", async () => {
    await hourIn(5);
    const { id } = await createRunningCampaign(stage.db, stage.env, user.id, linked.sessionId, 1);
    await until("the end", async () => (await user.api.campaigns.get({ id })).status === "completed");
    // Pacing reads the real time: the message left on the day of the warning.
    await stage.db.execute(
      sql`update messages set sending_at = app_now(), sent_at = app_now() where campaign_id = ${id}`,
    );
    await stage.db.execute(sql`update campaigns set finished_at = null where id = ${id}`);
    await hourIn(7.5);
    expect(await told()).toMatchObject({ status: "linked", idleUntil: null });
  });

  test("at the last moment, between the hour it is due and the worker that does it", async () => {
    await hourIn(5);
    await stopWorkers();
    await hourIn(7);
    await user.api.wa.keep({ id: linked.sessionId });
    await stage.startWorker();
    await until("the question to be answered", async () => (await told()).command?.status === "done");
    expect(await devices()).toBe(1);
    expect(await told()).toMatchObject({ status: "linked", idleUntil: null });
  });
});

describe("no worker reaches WhatsApp", () => {
  beforeEach(async () => {
    await hourIn(5);
    await stopWorkers();
    await hourIn(7);
  });
  const lapse = () => stage.db.execute(sql`update wa_commands set expires_at = now() where status = 'waiting'`);

  test("so the next hour asks again, and the session ends for the same reason", async () => {
    await lapse();
    await stage.startWorker();
    await until("the phone to be connected", () => stage.isReady(linked.sessionId));
    expect(await devices()).toBe(1);
    await hourIn(7.05);
    expect(await ended()).toMatchObject({ statusReason: "idle" });
    expect(await devices()).toBe(0);
  });

  test("for a day, so the keys are erased without it, and the user is told what the phone may still list", async () => {
    await lapse();
    await hourIn(7.95);
    expect((await told()).statusReason).not.toBe("idle_offline");
    await lapse();
    await hourIn(8.01);
    const session = await ended();
    expect(session).toMatchObject({ statusReason: "idle_offline", next: "new_qr", qr: null });
    expect(session.sentence).toContain("may still list this device");
    expect(await nothingIsLeft()).toBe(true);
    expect(await devices()).toBe(1);
    await stage.startWorker();
    await user.api.wa.newQr({ id: linked.sessionId });
    const qr = await until("a code to link it again", async () => (await told()).qr);
    await stage.simulator.scan(linked.phone, qr);
    await until("the phone to be linked", () => stage.isReady(linked.sessionId));
    expect((await told()).idleUntil).toBeNull();
  });

  test("to hear its answer: a worker that died after the log-out leaves the reason to the next one", async () => {
    // WhatsApp has forgotten the device; the process that asked for it never said so.
    await stage.simulator.unlink(linked.phone);
    await stage.startWorker();
    expect(await ended()).toMatchObject({ statusReason: "idle", disconnects: [{ reason: "idle" }] });
    await until("its keys to be gone", nothingIsLeft);
  });
});
