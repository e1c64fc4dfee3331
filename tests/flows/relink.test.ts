import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Id } from "#db/ids.ts";
import { newPhone } from "../factories.ts";
import { createStage, type Stage, type StageUser, until } from "../stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await createStage();
});
afterAll(() => stage?.stop());

type SessionId = Id<"waSession">;
const session = (user: StageUser, id: SessionId) => user.api.wa.get({ id });
const inStatus = (user: StageUser, id: SessionId, status: string) =>
  until(`the session to be ${status}`, async () => {
    const now = await session(user, id);
    return now.status === status && now;
  });
const qrOf = (user: StageUser, id: SessionId) => until("a QR code", async () => (await session(user, id)).qr);
const codeOf = (user: StageUser, id: SessionId) =>
  until("a code to type", async () => (await session(user, id)).pairingCode);

describe("a code to type on the phone", () => {
  test("links it, without a camera", async () => {
    const user = await stage.signUp();
    const phone = newPhone();
    await stage.simulator.openAccount(phone, "Sari");
    const { id } = await user.api.wa.link({ by: `${phone.slice(0, 3)} ${phone.slice(3, 6)}-${phone.slice(6)}` });
    const code = await codeOf(user, id);
    expect(code).toMatch(/^[0-9A-Z]{8}$/);
    const waiting = await session(user, id);
    expect(waiting).toMatchObject({ status: "waiting", linkBy: "code", pairingPhone: phone, qr: null });
    const expires = waiting.pairingCodeExpiresAt?.getTime() ?? 0;
    expect(expires).toBeGreaterThan(Date.now() + 60_000);
    expect(expires).toBeLessThan(Date.now() + 161_000);

    await stage.simulator.enterLinkCode(phone, code);
    await until("the phone to be ready", () => stage.isReady(id));
    expect(await session(user, id)).toMatchObject({ status: "linked", phone, pairingCode: null });
  });

  test("is shown anew after a restart of the worker, and the earlier one is void", async () => {
    const user = await stage.signUp();
    const phone = newPhone();
    await stage.simulator.openAccount(phone, "Sari");
    const { id } = await user.api.wa.link({ by: phone });
    const before = await codeOf(user, id);
    await stage.workers[0]?.stop();
    await stage.startWorker();
    const code = await until("another code", async () => {
      const shown = (await session(user, id)).pairingCode;
      return shown !== before && shown;
    });
    await expect(stage.simulator.enterLinkCode(phone, before)).rejects.toMatchObject({ status: 409 });
    const fresh = await until("a code that holds", async () => (await session(user, id)).pairingCode);
    await stage.simulator.enterLinkCode(phone, fresh ?? code).catch(async () => {
      // The wrong try may have ended the connection: then another code is shown.
      const last = await until("the next code", async () => {
        const shown = (await session(user, id)).pairingCode;
        return shown !== fresh && shown;
      });
      await stage.simulator.enterLinkCode(phone, last);
    });
    await until("the phone to be ready", () => stage.isReady(id));
  });

  test("is for a number that can be one", async () => {
    const user = await stage.signUp();
    await expect(user.api.wa.link({ by: "0812 3456 789" })).rejects.toMatchObject({ code: "BAD_REQUEST" });
    expect(await user.api.wa.list()).toEqual([]);
  });
});

test("an account behind a passkey is told so, and can be linked when the passkey is gone", async () => {
  const user = await stage.signUp();
  const phone = newPhone();
  await stage.simulator.openAccount(phone, "Budi");
  await stage.simulator.setAccount(phone, { passkey: true });
  const { sessionId, qr } = await stage.showQr(user);
  await expect(stage.simulator.scan(phone, qr)).rejects.toMatchObject({ status: 409 });
  const told = await inStatus(user, sessionId, "passkey_required");
  expect(told).toMatchObject({ next: "new_qr", qr: null });
  expect(told.sentence).toContain("does not try to get around it");
  expect(stage.workers[0]?.sessions.held(sessionId)).toBeUndefined();

  await stage.simulator.setAccount(phone, { passkey: false });
  await user.api.wa.newQr({ id: sessionId });
  await stage.simulator.scan(phone, await qrOf(user, sessionId));
  await until("the phone to be ready", () => stage.isReady(sessionId));
});

describe("another phone than before", () => {
  test("is unlinked again at once, and let in when its user says so", async () => {
    const user = await stage.signUp();
    const { sessionId, phone } = await stage.linkPhone(user);
    const other = newPhone();
    await stage.simulator.openAccount(other, "Somebody else");
    await stage.simulator.unlink(phone);
    await inStatus(user, sessionId, "logged_out");

    await user.api.wa.newQr({ id: sessionId });
    await stage.simulator.scan(other, await qrOf(user, sessionId));
    const refused = await inStatus(user, sessionId, "needs_attention");
    expect(refused).toMatchObject({ statusReason: "other_phone", phone, next: "new_qr" });
    expect(refused.disconnects[0]?.meaning).toContain("unlinked at once");
    await until("the device to be gone from it", async () => {
      return (await stage.simulator.account(other)).devices.length === 0;
    });

    await user.api.wa.newQr({ id: sessionId, replacePhone: true });
    await stage.simulator.scan(other, await qrOf(user, sessionId));
    await until("the other phone to be ready", () => stage.isReady(sessionId));
    expect(await session(user, sessionId)).toMatchObject({ status: "linked", phone: other });
  });
});

describe("the other way to link", () => {
  test("is open while a code is shown: QR, then a code to type, then QR again, each with keys of its own", async () => {
    const user = await stage.signUp();
    const phone = newPhone();
    await stage.simulator.openAccount(phone, "Sari");
    const { sessionId, qr } = await stage.showQr(user);
    await user.api.wa.newQr({ id: sessionId, by: phone });
    const code = await codeOf(user, sessionId);
    expect(await session(user, sessionId)).toMatchObject({ status: "waiting", next: "type", qr: null });
    await expect(stage.simulator.scan(phone, qr)).rejects.toMatchObject({ status: 409 });

    await user.api.wa.newQr({ id: sessionId });
    const again = await qrOf(user, sessionId);
    expect(await session(user, sessionId)).toMatchObject({ next: "scan", pairingPhone: null, pairingCode: null });
    await expect(stage.simulator.enterLinkCode(phone, code)).rejects.toMatchObject({ status: 409 });
    await stage.simulator.scan(phone, again);
    await until("the phone to be ready", () => stage.isReady(sessionId));
    expect((await stage.simulator.account(phone)).devices).toHaveLength(1);
  });

  test("keeps what was agreed about another phone", async () => {
    const user = await stage.signUp();
    const { sessionId, phone } = await stage.linkPhone(user);
    const other = newPhone();
    await stage.simulator.openAccount(other, "Somebody else");
    await stage.simulator.unlink(phone);
    await inStatus(user, sessionId, "logged_out");
    await expect(user.api.wa.newQr({ id: sessionId, by: other })).rejects.toThrow();
    expect((await session(user, sessionId)).status).toBe("logged_out");

    await user.api.wa.newQr({ id: sessionId, replacePhone: true });
    await qrOf(user, sessionId);
    await user.api.wa.newQr({ id: sessionId, by: other });
    await stage.simulator.enterLinkCode(other, await codeOf(user, sessionId));
    await until("the other phone to be ready", () => stage.isReady(sessionId));
    expect(await session(user, sessionId)).toMatchObject({ status: "linked", phone: other });
  });

  test("is not for a phone that is restricted for a time: it is still linked", async () => {
    const user = await stage.signUp();
    const { sessionId, phone } = await stage.linkPhone(user);
    // What it asks at login is answered; a late answer would contradict the notice.
    await until("its limits", async () => (await session(user, sessionId)).newChats);
    await stage.simulator.setLimits(phone, { reachout: { forMs: 3_600_000 } });
    await inStatus(user, sessionId, "restricted");
    for (const act of ["newQr", "remove"] as const) {
      await expect(user.api.wa[act]({ id: sessionId }), act).rejects.toMatchObject({ code: "CONFLICT" });
    }
    expect(stage.isReady(sessionId)).toBe(true);
  });
});

test("a phone that was unlinked as idle, linked again and then unlinked on the phone, is told the last reason", async () => {
  const user = await stage.signUp();
  const { sessionId, phone } = await stage.linkPhone(user);
  await stage.db.execute(sql`update wa_sessions set idle_warned_at = app_now(), idle_unlinking_at = app_now()
    where id = ${sessionId}`);
  await stage.simulator.unlink(phone);
  expect(await inStatus(user, sessionId, "expired")).toMatchObject({ statusReason: "idle" });
  await user.api.wa.newQr({ id: sessionId });
  await stage.simulator.scan(phone, await qrOf(user, sessionId));
  await until("the phone to be ready", () => stage.isReady(sessionId));
  await stage.simulator.unlink(phone);
  expect(await inStatus(user, sessionId, "logged_out")).toMatchObject({ statusReason: "401" });
});
