import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  applyFactTo,
  canBecome,
  type Fact,
  messageStatuses,
  reasonSentence,
  redriveDelaysMs,
  transportRetryMs,
} from "./rules.ts";

const acceptedStatuses = ["sent", "delivered", "read"] as const;

const fact: fc.Arbitrary<Fact> = fc.oneof(
  fc.constant<Fact>({ type: "ack" }),
  fc.constant<Fact>({ type: "delivered" }),
  fc.constant<Fact>({ type: "read" }),
  fc.constantFrom(463, 479, 400).map((code): Fact => ({ type: "nack", code })),
);

describe("the life of a message", () => {
  test("facts in any order and number charge at most once and never lower the rank", () => {
    fc.assert(
      fc.property(fc.array(fact, { maxLength: 12 }), (facts) => {
        let status: (typeof messageStatuses)[number] = "sending";
        let settled = 0;
        let released = 0;
        const rank = ["sending", "sent", "delivered", "read"];
        for (const said of facts) {
          const outcome = applyFactTo(status, said);
          if (!outcome) continue;
          if (status !== "failed" && outcome.status !== "failed")
            expect(rank.indexOf(outcome.status)).toBeGreaterThan(rank.indexOf(status));
          if (outcome.points === "settle" || outcome.points === "settle_late") settled += 1;
          if (outcome.points === "release") released += 1;
          status = outcome.status;
        }
        const accepted = (acceptedStatuses as readonly string[]).includes(status);
        expect(settled).toBe(accepted ? 1 : 0);
        expect(released).toBeLessThanOrEqual(1);
        // The hold of an open message ends exactly once: settled, or released at a refusal.
        if (status !== "sending") expect(settled + released).toBeGreaterThanOrEqual(1);
      }),
    );
  });

  test("a read receipt before the ack counts as acceptance", () => {
    expect(applyFactTo("sending", { type: "read" })).toEqual({ status: "read", points: "settle" });
    expect(applyFactTo("read", { type: "ack" })).toBeNull();
  });

  test("a refusal after acceptance changes nothing", () => {
    for (const status of acceptedStatuses) expect(applyFactTo(status, { type: "nack", code: 463 })).toBeNull();
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
