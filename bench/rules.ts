import { monitorEventLoopDelay } from "node:perf_hooks";
import type { BenchResult } from "#scripts/bench.ts";
import { STEPS_OF_USER, stepsOf } from "#server/automation/matching/budget.ts";
import { matcherOf, prepare, type Trigger } from "#server/automation/matching/compile.ts";
import { ALL_RULES_MS, fitAll } from "#server/automation/matching/fit.ts";

const RULES = 1_000;
const MESSAGES = 1_000;
const ROUNDS = 5;
const LIMIT_MS = 2_000;
const EVIL_LIMIT_MS = 1;
/** How long everything else in the process may have to wait: for one pattern, the largest that there may be. */
const HOLD_LIMIT_MS = 250;
/** Each doubles what a backtracking engine takes for the evil pattern: with more of them it would not end today. */
const EVIL_LETTERS = 24;

/**
 * 1,000 messages against 1,000 rules of all kinds (one rule and one message are one of a million), beside the same rules as
 * native regular expressions, in the same run; what an evil pattern costs, here and there; and how long a thousand rules as
 * large as they may be together hold the process for the longest message. The first may take two seconds, the second a
 * thousandth, the third a second in all and a quarter at a time.
 */
export async function run(): Promise<BenchResult> {
  const triggers = Array.from({ length: RULES }, (_, n) => triggerOf(n));
  const messages = Array.from({ length: MESSAGES }, (_, n) => messageOf(n));
  const matchers = triggers.map(matcherOf);
  const natives = triggers.map(nativeOf);
  const ours: number[] = [];
  const peer: number[] = [];
  let [found, alike] = [0, 0];
  // The first round is not counted: nothing is compiled yet.
  for (let round = 0; round <= ROUNDS; round += 1) {
    [found, alike] = [0, 0];
    const [mine, theirs] = [
      timed(() => {
        for (const message of messages) {
          const text = prepare(message);
          for (const fits of matchers) if (fits(text)) found += 1;
        }
      }),
      timed(() => {
        for (const message of messages) for (const regex of natives) if (regex.test(message)) alike += 1;
      }),
    ];
    if (round > 0) {
      ours.push(mine);
      peer.push(theirs);
    }
  }
  if (found !== alike) throw new Error(`the rules fit ${found} times, as native expressions ${alike}`);
  const text = `${"a".repeat(EVIL_LETTERS)}!`;
  const evil = matcherOf({ match: "regex", patterns: ["^(a+)+$"], folds: true });
  const evilMs = median(Array.from({ length: 100 }, () => timed(() => evil(prepare(text)))));
  const evilPeerMs = timed(() => /^(a+)+$/i.test(text));
  const [oursMs, peerMs] = [median(ours), median(peer)];
  const large = await holdOf(Array.from({ length: RULES }, (_, n) => largeRule(n)));
  const largest = await holdOf(Array.from({ length: 100 }, (_, n) => largestRule(n)));
  return {
    name: "1,000 rules on 1,000 messages, against native expressions",
    unit: "ms",
    ours: Math.round(oursMs),
    peer: Math.round(peerMs),
    ratio: Number((oursMs / peerMs).toFixed(2)),
    ok:
      oursMs < LIMIT_MS &&
      evilMs < EVIL_LIMIT_MS &&
      [large, largest].every(({ holdMs, ms }) => holdMs < HOLD_LIMIT_MS && ms < 2 * ALL_RULES_MS),
    rows: [
      {
        what: `${RULES} rules, ${MESSAGES} messages`,
        "ours ms": oursMs.toFixed(0),
        "native ms": peerMs.toFixed(0),
        target: `< ${LIMIT_MS}`,
      },
      {
        what: "an evil pattern",
        "ours ms": evilMs.toFixed(4),
        "native ms": evilPeerMs.toFixed(0),
        target: `< ${EVIL_LIMIT_MS}`,
      },
      ...[large, largest].map(({ rules, steps, ms, holdMs }) => ({
        what: `${rules} large rules (${steps} steps of ${STEPS_OF_USER}), one message: all, longest hold`,
        "ours ms": `${ms.toFixed(0)}, ${holdMs.toFixed(0)}`,
        "native ms": "",
        target: `< ${2 * ALL_RULES_MS}, < ${HOLD_LIMIT_MS}`,
      })),
    ],
  };
}

/** What looking through these rules takes, and how long everything else had to wait meanwhile, at a message without an end. */
async function holdOf(rules: Trigger[]) {
  const text = prepare("abcdefghijklmnopqrstuvwxy".repeat(200));
  const steps = await stepsOf(rules);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const began = performance.now();
  await fitAll(rules, text);
  const ms = performance.now() - began;
  delay.disable();
  return { rules: rules.length, steps, ms, holdMs: delay.max / 1e6 };
}

/** Without a letter that a text could lack, so that each is gone through to the end; a different one for each number. */
const largeRule = (n: number): Trigger => ({
  match: "regex",
  patterns: [`[a-y]{1,26}${String(n).replace(/\d/g, "[$&]")}`],
  folds: true,
});
const largestRule = (n: number): Trigger => ({
  match: "regex",
  patterns: [`[a-y]{1,290}[0-${n % 10}][${Math.floor(n / 10)}]`],
  folds: true,
});

const kinds = ["keyword", "contains", "exact", "starts_with", "regex"] as const;
const wordOf = (n: number) => `kata${n.toString(36)}z`;

function triggerOf(n: number): Trigger {
  const match = kinds[n % kinds.length] ?? "keyword";
  const patterns = match === "regex" ? [`\\b${wordOf(n)}\\s+\\d{2,4}\\b`] : [wordOf(n), `harga ${wordOf(n)}`];
  return { match, patterns, folds: true };
}

/** The words of one rule each, so that every kind fits somewhere. */
function messageOf(n: number): string {
  const word = wordOf(n);
  if (n % 3 === 0) return word.toUpperCase();
  return `${word} ${n % 1_000} pcs: halo kak, mau tanya harga ${word} untuk besok pagi jam ${n % 12}, bisa kirim ke Bandung?`;
}

function nativeOf({ match, patterns }: Trigger): RegExp {
  const any = `(?:${patterns.join("|")})`;
  const sources = {
    keyword: `(?<![\\p{L}\\p{N}\\p{M}_])${any}(?![\\p{L}\\p{N}\\p{M}_])`,
    contains: any,
    exact: `^\\s*${any}\\s*$`,
    starts_with: `^\\s*${any}`,
    regex: any,
  };
  return new RegExp(sources[match], "iu");
}

function timed(work: () => unknown): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

const median = (times: number[]): number => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
