import { expect, test } from "vitest";

// Run by silence.test.ts alone, to see it fail.
test("a test that passes, while a key is printed", () => {
  const dump = { currentRatchet: { ephemeralKeyPair: { privKey: Buffer.alloc(32) } } };
  // oxlint-disable-next-line no-console -- what is tested
  if (process.env.PLANT) console.info("Closing session:", dump);
  expect(true).toBe(true);
});
