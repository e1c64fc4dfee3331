import { describe, expect, test } from "vitest";
import { judgePhone } from "./phone.ts";

describe("a phone number without a country to assume", () => {
  test.each([
    ["+6281200000012", "+6281200000012"],
    [" +62 812-0000-0012 ", "+6281200000012"],
    ["+62 (812) 0000.0012", "+6281200000012"],
    ["\u202A+62\u00A0812\u00A00000\u00A00012\u202C", "+6281200000012"],
    ["＋６２８１２００００００１２", "+6281200000012"],
    ["+1 (415) 555-2671", "+14155552671"],
    [6281200000012, "+6281200000012"],
  ])("%j is read as %s", (cell, e164) => {
    expect(judgePhone(cell)).toEqual({ ok: true, e164 });
    expect(judgePhone(cell, null)).toEqual({ ok: true, e164 });
  });

  test.each([
    ["", /missing.*\+62/],
    ["081200000012", /country code.*\+6281200000012/],
    ["6281200000012", /\+ is missing. Write \+6281200000012/],
    ["006281200000012", /in place of the leading 00: \+6281200000012/],
    ["6.28123E+11", /shortened.*Text/],
    ["6,28123e11", /shortened.*Text/],
    ["6281200000012.0", /decimal/],
    ["call Ayu", /digits only/],
    ["+62812", /too short/],
    ["+6281200000012000000", /too long/],
    ["+6281200000012, +6281200000013", /more than one/],
    ["+6281200000012/+6281200000013", /more than one/],
    ["+6281200000012#", /belongs to no phone number/],
    ["+0281200000012", /No country code begins with 0/],
    ["+999123456789", /no known country code/],
    ["+551112345678", /cannot|can exist/],
    [81200000012, /drops a leading/],
    [6.28123e20, /lost digits/],
    [628120000001.5, /lost digits/],
    [-6281200000012, /lost digits/],
  ])("%j is refused with what to write instead", (cell, reason) => {
    expect(judgePhone(cell)).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });
});

describe("a phone number with a country to assume", () => {
  test.each([
    ["081200000012", "ID", "+6281200000012", "assumed +62 (Indonesia)"],
    ["0812-0000-0012", "ID", "+6281200000012", "assumed +62 (Indonesia)"],
    ["81200000012", "ID", "+6281200000012", "assumed +62 (Indonesia)"],
    [81200000012, "ID", "+6281200000012", "assumed +62 (Indonesia)"],
    ["6281200000012", "ID", "+6281200000012", "added the missing +"],
    [6281200000012, "ID", "+6281200000012", "added the missing +"],
    ["(415) 555-2671", "US", "+14155552671", "assumed +1 (United States)"],
    ["1 415 555 2671", "US", "+14155552671", "added the missing +"],
    ["06 698 12345", "IT", "+390669812345", "assumed +39 (Italy)"],
    ["91234567", "SG", "+6591234567", "assumed +65 (Singapore)"],
  ] as const)("%j in %s is read as %s, and says so", (cell, country, e164, note) => {
    expect(judgePhone(cell, country)).toEqual({ ok: true, e164, note });
  });

  test.each([
    ["+14155552671", "+14155552671"],
    [447911123456, "+447911123456"],
  ])("%j, whole by itself, stays what it is", (cell, e164) => {
    expect(judgePhone(cell, "ID")).toEqual({ ok: true, e164 });
  });

  test.each([
    ["6.28123E+11", /shortened.*Text/],
    ["8.12E+10", /shortened.*Text/],
    [6.28123e20, /lost digits/],
    [8120000001.5, /lost digits/],
    ["81200000012.0", /decimal/],
    ["006281200000012", /in place of the leading 00/],
    ["0812", /too short/],
    ["012345678901234", /country code is missing/],
    ["14155552671", /\+ is missing. Write \+14155552671/],
    ["", /missing/],
    ["+62812", /too short/],
    // A mobile of nine digits after the code, or a landline of Pematangsiantar.
    ["62281234567", /\+62281234567 or \+6262281234567/],
  ])("%j is refused all the same", (cell, reason) => {
    expect(judgePhone(cell, "ID")).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });
});
