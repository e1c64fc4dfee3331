import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createStage, type Stage, type StageUser, until } from "../stage.ts";

let stage: Stage;
let user: StageUser;
beforeAll(async () => {
  stage = await createStage({ env: { KEEP_ALIVE_MS: "6000" } });
});
afterAll(() => stage?.stop());

async function linkAnother() {
  user = await stage.signUp();
  return stage.linkPhone(user);
}
const told = (id: `was_${string}`) => user.api.wa.get({ id });
const logins = async (phone: string) => (await stage.simulator.connections(phone)).logins;

describe("WhatsApp ends the connection", () => {
  test.each([
    [428, "a closed connection"],
    [503, "a service that is not available"],
    [515, "a restart it asks for"],
    [500, "a broken session, once"],
  ])("with %i, %s: it comes back by itself and nothing of the link is lost", async (code) => {
    const { sessionId, phone } = await linkAnother();
    const before = await logins(phone);
    if (code === 428) await stage.simulator.drop(phone);
    else await stage.simulator.streamError(phone, code);
    await until("a new login", async () => (await logins(phone)) > before);
    await until("the session to be ready", () => stage.isReady(sessionId));
    const now = await told(sessionId);
    expect(now).toMatchObject({ status: "linked", phone });
    if (code === 515) return;
    const [last] = now.disconnects;
    expect(last).toMatchObject({ code, reason: String(code), backAt: expect.any(Date) });
    expect(last?.backAt?.getTime()).toBeGreaterThan(last?.at.getTime() ?? Number.NaN);
  });

  test("with 401: the keys are erased, campaigns are paused and the phone is to be linked again", async () => {
    const { sessionId, phone } = await linkAnother();
    await stage.simulator.streamError(phone, 401);
    const now = await until("the log-out", async () => {
      const session = await told(sessionId);
      return session.status === "logged_out" && session;
    });
    expect(now).toMatchObject({ next: "new_qr", disconnects: [{ code: 401 }] });
    expect(now.disconnects[0]?.meaning).toContain("unlinked on the phone");
  });

  test("with 403: it stops and says that the account is restricted", async () => {
    const { sessionId, phone } = await linkAnother();
    await stage.simulator.streamError(phone, 403);
    await until("the restriction", async () => (await told(sessionId)).status === "restricted");
    expect(await told(sessionId)).toMatchObject({ restrictedUntil: null, next: "new_qr" });
    const before = await logins(phone);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(await logins(phone)).toBe(before);
  });

  test.each([405, 411, 419] as const)("refuses the login with %i: it stops and shows why", async (reason) => {
    const { sessionId, phone } = await linkAnother();
    await stage.simulator.setFaults(phone, { failLogins: { reason, count: 5 } });
    await stage.simulator.drop(phone);
    const now = await until("it to need attention", async () => {
      const session = await told(sessionId);
      return session.status === "needs_attention" && session;
    });
    expect(now).toMatchObject({ statusReason: String(reason), next: "new_qr" });
  });

  test("with 500 again and again: after a few tries its user is asked", async () => {
    const { sessionId, phone } = await linkAnother();
    await stage.simulator.setFaults(phone, { failLogins: { reason: 500, count: 10 } });
    await stage.simulator.drop(phone);
    await until("it to need attention", async () => (await told(sessionId)).status === "needs_attention");
    expect(await told(sessionId)).toMatchObject({ statusReason: "500" });
  });

  test("because another connection took over (440): it yields for a while, keeps its keys, and says so", async () => {
    const { sessionId, phone } = await linkAnother();
    await stage.simulator.streamError(phone, 440);
    const now = await until("it to yield", async () => {
      const session = await told(sessionId);
      return session.status === "reconnecting" && session;
    });
    expect(now.sentence).toContain("Another program took over");
    expect(now.disconnects[0]).toMatchObject({ code: 440 });
    const before = await logins(phone);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(await logins(phone)).toBe(before);
    // The user need not wait.
    await user.api.wa.reconnect({ id: sessionId });
    await until("the session to be ready", () => stage.isReady(sessionId));
    expect((await told(sessionId)).status).toBe("linked");
  });
});

test("a connection that is half open is noticed, and replaced", async () => {
  const { sessionId, phone } = await linkAnother();
  const before = await logins(phone);
  await stage.simulator.freeze(phone);
  await until("a new login", async () => (await logins(phone)) > before);
  await until("the session to be ready", () => stage.isReady(sessionId));
});

test("an unlinking that WhatsApp never heard of is not called done: the phone stays linked, and its user is told", async () => {
  const { sessionId, phone } = await linkAnother();
  await stage.simulator.freeze(phone);
  await user.api.wa.unlink({ id: sessionId });
  const { command } = await until("an answer", async () => {
    const session = await told(sessionId);
    return session.command?.status !== "waiting" && session;
  });
  expect(command).toMatchObject({ kind: "unlink", status: "failed", why: "WhatsApp did not answer" });
  await until("the session to be ready again", () => stage.isReady(sessionId));
  expect((await told(sessionId)).status).toBe("linked");
  expect((await stage.simulator.account(phone)).devices).toHaveLength(1);
});
