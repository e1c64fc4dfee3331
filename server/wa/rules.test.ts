import { describe, expect, test } from "vitest";
import {
  disconnectRule,
  idleStep,
  mayFollow,
  reconnectDelayMs,
  sessionStatuses,
  statusesForNewQr,
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

test("fresh codes are for sessions that are not linked: before the first link, while one is tried, and after the last", () => {
  expect(statusesForNewQr).toEqual([
    "new",
    "waiting",
    "pairing",
    "needs_attention",
    "restricted",
    "logged_out",
    "expired",
    "passkey_required",
  ]);
});

test("whoever waits for a code to be typed is not told to scan one", () => {
  expect(tellSession("waiting", null, "qr")).toMatchObject({ next: "scan" });
  expect(tellSession("waiting", null, "code")).toMatchObject({ next: "type" });
  expect(tellSession("waiting", null, "code").sentence).toContain("type the code");
});

test("a restriction that ends by itself is no reason to link again, a ban is", () => {
  expect(tellSession("restricted", "reachout").next).toBe("ask_again");
  expect(tellSession("restricted", "403").next).toBe("new_qr");
});

test("nobody is offered to try at once where no worker could", () => {
  expect(tellSession("reconnecting", "440").next).toBe("try_now");
  expect(tellSession("reconnecting", "offline").next).toBe("wait");
});

test("every status has a sentence, and a known reason a more exact one", () => {
  for (const status of sessionStatuses) expect(tellSession(status, null).sentence).toMatch(/\.$/);
  expect(tellSession("logged_out", "unlinked").sentence).toContain("You unlinked");
  expect(tellSession("logged_out", "never heard of").sentence).toBe(tellSession("logged_out", null).sentence);
});

describe("a phone that nobody uses", () => {
  const now = new Date("2026-03-10T12:00:00Z");
  const ago = (days: number) => new Date(now.getTime() - days * 86_400_000);
  const hour = 1 / 24;
  test.each([
    ["used just now", { used: 0 }, "none"],
    ["not used for almost five days", { used: 4.99 }, "none"],
    ["not used for five days", { used: 5 }, "warn"],
    ["not used for a month, because no worker looked", { used: 30 }, "warn"],
    ["busy for a month", { used: 30, busy: true }, "none"],
    ["warned a day ago", { used: 6, warned: 1 }, "none"],
    ["warned two days ago", { used: 7, warned: 2 }, "unlink"],
    ["warned late, a day ago", { used: 30, warned: 1 }, "none"],
    ["warned, then used", { used: 0.5, warned: 1 }, "clear"],
    ["warned, then busy", { used: 8, warned: 3, busy: true }, "clear"],
    ["asked about for an hour", { used: 8, warned: 3, unlinking: hour }, "unlink"],
    ["asked about for 23 hours", { used: 8, warned: 3, unlinking: 23 * hour }, "unlink"],
    ["asked about for a day", { used: 8, warned: 3, unlinking: 1 }, "wipe"],
    ["asked about for a day, then used", { used: 0, warned: 3, unlinking: 1 }, "clear"],
  ] as const)("%s: %o", (_, its: { used: number; busy?: true; warned?: number; unlinking?: number }, step) => {
    const at = (days: number | undefined) => (days === undefined ? null : ago(days));
    const use = { lastUsedAt: ago(its.used), busy: its.busy ?? false };
    expect(idleStep({ ...use, warnedAt: at(its.warned), unlinkingAt: at(its.unlinking) }, now)).toBe(step);
  });
});
