import fc from "fast-check";
import { RE2JS } from "re2js";
import { describe, expect, test } from "vitest";
import { keptBytes, matcherOf, prepare, type Trigger } from "./compile.ts";
import { ALL_RULES_MS, fitAll } from "./fit.ts";
import { folded } from "./fold.ts";
import { createKept } from "./kept.ts";
import { requiredLiteral } from "./literal.ts";
import { regexProblem } from "./regex.ts";

const fits = (match: Trigger["match"], patterns: string | string[], text: string, folds = true) =>
  matcherOf({ match, patterns: [patterns].flat(), folds })(prepare(text));

describe("a keyword is a whole word", () => {
  test.each([
    ["harga", "Berapa harga?", true],
    ["harga", "HARGA", true],
    ["harga", "(harga)", true],
    ["harga", "hargai", false],
    ["harga", "seharga", false],
    ["harga", "harga_lama", false],
    ["harga", "harga2", false],
    ["harga", "seharga, tetapi harga", true],
    ["jam buka", "Jam   buka\nbesok?", true],
    ["цена", "Какая цена?", true],
    ["цена", "оценка", false],
    ["prix", "Le prix…", true],
    ["naïve", "naïvement", false],
    ["c++", "I like C++.", true],
    ["👍", "👍🏽", true],
    ["ok", "😀ok", true],
    ["가", "각", false],
    ["", "anything", false],
  ])("%s in “%s”: %s", (word, text, is) => expect(fits("keyword", word, text)).toBe(is));
});

describe("capitals, accents and full-width letters", () => {
  test.each([
    ["cafe", "CAFÉ"],
    ["café", "cafe"],
    ["strasse", "Straße"],
    ["strasse", "STRAẞE"],
    ["οδοσ", "ΟΔΟΣ"],
    ["info", "ＩＮＦＯ"],
    ["ﬁle", "FILE"],
    ["Nguyễn", "nguyen"],
    ["سَلام", "سلام"],
    ["in\u00adfo", "in\u200bfo"],
    ["❤", "❤️"],
  ])("%s is %s unless the rule minds", (word, text) => expect(fits("exact", word, text)).toBe(true));

  test("count where the rule minds them", () => {
    expect(fits("exact", "cafe", "Cafe", false)).toBe(false);
    expect(fits("exact", "café", "cafe", false)).toBe(false);
    expect(fits("exact", "café", "cafe\u0301", false)).toBe(true);
    expect(fits("regex", "^Cafe$", "cafe", false)).toBe(false);
  });

  test("other marks are parts of their letters", () => {
    expect(fits("exact", "か", "が")).toBe(false);
    expect(fits("exact", "की", "का")).toBe(false);
  });
});

test.each([
  ["contains", "harg", "Berapa harganya?", true],
  ["contains", "price", "Berapa harganya?", false],
  ["exact", " harga ", "harga\n", true],
  ["exact", "harga", "harga?", false],
  ["starts_with", "halo", "Halo kak", true],
  ["starts_with", "halo", "Kak, halo", false],
  ["contains", ["price", "harga"], "harga berapa", true],
  ["regex", "^(?:hi|halo)\\b", "Halo!", true],
  ["regex", "order\\s+#?\\d{3,}", "my ORDER #1234", true],
  ["regex", "order\\s+#?\\d{3,}", "my order #12", false],
  ["regex", "^café$", "CAFE", true],
  ["regex", "（harga）", "(harga)", true],
  ["regex", "\\W", "abc", false],
  ["regex", "a|b", "xbx", true],
] as const)("%s %s in “%s”: %s", (match, patterns, text, is) => {
  expect(fits(match, [patterns].flat(), text)).toBe(is);
});

test.each([
  ["a(?=b)", "“(?=” at character 2 looks ahead or behind"],
  ["(?<!x)y", "“(?<!” at character 1 looks ahead or behind"],
  ["(a)\\1", "“\\1” at character 4 refers back to a group"],
  ["(?<n>a)\\k<n>", "“\\k<” at character 8 refers back to a group"],
  ["ab[z-a]", "invalid character class range (“z-a”, at character 4)"],
  ["a**", "invalid nested repetition operator (“**”, at character 2)"],
  ["harga(", "missing closing )"],
  ["(?:(?:a{30}){30}){30}", "no regular expression: invalid repeat count"],
  ["[à-ž][ž-à]", "invalid character class range"],
  ["[a-z]{1,900}x", "Written out, this pattern is too long"],
  ["(?:[a-z]{1,250}x){1}", null],
  ["\\(?=", null],
])("the pattern %s is refused with its reason", (pattern, says) => {
  const problem = regexProblem(pattern, true);
  if (says === null) expect(problem).toBeNull();
  else expect(problem).toContain(says);
});

test("a pattern that loses its sense without accents is refused only where they do not count", () => {
  expect(regexProblem("[z-à]", false)).toBeNull();
  expect(regexProblem("[z-à]", true)).toContain("Let them count");
});

test("an evil pattern on an evil text ends", () => {
  expect(fits("regex", "^(a+)+$", `${"a".repeat(4_000)}!`)).toBe(false);
  expect(fits("regex", "(x|y)*x(x|y){14}z", "xy".repeat(2_000))).toBe(false);
});

/** Large, and without a letter that a text could lack; on a text of letters alone each is gone through to the end. */
const large = (n: number): Trigger => ({
  match: "regex",
  patterns: [`[a-y]{1,27}${String(n).replace(/\d/g, "[$&]")}`],
  folds: true,
});
const letters = prepare("abcdefghijklmnopqrstuvwxy".repeat(200));

test("while a thousand large rules are looked through, everything else has its turn, and they take a second at most", async () => {
  const rules = Array.from({ length: 1_000 }, (_, n) => large(n));
  let over = false;
  let turns = 0;
  const others = (async () => {
    for (; !over; turns += 1) await new Promise(setImmediate);
  })();
  const started = performance.now();
  const fits = await fitAll(rules, letters);
  const ms = performance.now() - started;
  over = true;
  await others;
  // One turn at the end alone, if it never gave way.
  expect(turns).toBeGreaterThan(1);
  expect([...fits.values()].every((fit) => fit !== true)).toBe(true);
  // Those that were not looked at say so; the words of the others do not fit.
  if (ms < ALL_RULES_MS) expect(fits.get(rules[999] ?? large(0))).toBe(false);
  expect(fits.get(rules[0] ?? large(0))).toBe(false);
});

test("what is kept of rules has a size, not a number, and the longest unused goes first", () => {
  const before = keptBytes();
  const steps = 500;
  matcherOf({ match: "regex", patterns: ["[a-y]{1,250}[0-9]"], folds: true })(prepare("abc"));
  expect(keptBytes().now - before.now).toBeGreaterThan(steps * 100);
  expect(before.most).toBeLessThan(100_000_000);

  const kept = createKept<string>(100);
  for (const key of ["a", "b", "c"]) kept.keep(key, key, 30);
  expect(kept.get("a")).toBe("a");
  kept.keep("d", "d", 30);
  expect(["a", "b", "c", "d"].map((key) => kept.get(key))).toEqual(["a", undefined, "c", "d"]);
  // It has grown: what is older makes room.
  kept.keep("c", "c", 70);
  expect(["a", "c", "d"].map((key) => kept.get(key))).toEqual([undefined, "c", "d"]);
  expect(kept.bytes()).toBe(100);
});

const atom = fc.oneof(
  fc.constantFrom("a", "b", "ab", "c", "\\.", ".", "\\d", "\\b", "[ab]", "[^]a]", "(?:a|bc)", "(b)", "é", "^", "$"),
  fc.constantFrom("a?", "b*", "c+", "a{2}", "b{0,2}", "(?:ab)?", "(a)*", "[[:alpha:]]", "\\|", "a{x"),
);
const expression = fc
  .tuple(fc.array(atom, { minLength: 1, maxLength: 6 }), fc.array(fc.constantFrom("", "", "", "|"), { maxLength: 6 }))
  .map(([atoms, joints]) => atoms.map((one, n) => one + (joints[n] ?? "")).join(""));

test("the letters a pattern is first looked for by are in every text that it matches", () => {
  fc.assert(
    fc.property(expression, fc.stringMatching(/^[abcé.1 |{x]{0,12}$/), (pattern, text) => {
      if (RE2JS.compile(pattern).test(text)) expect(text).toContain(requiredLiteral(pattern));
    }),
    { numRuns: 3_000 },
  );
});

test("folding twice is folding once", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(folded(folded(text))).toBe(folded(text));
    }),
  );
});
