import { scrypt } from "node:crypto";
import { createSocket } from "node:dgram";
import { afterAll, beforeAll, expect, test } from "vitest";
import { post } from "./post.ts";
import { createResolve } from "./resolve.ts";

/** A name server (RFC 1035) that knows these names, by type; of all others it says that there are none, or nothing. */
const known: Record<string, Record<number, Buffer>> = {
  "four.example": { 1: Buffer.from([8, 8, 8, 8]) },
  "six.example": { 28: Buffer.from("26064700470000000000000000001111", "hex") },
  "half.example": { 1: Buffer.from([8, 8, 8, 8]), 28: Buffer.from("fd000000000000000000000000000001", "hex") },
};
const server = createSocket("udp4");
const asked: string[] = [];
server.on("message", (question, { port, address }) => {
  const labels: string[] = [];
  let at = 12;
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    labels.push(question.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  const name = labels.join(".");
  asked.push(name);
  if (name.startsWith("silent")) return;
  const data = known[name]?.[question.readUInt16BE(at + 1)];
  const head = Buffer.from(question.subarray(0, 12));
  head.writeUInt16BE(name in known ? 0x8180 : 0x8183, 2);
  for (const [n, value] of [1, data ? 1 : 0, 0, 0].entries()) head.writeUInt16BE(value, 4 + 2 * n);
  const answer = data
    ? Buffer.concat([
        Buffer.from([0xc0, 12]),
        question.subarray(at + 1, at + 5),
        Buffer.from([0, 0, 0, 60, 0, data.length]),
        data,
      ])
    : Buffer.alloc(0);
  server.send(Buffer.concat([head, question.subarray(12, at + 5), answer]), port, address);
});
let resolve = createResolve({ local: false });
beforeAll(async () => {
  await new Promise<void>((ready) => server.bind(0, "127.0.0.1", ready));
  resolve = createResolve({ local: false, servers: [`127.0.0.1:${server.address().port}`] });
});
afterAll(() => server.close());

const never = new AbortController().signal;

test("a name leads to all its addresses, of whichever family it has", async () => {
  expect(await resolve("four.example", never)).toEqual([{ address: "8.8.8.8", family: 4 }]);
  expect(await resolve("six.example", never)).toEqual([{ address: "2606:4700:4700::1111", family: 6 }]);
  expect(await resolve("half.example", never)).toEqual([
    { address: "8.8.8.8", family: 4 },
    { address: "fd00::1", family: 6 },
  ]);
  await expect(resolve("nobody.example", never)).rejects.toMatchObject({ code: "ENOTFOUND" });
});

test("what name servers say is looked at like any address: one private one, or none, and nothing is sent", async () => {
  const tell = (host: string) => post(`https://${host}/`, {}, "{}", { local: false, resolve, timeoutMs: 30_000 });
  expect(await tell("half.example")).toMatchObject({ code: null, problem: "private" });
  expect(await tell("nobody.example")).toMatchObject({ code: null, problem: "name" });
});

test("names of this machine's own table are known only where receivers on it are allowed", async () => {
  asked.length = 0;
  await expect(resolve("localhost", never)).rejects.toMatchObject({ code: "ENOTFOUND" });
  expect(asked).toContain("localhost");
  const addresses = await createResolve({ local: true })("localhost", never);
  expect(addresses.map(({ address }) => address)).toContainEqual(expect.stringMatching(/^(127\.0\.0\.1|::1)$/));
});

test("names whose servers say nothing keep no thread from its work, and are left when their time is over", async () => {
  const options = { local: false, resolve, timeoutMs: 3_000 };
  const tries = Promise.all(
    Array.from({ length: 16 }, (_, n) => post(`https://silent-${n}.example/`, {}, "{}", options)),
  );
  // It needs one of the threads that look-ups by the system would all hold.
  const work = new Promise<string>((done) => {
    scrypt("a", "b", 16, { N: 16 }, () => done("work"));
  });
  expect(await Promise.race([work, tries.then(() => "tries")])).toBe("work");
  expect((await tries).map(({ problem }) => problem)).toEqual(Array(16).fill("timeout"));
});
