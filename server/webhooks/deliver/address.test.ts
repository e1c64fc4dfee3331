import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { urlProblem } from "../rules.ts";
import { isLoopback, isPublicAddress } from "./address.ts";
import { type PostOptions, post } from "./post.ts";
import { type Address, createResolve } from "./resolve.ts";

let port = 0;
let heard = 0;
let connected = 0;
const receiver = createServer((request, response) => {
  heard += 1;
  if (request.url === "/away") response.writeHead(302, { location: "/" });
  else if (request.url === "/slow") return;
  response.end("thanks");
});

receiver.on("connection", () => {
  connected += 1;
});

beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  port = (receiver.address() as AddressInfo).port;
});
afterAll(() => {
  receiver.closeAllConnections();
  receiver.close();
});

const options = (more: Partial<PostOptions> = {}): PostOptions => ({
  local: false,
  resolve: createResolve({ local: false }),
  timeoutMs: 30_000,
  ...more,
});
const tell = (url: string, more?: Partial<PostOptions>) => post(url, {}, "{}", options(more));

test.each([
  ["8.8.8.8", true],
  ["1.1.1.1", true],
  ["2606:4700:4700::1111", true],
  ["127.0.0.1", false],
  ["127.9.9.9", false],
  ["0.0.0.0", false],
  ["10.0.0.1", false],
  ["172.16.0.1", false],
  ["172.31.255.255", false],
  ["172.32.0.1", true],
  ["192.168.1.1", false],
  ["169.254.169.254", false],
  ["100.64.0.1", false],
  ["100.128.0.1", true],
  ["192.0.2.7", false],
  ["198.18.0.1", false],
  ["224.0.0.1", false],
  ["255.255.255.255", false],
  ["::", false],
  ["::1", false],
  ["::ffff:7f00:1", false],
  ["::ffff:8.8.8.8", false],
  ["64:ff9b::a00:1", false],
  ["fe80::1", false],
  ["fe80::1%eth0", false],
  ["fc00::1", false],
  ["fd12:3456::1", false],
  ["ff02::1", false],
  ["2001:db8::1", false],
  ["2001:0:4136:e378::1", false],
  ["2002:7f00:1::", false],
  ["not an address", false],
])("%s is of the public internet: %s", (address, isPublic) => {
  expect(isPublicAddress(address)).toBe(isPublic);
});

test("only this machine is local", () => {
  expect(["127.0.0.1", "127.1.2.3", "::1"].every(isLoopback)).toBe(true);
  expect(["10.0.0.1", "169.254.169.254", "8.8.8.8", "fe80::1", "::", "x"].some(isLoopback)).toBe(false);
});

test("an address is refused at once when it can never be told anything, with what is wrong", () => {
  for (const url of ["https://example.org/hook", "https://example.org:8443/hook?key=1", "https://[2606:4700::1]/"])
    expect(urlProblem(url, false), url).toBeNull();
  for (const url of [
    "http://example.org/",
    "ftp://example.org/",
    "https://user:secret@example.org/",
    "https://example.org/#part",
    "https://example.org:22/",
    "https://localhost/",
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://[::1]/",
    "nonsense",
  ])
    expect(urlProblem(url, false), url).not.toBeNull();
  expect(urlProblem("http://127.0.0.1:4000/", true)).toBeNull();
  expect(urlProblem("http://10.0.0.1/", true)).not.toBeNull();
});

test("no private address is connected to, however it is written", async () => {
  const before = heard;
  for (const host of ["10.0.0.1", "169.254.169.254", "0.0.0.0", "[::ffff:7f00:1]", "[fd00::1]", "3232235777"])
    expect(await tell(`https://${host}:${port}/`), host).toMatchObject({ code: null, problem: "private" });
  const resolve = async () => [
    { address: "8.8.8.8", family: 4 },
    { address: "10.0.0.1", family: 4 },
  ];
  expect(await tell("https://half.example/", { resolve })).toMatchObject({ problem: "private" });
  expect(await tell("https://half.example/", { resolve, local: true })).toMatchObject({ problem: "private" });
  expect(heard).toBe(before);
});

test("a name that leads elsewhere at the second look is connected to where the first look led, or not at all", async () => {
  const answers: Address[][] = [[{ address: "8.8.8.8", family: 4 }], [{ address: "127.0.0.1", family: 4 }]];
  let asked = 0;
  const resolve = async () => answers[asked++] ?? [];
  const before = heard;
  // To the public address, where nobody is in a test: had the name been asked again, this machine would have answered.
  expect(await tell(`https://rebinding.example:${port}/`, { resolve, timeoutMs: 300 })).toMatchObject({ code: null });
  expect(asked).toBe(1);
  expect(await tell(`https://rebinding.example:${port}/`, { resolve })).toMatchObject({ problem: "private" });
  expect(asked).toBe(2);
  expect(heard).toBe(before);
  // No name server knows this one: only what was looked at leads there.
  const pinned = { local: true, resolve: async () => [{ address: "127.0.0.1", family: 4 }] };
  const then = connected;
  expect(await tell(`https://pinned.example:${port}/`, pinned)).toMatchObject({ problem: "tls" });
  expect(connected).toBe(then + 1);
});

test("what a receiver answers is told: taken, a redirect that is not followed, silence, nobody there", async () => {
  const here = `http://127.0.0.1:${port}`;
  const before = heard;
  expect(await tell(`${here}/`, { local: true })).toMatchObject({ code: 200, problem: null, text: "thanks" });
  expect(await tell(`${here}/away`, { local: true })).toMatchObject({ code: 302, problem: "redirect" });
  expect(heard).toBe(before + 2);
  expect(await tell(`${here}/slow`, { local: true, timeoutMs: 300 })).toMatchObject({ code: null, problem: "timeout" });
  expect(await tell("http://127.0.0.1:1/", { local: true })).toMatchObject({ code: null, problem: "connect" });
  expect(await tell("https://127.0.0.1:1/")).toMatchObject({ problem: "address" });
  const resolve = () => Promise.reject(Object.assign(new Error("no such name"), { code: "ENOTFOUND" }));
  expect(await tell("https://nobody.example/", { resolve })).toMatchObject({ problem: "name" });
  const never = () => new Promise<never>(() => {});
  expect(await tell("https://silent.example/", { resolve: never, timeoutMs: 300 })).toMatchObject({
    problem: "timeout",
  });
});
