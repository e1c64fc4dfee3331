import { afterAll, beforeAll, expect, test } from "vitest";
import { newPhone } from "../factories.ts";
import { createStage, type Stage, until } from "../stage.ts";

let stage: Stage;
beforeAll(async () => {
  // WhatsApp gives six codes for one try; a second each makes the whole life of a try watchable.
  stage = await createStage({ env: { QR_TIMEOUT_MS: "1000" } });
});
afterAll(() => stage?.stop());

test("codes follow each other until they are used up; then a new one can be had, and scanned", async () => {
  const user = await stage.signUp();
  const before = Date.now();
  const { sessionId, qr } = await stage.showQr(user);
  const { qrExpiresAt } = await user.api.wa.get({ id: sessionId });
  expect(qrExpiresAt?.getTime()).toBeGreaterThan(before);
  expect(qrExpiresAt?.getTime()).toBeLessThanOrEqual(Date.now() + 1_000);
  const next = await until("another code", async () => {
    const shown = (await user.api.wa.get({ id: sessionId })).qr;
    return shown !== null && shown !== qr ? shown : null;
  });
  expect(next).not.toBe(qr);

  await until("the last code to lapse", async () => (await user.api.wa.get({ id: sessionId })).status === "expired");
  expect(await user.api.wa.get({ id: sessionId })).toMatchObject({ qr: null, next: "new_qr" });

  const phone = newPhone();
  await stage.simulator.openAccount(phone, "Budi");
  await user.api.wa.newQr({ id: sessionId });
  const fresh = await until("a fresh code", async () => (await user.api.wa.get({ id: sessionId })).qr);
  await stage.simulator.scan(phone, fresh);
  await until("the phone to be linked", () => stage.isReady(sessionId));
});
