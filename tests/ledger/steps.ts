import fc from "fast-check";
import type { Fact } from "#server/messages/rules.ts";

/** What WhatsApp may say of a message. */
export const facts = {
  ack: { type: "ack" },
  delivered: { type: "delivered" },
  read: { type: "read" },
  nack: { type: "nack", code: 400 },
  failed: { type: "failed", code: 470 },
} as const satisfies Record<string, Fact>;
type FactName = keyof typeof facts;
const factNames: readonly FactName[] = ["ack", "delivered", "read", "nack", "failed"];

/** Something that happens to the points of one user. */
export type Step =
  | { do: "start"; recipients: number }
  | { do: "claim"; next: "write" | "back" | "fail" }
  /** Said `times` at the same moment, of one that was handed over. */
  | { do: "fact"; message: number; fact: FactName; times: number }
  /** Of a campaign, counted from the last. */
  | { do: "pause" | "resume" | "cancel" | "retry" | "repeat" | "giveUp"; campaign: number }
  /** Nine days pass for what waits for an answer. */
  | { do: "age" }
  /** Points, or a plan. */
  | { do: "buy"; plan: "15d" | null }
  | { do: "expire" };

/** What happens at the same time; `true` is the first user. */
export type Moment = (readonly [boolean, Step])[];

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("start" as const), recipients: fc.integer({ min: 1, max: 120 }) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("claim" as const),
      next: fc.constantFrom("write", "write", "write", "back", "fail"),
    }),
  },
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constant("fact" as const),
      message: fc.nat(30),
      fact: fc.constantFrom(...factNames),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom("pause", "resume", "cancel", "retry", "retry", "repeat", "repeat", "giveUp", "giveUp"),
      campaign: fc.nat(3),
    }),
  },
  { weight: 2, arbitrary: fc.constant<Step>({ do: "age" }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("buy" as const), plan: fc.constantFrom("15d", null) }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: "expire" }) },
);

/** Up to eight steps at once, several times: they meet in the database as they would in life. */
export const moments: fc.Arbitrary<Moment[]> = fc.array(
  fc.array(fc.tuple(fc.boolean(), step), { minLength: 1, maxLength: 8 }),
  { minLength: 2, maxLength: 6 },
);

const of = (...steps: Step[]): Moment => steps.map((each) => [true, each]);
const claim: Step = { do: "claim", next: "write" };
const said = (message: number, fact: FactName, times = 3): Step => ({ do: "fact", message, fact, times });
const about = (what: "retry" | "repeat" | "giveUp" | "cancel", campaign = 0): Step => ({ do: what, campaign });

/** Everything that can happen to points, once, in an order in which it finds something to do. */
export const whole: Moment[] = [
  [[false, { do: "start", recipients: 2 }], ...of({ do: "start", recipients: 4 })],
  [[false, claim], ...of(claim, claim, claim)],
  // Accepted, taken back, and arrived all the same.
  of(said(0, "ack")),
  of(said(0, "failed")),
  of(said(0, "delivered"), said(0, "ack")),
  // Refused, tried again and accepted.
  of(said(1, "nack"), about("retry"), about("retry")),
  of(about("retry")),
  of(claim, claim),
  of(said(4, "ack")),
  // Unanswered, repeated and unanswered once more, given up; and accepted all the same.
  of({ do: "age" }),
  of(about("repeat"), about("repeat")),
  of(claim, claim),
  of({ do: "age" }),
  of(about("giveUp"), about("giveUp")),
  of(said(3, "ack")),
  // Twice more than there is; then all of the rest, so that the last acceptance finds nothing to be charged to.
  of({ do: "start", recipients: 150 }, { do: "start", recipients: 150 }),
  of({ do: "start", recipients: 48 }),
  of(said(2, "ack")),
  of(said(2, "failed")),
  of(about("cancel"), about("cancel"), claim),
  [[false, { do: "buy", plan: null }], ...of({ do: "expire" }, claim)],
  of({ do: "buy", plan: "15d" }),
  of(claim),
];

/** The same, each step by itself: two claims at once may find one message, and then what comes after finds less to do. */
export const wholeInTurn: Moment[] = whole.flatMap((moment) => moment.map((step) => [step]));
