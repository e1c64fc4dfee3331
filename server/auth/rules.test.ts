import { expect, test } from "vitest";
import { isTimeZone, passwordProblem } from "./rules.ts";
import { registerInput } from "./schema.ts";

test.each([
  ["short", "Use at least 12 characters."],
  ["passwordpassword", "This password is on the lists of common ones. Choose another."],
  ["abababababab", "Use more different characters."],
  ["budi.hartono@example.org", "Do not build the password from your e-mail address."],
  ["budi.hartono123", "Do not build the password from your e-mail address."],
  [`${"é".repeat(60)}abcdefghij`, "Use at most 128 bytes."],
  ["a quiet green harbour", null],
])("the password %s: %s", (password, problem) => {
  expect(passwordProblem(password, "budi.hartono@example.org")).toBe(problem);
});

test("a time zone is one that exists", () => {
  expect(isTimeZone("Asia/Jakarta")).toBe(true);
  expect(isTimeZone("Asia/Nowhere")).toBe(false);
});

test("an account needs the terms accepted, and each field has its own sentence", () => {
  const parsed = registerInput.safeParse({
    email: "x",
    password: "a quiet green harbour",
    tz: "Mars",
    acceptTerms: false,
  });
  const fields = parsed.error?.issues.map((issue) => issue.path[0]);
  expect(fields).toEqual(expect.arrayContaining(["email", "tz", "acceptTerms"]));
});
