import { expect, test } from "vitest";
import {
  disconnectRule,
  mayFollow,
  reconnectDelayMs,
  sessionStatuses,
  statusesForNewQr,
  statusesWithSocket,
  tellSession,
} from "./rules.ts";

test.each([
  [515, "now", null, false],
  [401, "never", "logged_out", true],
  [403, "never", "restricted", false],
  [405, "never", "needs_attention", false],
  [411, "never", "needs_attention", false],
  [419, "never", "needs_attention", false],
  [440, "yield", "reconnecting", false],
  [408, "backoff", "reconnecting", false],
  [428, "backoff", "reconnecting", false],
  [503, "backoff", "reconnecting", false],
  [null, "backoff", "reconnecting", false],
  [500, "few", "reconnecting", false],
] as const)("a disconnect with code %s is answered with %s", (code, reconnect, status, wipe) => {
  expect(disconnectRule(code, "")).toMatchObject({ reconnect, status, wipe });
});

test("QR codes that ran out expire the session, whatever code came with it", () => {
  expect(disconnectRule(408, "QR refs attempts ended")).toMatchObject({ reconnect: "never", status: "expired" });
});

test("a server that cannot prove to be WhatsApp is not tried again", () => {
  const rule = disconnectRule(400, "noise intermediate certificate signature invalid");
  expect(rule).toMatchObject({ reconnect: "never", status: "needs_attention", reason: "untrusted" });
});

test("a log-out that the user asked for here is told apart from one on the phone", () => {
  expect(disconnectRule(401, "Intentional Logout").reason).toBe("unlinked");
  expect(disconnectRule(401, "Stream Errored (conflict)").reason).toBe("401");
});

test("only a log-out ever erases credentials", () => {
  for (let code = 400; code < 600; code++) expect(disconnectRule(code, "").wipe).toBe(code === 401);
});

test("pauses grow from a second to a minute, and are spread", () => {
  expect(reconnectDelayMs("backoff", 0, 0.5)).toBe(1_000);
  expect(reconnectDelayMs("backoff", 3, 0.5)).toBe(8_000);
  expect(reconnectDelayMs("backoff", 400, 0.5)).toBe(60_000);
  expect(reconnectDelayMs("backoff", 0, 0)).toBe(750);
  expect(reconnectDelayMs("yield", 0, 0.5)).toBe(15_000);
  expect(reconnectDelayMs("yield", 99, 1)).toBeLessThanOrEqual(375_000);
  expect(reconnectDelayMs("now", 7, 0.5)).toBe(0);
});

test("a broken session is tried three times, then its user is asked", () => {
  expect([0, 1, 2].map((failures) => reconnectDelayMs("few", failures, 0.5))).toEqual([2_000, 4_000, null]);
});

test("a removed session stays removed, and a linked one is unlinked before it can be", () => {
  for (const status of sessionStatuses) expect(mayFollow("removed", status)).toBe(false);
  expect(mayFollow("linked", "removed")).toBe(false);
});

test("a new QR is for sessions without a socket", () => {
  expect(statusesForNewQr).toEqual([
    "new",
    "needs_attention",
    "restricted",
    "logged_out",
    "expired",
    "passkey_required",
  ]);
  for (const status of statusesWithSocket) expect(statusesForNewQr).not.toContain(status);
});

test("every status has a sentence, and a known reason a more exact one", () => {
  for (const status of sessionStatuses) expect(tellSession(status, null).sentence).toMatch(/\.$/);
  expect(tellSession("logged_out", "unlinked").sentence).toContain("You unlinked");
  expect(tellSession("logged_out", "never heard of").sentence).toBe(tellSession("logged_out", null).sentence);
});
