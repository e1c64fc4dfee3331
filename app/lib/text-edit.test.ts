import { describe, expect, test } from "vitest";
import { insertAt, type Selected, toggleMark } from "./text-edit.ts";

// "[" and "]" stand around what is selected.
const read = (marked: string): Selected => {
  const start = marked.indexOf("[");
  return { text: marked.replace(/[[\]]/g, ""), start, end: marked.indexOf("]") - 1 };
};
const write = ({ text, start, end }: Selected) =>
  `${text.slice(0, start)}[${text.slice(start, end)}]${text.slice(end)}`;

describe("a mark", () => {
  test.each([
    ["a [word] here", "*", "a *[word]* here"],
    ["a *[word]* here", "*", "a [word] here"],
    ["a [word ]here", "_", "a _[word]_ here"],
    ["[ word]", "~", " ~[word]~"],
    ["here []", "*", "here *[]*"],
    ["here *[]*", "*", "here []"],
    ["[x]", "```", "```[x]```"],
    ["```[x]```", "```", "[x]"],
    ["_[x]_", "*", "_*[x]*_"],
    ["[x]*", "*", "*[x]**"],
    ["*word[]*", "*", "*word*[]"],
    ["*a* []*b*", "*", "*a* *[]**b*"],
    ["*a\n[]*b*", "*", "*a\n*[]**b*"],
  ])("on %j with %j makes %j", (before, mark, after) => {
    expect(write(toggleMark(read(before), mark))).toBe(after);
  });
});

test("a variable comes where the cursor is, in place of what is selected", () => {
  expect(write(insertAt(read("Hi [], bye"), "{{name}}"))).toBe("Hi {{name}}[], bye");
  expect(write(insertAt(read("Hi [you]!"), "{{name}}"))).toBe("Hi {{name}}[]!");
});
