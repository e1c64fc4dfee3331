import type { Id } from "#db/ids.ts";
import { type ActiveHours, isOpen, isWithin, nextActive, type Window } from "../schedules/rules.ts";

/** How many rules a user may have. */
export const RULES_AT_MOST = 1_000;
/** What was written longer ago is not answered, and an answer that has not gone by then does not go. Seconds. */
export const ANSWERED_WITHIN_SECONDS = 300;
/** Of one message, when every rule that fits answers. */
export const ANSWERS_AT_MOST = 5;
/** One person who has had so many messages answered in so short a time, and writes again, is a machine like this one. */
export const LOOP = { inMinute: 6, inHour: 20 } as const;

export const matchWords = {
  keyword: "has the word",
  contains: "contains",
  exact: "is exactly",
  starts_with: "starts with",
  regex: "fits the pattern",
} as const;

/** Why a rule says nothing, in plain words. */
export const silences = {
  not_live: "It came while the phone was not connected. Only what comes live is answered.",
  too_old: "It was written more than 5 minutes ago.",
  stop_word: "It is an opt-out. It is confirmed once, and nothing else.",
  opted_out: "This person asked not to be messaged.",
  no_consent: "No consent of this contact is recorded.",
  own_phone: "It comes from one of your own phones.",
  plan_expired: "Your plan has expired.",
  rules_paused: "All rules are paused.",
  breaker: "The rules of this phone stopped by themselves and wait for you.",
  echo: "It repeats what this person was answered.",
  loop: "This person was answered too often in a short time, as when two machines talk to each other.",
  too_many: "This phone has given as many automatic answers in a minute as it may.",
  disabled: "The rule is switched off.",
  other_phone: "The rule is for another phone.",
  no_match: "The words do not fit.",
  late: "It was not looked at: the patterns of the rules before it took too long on this message.",
  written_before: "It was written before the rule was switched on.",
  outside_own_hours: "It is outside the rule's own hours.",
  outside_hours: "It is outside your active hours.",
  rule_before: "A rule before it answers.",
  enough: `A message gets ${ANSWERS_AT_MOST} answers at most.`,
  cooldown: "This person had an answer of this rule a short time ago.",
  rate: "The rule has given as many answers in an hour as it may.",
  empty_text: "Nothing is left of the text for this person: its variables have no value and no fallback.",
  text_too_long: "With this person's values the text is longer than WhatsApp takes.",
  file_gone: "The file of the answer is not kept any more.",
  no_points: "There are not enough points for the answer.",
} as const;
export type Silence = keyof typeof silences;

/** What of a rule decides whether it answers; whether its words fit is found out beside. */
export interface JudgedRule {
  id: Id<"autoRule">;
  enabled: boolean;
  enabledAt: Date;
  /** Null: any phone. */
  waSessionId: Id<"waSession"> | null;
  /** Null: only the phone's limit holds. */
  maxPerHour: number | null;
  /** Null: no narrower hours than the user's. */
  windows: readonly Window[] | null;
  answersAtOpening: boolean;
}

/** All around a message that decides whether it is answered. */
export interface Situation {
  /** By the product's clock, which hours and cooldowns go by. */
  now: Date;
  hours: ActiveHours;
  mode: "first" | "all";
  waSessionId: Id<"waSession">;
  writtenAt: Date;
  /** Why nothing at all is answered; null when something may be. */
  obstacle: Silence | null;
  /** Until when each rule gives this person no answer. */
  coolsUntil: ReadonlyMap<Id<"autoRule">, Date>;
  /** How many answers each rule gave in the last hour, as far as it gave any. */
  givenInHour: ReadonlyMap<Id<"autoRule">, number>;
  phone: { inMinute: number; atMost: number };
  /** How many messages of the person were answered. */
  person: { inMinute: number; inHour: number };
}

export type Verdict =
  /** `at`: when it goes out; null is at once. */
  | { ruleId: Id<"autoRule">; answers: true; at: Date | null }
  /** `by`: the rule that answers instead; `until`: from when on it would. */
  | { ruleId: Id<"autoRule">; answers: false; why: Silence; by?: Id<"autoRule">; until?: Date };

export interface Decision {
  verdicts: Verdict[];
  /** The phone's rules have to stop. */
  trips: "too_many" | "loop" | null;
}

/**
 * Which rules answer a message, in their order, and why each of the others does not. In the mode "first" the first rule that
 * fits takes the message, whether or not it may answer again: the next would say to this person what is meant for others.
 * A rule outside its own hours leaves the message to those after it.
 * @param fits whether a rule's words are in the message; "late" when that was not looked at any more
 */
export function decide<R extends JudgedRule>(
  rules: readonly R[],
  fits: (rule: R) => boolean | "late",
  situation: Situation,
): Decision {
  const { mode, phone, person } = situation;
  let taken: Id<"autoRule"> | null = null;
  let answers = 0;
  const verdicts = rules.map((rule): Verdict => {
    const silent = (why: Silence, more: { by?: Id<"autoRule">; until?: Date } = {}): Verdict => ({
      ruleId: rule.id,
      answers: false,
      why,
      ...more,
    });
    const away = awayFrom(rule, fits, situation);
    if (away) return silent(away);
    if (mode === "first" && taken) return silent("rule_before", { by: taken });
    taken = rule.id;
    const opening = openingOf(rule, situation);
    if (opening === "never") return silent("outside_hours");
    const until = situation.coolsUntil.get(rule.id);
    if (until && until > situation.now) return silent("cooldown", { until });
    if (rule.maxPerHour !== null && (situation.givenInHour.get(rule.id) ?? 0) >= rule.maxPerHour) return silent("rate");
    if (answers >= ANSWERS_AT_MOST) return silent("enough");
    answers += 1;
    return { ruleId: rule.id, answers: true, at: opening };
  });
  if (answers === 0) return { verdicts, trips: null };
  const loops = person.inMinute >= LOOP.inMinute || person.inHour >= LOOP.inHour;
  const trips = loops ? "loop" : phone.inMinute + answers > phone.atMost ? "too_many" : null;
  if (!trips) return { verdicts, trips };
  const stopped = verdicts.map(
    (verdict): Verdict => (verdict.answers ? { ruleId: verdict.ruleId, answers: false, why: trips } : verdict),
  );
  return { verdicts: stopped, trips };
}

/** Why a rule has nothing to do with a message, so that another may take it; null when it has. */
function awayFrom<R extends JudgedRule>(
  rule: R,
  fits: (rule: R) => boolean | "late",
  { waSessionId, writtenAt, obstacle, hours, now }: Situation,
): Silence | null {
  if (!rule.enabled) return "disabled";
  if (rule.waSessionId !== null && rule.waSessionId !== waSessionId) return "other_phone";
  const fit = fits(rule);
  if (fit !== true) return fit === "late" ? "late" : "no_match";
  if (obstacle) return obstacle;
  // WhatsApp's clock tells seconds.
  if (writtenAt.getTime() < Math.floor(rule.enabledAt.getTime() / 1_000) * 1_000) return "written_before";
  const closed = !isWithin(rule.windows, hours.tz, now) && isOpen(hours, now);
  return closed && !rule.answersAtOpening ? "outside_own_hours" : null;
}

/** When a rule may answer: null is now. */
function openingOf(
  { windows, answersAtOpening }: JudgedRule,
  { hours, now }: Pick<Situation, "hours" | "now">,
): Date | null | "never" {
  if (isOpen(hours, now) && isWithin(windows, hours.tz, now)) return null;
  return (answersAtOpening && nextActive(hours, windows, now)) || "never";
}

/** Whose turn it is among a rule's answers. */
export const turnOf = <T>(responses: readonly T[], given: number): T | undefined => responses[given % responses.length];
