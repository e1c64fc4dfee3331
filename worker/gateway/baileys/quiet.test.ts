import { createRequire } from "node:module";
import { afterEach, expect, test, vi } from "vitest";

afterEach(() => vi.restoreAllMocks());

test("libsignal says nothing on the console, and everybody else still may", async () => {
  const said: unknown[] = [];
  for (const level of ["log", "info", "warn"] as const) {
    vi.spyOn(console, level).mockImplementation((...args) => void said.push(args[0]));
  }
  const load = createRequire(import.meta.url);
  const { SessionRecord } = load("libsignal") as typeof import("libsignal");
  const entry = { indexInfo: { closed: -1 } };
  const record = new SessionRecord() as unknown as { closeSession(e: unknown): void; openSession(e: unknown): void };
  record.closeSession(entry);
  expect(said, "the leak this guards against").toEqual(["Closing session:"]);

  await import("./quiet.ts");
  entry.indexInfo.closed = -1;
  record.closeSession(entry);
  record.closeSession(entry);
  // oxlint-disable-next-line no-console -- what is tested
  console.info("ours");
  expect(said).toEqual(["Closing session:", "ours"]);

  // A program that wraps the console after us, and stacks kept short: the dump is dropped all the same.
  // oxlint-disable-next-line no-console -- what is tested
  const wrapped = console.info;
  vi.spyOn(console, "info").mockImplementation((...args) => wrapped(...args));
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  entry.indexInfo.closed = -1;
  record.closeSession(entry);
  record.openSession(entry);
  Error.stackTraceLimit = limit;
  expect(said).toEqual(["Closing session:", "ours"]);
});
