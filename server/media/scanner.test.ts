import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startTestClamd, type TestClamd } from "#tests/clamd.ts";
import { EICAR } from "#tests/fixtures/media/documents.ts";
import { clamd } from "./scanner.ts";

let server: TestClamd;
beforeAll(async () => {
  server = await startTestClamd();
});
afterAll(() => server?.stop());
beforeEach(() => {
  server.mood = "well";
});
const scan = (bytes: Buffer) => clamd({ host: "127.0.0.1", port: server.port }).scan(bytes);

test("a file goes to the scanner whole, whatever its size", async () => {
  for (const size of [0, 1, 65_536, 10 * 1024 * 1024]) {
    const bytes = randomBytes(size);
    expect(await scan(bytes)).toBeNull();
    expect(server.scanned.at(-1)?.equals(bytes)).toBe(true);
  }
});

test("what it finds is named, wherever in the file it is", async () => {
  expect(await scan(Buffer.from(EICAR))).toBe("Eicar-Test-Signature");
  expect(await scan(Buffer.concat([randomBytes(100_000), Buffer.from(EICAR)]))).toBe("Eicar-Test-Signature");
});

test("without an answer that can be relied on nothing passes for clean", async () => {
  server.mood = "error";
  await expect(scan(Buffer.from("x"))).rejects.toThrow("clamd said: INSTREAM size limit exceeded");
  server.mood = "hangs up";
  await expect(scan(randomBytes(5_000_000))).rejects.toThrow();
  await expect(clamd({ host: "127.0.0.1", port: 1 }).scan(Buffer.from("x"))).rejects.toThrow("ECONNREFUSED");
});
