import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { rawWorkbook } from "#tests/fixtures/imports/archive.ts";
import { builtParser } from "#tests/imports/built-parser.ts";
import { type Allowance, type FilePart, readFile } from "./read-file.ts";

let parser: Allowance;
beforeAll(async () => {
  parser = await builtParser();
});

describe("a file that is too much for the parser", () => {
  const strings = `<sst>${Array.from({ length: 400_000 }, (_, i) => `<si><t>Person number ${i}</t></si>`).join("")}</sst>`;
  const bytes = rawWorkbook({ "xl/sharedStrings.xml": strings, "xl/worksheets/sheet1.xml": "<worksheet/>" });
  const refusalWithin = async (heapMb: number, timeoutMs: number) => {
    try {
      for await (const part of readFile(bytes, {}, { ...parser, heapMb, timeoutMs }))
        expect(part).toBe("nothing at all");
    } catch (error) {
      return error instanceof Error ? error.message : "";
    }
    return "read";
  };

  test("by its memory or its time is refused, and the next one is read", async () => {
    expect(await refusalWithin(24, 60_000)).toMatch(/too much memory/);
    expect(await refusalWithin(256, 300)).toMatch(/took too long/);
    let last: FilePart | undefined;
    for await (const part of readFile(Buffer.from("name,phone_e164\nAyu,+6281200000012\n"), {}, parser)) last = part;
    expect(last).toMatchObject({ rows: [{}, { cells: ["Ayu", "+6281200000012"] }] });
  });

  afterEach(() => {
    vi.useRealTimers();
  });
  test("is no file whose rows are taken slowly: the time that others need for them is not its own", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const people = Buffer.from(`name,phone_e164,consent\n${"Ayu,+6281200000012,yes\n".repeat(20_000)}`);
    let taken = 0;
    for await (const part of readFile(people, {}, { ...parser, heapMb: 256, timeoutMs: 20_000 })) {
      vi.advanceTimersByTime(30_000);
      if ("rows" in part) taken += part.rows.length;
    }
    expect(taken).toBe(20_001);
  });
});
