import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Block, readFormatting, type Span } from "./message-format.ts";

const TAGS = { bold: "b", italic: "i", strike: "s" } as const;
const spanned = (spans: readonly Span[]): string =>
  spans
    .map((span) => {
      if (span.kind === "text") return span.text;
      return span.kind === "code" ? `<c>${span.text}</c>` : `<${TAGS[span.kind]}>${spanned(span.spans)}</>`;
    })
    .join("");
const shown = (blocks: readonly Block[]) =>
  blocks.map((block) => {
    if (block.kind === "line") return spanned(block.spans);
    if (block.kind === "quote") return `quote: ${block.lines.map(spanned).join(" / ")}`;
    return `${block.start === null ? "points" : `from ${block.start}`}: ${block.items.map(spanned).join(" / ")}`;
  });

describe("a message in WhatsApp", () => {
  test.each([
    ["plain", ["plain"]],
    ["", [""]],
    ["*bold* _italic_ ~gone~", ["<b>bold</> <i>italic</> <s>gone</>"]],
    ["*all _of_ it*", ["<b>all <i>of</> it</>"]],
    ["_*~three~*_", ["<i><b><s>three</></></>"]],
    ["(*bold*), *bold*!", ["(<b>bold</>), <b>bold</>!"]],
    ["snake_case_word 2*3*4 a~b~c", ["snake_case_word 2*3*4 a~b~c"]],
    ["* not bold* *not bold *", ["points: not bold* *not bold *"]],
    ["a ** b", ["a ** b"]],
    ["a * b * c", ["a * b * c"]],
    ["*a *b*", ["<b>a *b</>"]],
    ["*open", ["*open"]],
    ["*two\nlines*", ["*two", "lines*"]],
    ["**bold**", ["*<b>bold</>*"]],
    ["été*é*", ["été*é*"]],
    ["*🎉 party*", ["<b>🎉 party</>"]],
    ["`a *b*` *c*", ["<c>a *b*</c> <b>c</>"]],
    ["` ` ``", ["` ` ``"]],
    ["```x = *y*\nz```", ["<c>x = *y*\nz</c>"]],
    ["see ```code``` and *more*", ["see <c>code</c> and <b>more</>"]],
    ["*with ```code```*", ["<b>with <c>code</c></>"]],
    ["``````", ["``````"]],
    ["- one\n- *two*\nend", ["points: one / <b>two</>", "end"]],
    ["* one\n* two", ["points: one / two"]],
    ["3. three\n4. four", ["from 3: three / four"]],
    ["1. one\n- point", ["from 1: one", "points: point"]],
    ["-none\n1.none\n- ", ["-none", "1.none", "- "]],
    ["> so _said_\n> he\nyes", ["quote: so <i>said</> / he", "yes"]],
    [">no", [">no"]],
    ["a\r\nb", ["a", "b"]],
    ["<b>{{name}}</b>", ["<b>{{name}}</b>"]],
  ])("%j is shown as %j", (message, blocks) => {
    expect(shown(readFormatting(message))).toEqual(blocks);
  });

  test("loses no word, whatever is typed", () => {
    const piece = fc.constantFrom("*", "_", "~", "`", "```", "\n", " ", "> ", "- ", "1. ", "word", "é", "🎉");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const message = pieces.join("");
        const words = (text: string) => text.match(/word|é|🎉/gu) ?? [];
        expect(words(shown(readFormatting(message)).join("\n"))).toEqual(words(message));
      }),
      { numRuns: 500 },
    );
  });
});
