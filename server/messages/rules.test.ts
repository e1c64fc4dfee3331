import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  applyFactTo,
  canBecome,
  type Fact,
  type MessageStatus,
  messageStatuses,
  type PointsMove,
  reasonSentence,
  redriveDelaysMs,
  retryProblem,
  transportRetryMs,
} from "./rules.ts";

const code = fc.constantFrom(463, 479, 400);
const fact: fc.Arbitrary<Fact> = fc.oneof(
  fc.constant<Fact>({ type: "ack" }),
  fc.constant<Fact>({ type: "delivered" }),
  fc.constant<Fact>({ type: "read" }),
  code.map((code): Fact => ({ type: "nack", code })),
  code.map((code): Fact => ({ type: "failed", code })),
);

describe("the life of a message", () => {
  test("facts in any order and number charge at most once, give back at most that, and never lower the rank", () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(fact, { maxLength: 12 }), (again, facts) => {
        let status: MessageStatus = "sending";
        let everAccepted = false;
        const moves: PointsMove[] = [];
        const rank = ["sending", "sent", "delivered", "read"];
        for (const said of facts) {
          const standing =
            status === "sent" && again ? "sent_again" : status === "failed" && everAccepted ? "taken_back" : status;
          const outcome = applyFactTo(standing, said);
          if (!outcome) continue;
          if (status !== "failed" && outcome.status !== "failed")
            expect(rank.indexOf(outcome.status)).toBeGreaterThan(rank.indexOf(status));
          moves.push(outcome.points);
          status = outcome.status;
          everAccepted ||= rank.includes(status);
          expect(outcome.error === null).toBe(status !== "failed");
        }
        const count = (...of: PointsMove[]) => moves.filter((move) => of.includes(move)).length;
        const settled = count("settle", "settle_late");
        expect(settled).toBe(everAccepted ? 1 : 0);
        expect(count("release")).toBeLessThanOrEqual(1);
        // Who is charged in the end: whom it reached and whose charge was not given back.
        if (count("refund") > 0) expect(settled).toBe(1);
        if (count("refund") === 0 && everAccepted) expect(status).not.toBe("failed");
        if (count("forgive") > 0) expect(moves.indexOf("forgive")).toBeGreaterThan(moves.indexOf("refund"));
        // The hold of an open message ends exactly once: settled, or released at a refusal.
        if (status !== "sending") expect(settled + count("release")).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  test("a read receipt before the ack counts as acceptance", () => {
    expect(applyFactTo("sending", { type: "read" })).toMatchObject({ status: "read", points: "settle" });
    expect(applyFactTo("read", { type: "ack" })).toBeNull();
  });

  test("a refusal after the acceptance gives back what was charged, and says that it came late", () => {
    const refunded = { status: "failed", points: "refund", error: "late_470" };
    expect(applyFactTo("sent", { type: "nack", code: 470 })).toEqual(refunded);
    for (const standing of ["sent", "sent_again", "delivered"] as const)
      expect(applyFactTo(standing, { type: "failed", code: 470 })).toEqual(refunded);
    expect(reasonSentence("late_470")).toContain("470");
    expect(retryProblem({ errorCode: "late_470", obstacle: null, accountFree: true })).toBe("late_470");
  });

  test("a refusal of what was handed over again, or has arrived, changes nothing", () => {
    for (const standing of ["sent_again", "delivered", "read", "taken_back"] as const)
      expect(applyFactTo(standing, { type: "nack", code: 463 })).toBeNull();
    expect(applyFactTo("read", { type: "failed", code: 470 })).toBeNull();
  });

  test("what was taken back is not accepted again by a repeated ack; that it arrived is true, and costs nothing", () => {
    expect(applyFactTo("taken_back", { type: "ack" })).toBeNull();
    expect(applyFactTo("taken_back", { type: "delivered" })).toMatchObject({ status: "delivered", points: "forgive" });
    expect(applyFactTo("taken_back", { type: "read" })).toMatchObject({ status: "read", points: "forgive" });
  });

  test("what was skipped or cancelled never becomes anything", () => {
    for (const to of messageStatuses) {
      expect(canBecome("skipped", to)).toBe(false);
      expect(canBecome("cancelled", to)).toBe(false);
    }
  });
});

test("without an answer a message is repeated after 30 s, 2 min, 10 min, then hourly", () => {
  expect(redriveDelaysMs(30_000)).toEqual([30_000, 120_000, 600_000, 3_600_000]);
});

test("a transport error waits 30, 60, 120 s, and the fourth ends the row", () => {
  expect([1, 2, 3, 4].map(transportRetryMs)).toEqual([30_000, 60_000, 120_000, null]);
});

test("every reason is a sentence, known or not", () => {
  expect(reasonSentence("opted_out")).toContain("START");
  expect(reasonSentence("479")).toContain("479");
  expect(reasonSentence(null)).toBe("");
});
