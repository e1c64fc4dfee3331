import { expect, test } from "vitest";
import { troublesInForce } from "./rules.ts";

const calm = { faults: {}, delays: { ackMs: 0, deliveredMs: 400 }, limits: { reachout: null, newChats: null } };

test("on a calm day nothing is in force", () => {
  expect(troublesInForce(calm)).toEqual([]);
});

test("each fault in force is told in words, with how often it still strikes", () => {
  const faults = { nack: { code: 463, count: 3 }, loseAcks: { count: 2 }, failLogins: { reason: 403, probability: 1 } };
  expect(troublesInForce({ ...calm, faults })).toEqual([
    "Messages are refused with 463, 3 more times.",
    "Acks are lost, 2 more times.",
    "Logins are refused with 403.",
  ]);
});

test("a fault that this page has no words for is named as the simulator names it", () => {
  expect(troublesInForce({ ...calm, faults: { hangUpgrade: { probability: 0.5 }, dropBefore: 1 } })).toEqual([
    "hangUpgrade, 50 in 100.",
    "The connection is cut before messages are taken, once more.",
  ]);
});

test("late acks and WhatsApp's own limits are in force too", () => {
  const limits = { reachout: { until: new Date() }, newChats: { total: 2, used: 1 } };
  expect(troublesInForce({ faults: {}, delays: { ackMs: [100, 900] }, limits })).toEqual([
    "Messages are confirmed after 100 to 900 ms.",
    "No messages to new people (reach-out lock).",
    "New chats: 1 of 2 used.",
  ]);
  expect(troublesInForce({ ...calm, delays: { ackMs: null } })).toEqual(["Messages are never confirmed."]);
});
