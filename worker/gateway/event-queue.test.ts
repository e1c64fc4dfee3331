import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { createLog } from "#server/log.ts";
import { createEventQueue, type FactEvent, isPassing } from "./event-queue.ts";
import type { GatewayEvent } from "./gateway.ts";

const log = createLog("worker", { logLevel: "silent" });
const ack = (waMsgId: string): GatewayEvent => ({ type: "ack", waMsgId });
afterEach(() => {
  vi.useRealTimers();
});

const withCode = (code: string) => Object.assign(new Error(code), { code });

/** A queue of facts alone. */
const queueOf = (hear: (facts: readonly FactEvent[]) => void) =>
  createEventQueue({ event: async () => {}, facts: async (facts) => hear(facts) }, log);

test.each(["ECONNREFUSED", "CONNECTION_CLOSED", "57P01", "40P01", "40001", "53300", "08006"])(
  "%s passes, so the same is tried again",
  (code) => {
    expect(isPassing(withCode(code))).toBe(true);
    expect(isPassing(new Error("Failed query", { cause: withCode(code) }))).toBe(true);
  },
);

test.each(["23505", "42703", ""])("%s does not pass by itself", (code) =>
  expect(isPassing(withCode(code))).toBe(false),
);

test("events wait out an absence of the database, and keep their order", async () => {
  let away = true;
  const handled: string[] = [];
  const queue = queueOf((facts) => {
    if (away) throw withCode("ECONNREFUSED");
    handled.push(...facts.map(({ waMsgId }) => waMsgId));
  });
  for (const id of ["one", "two", "three"])
    void queue.take(ack(id), id === "three" ? () => handled.push("first") : undefined);
  await queue.drained(300);
  expect(handled).toEqual([]);
  away = false;
  await queue.drained(5_000);
  expect(handled).toEqual(["one", "two", "first", "three"]);
});

test("an event that can never be handled does not hold back the others", async () => {
  const handled: string[] = [];
  const event = async ({ type }: GatewayEvent) => {
    if (type === "ready") throw new Error("a defect");
  };
  const queue = createEventQueue(
    { event, facts: async (facts) => void handled.push(...facts.map(({ type }) => type)) },
    log,
  );
  queue.push({ type: "ready" });
  queue.push(ack("next"));
  await queue.drained(10_000);
  expect(handled).toEqual(["ack"]);
});

test("a process that ends does not wait for a database that is away", async () => {
  const queue = queueOf(() => {
    throw withCode("ECONNREFUSED");
  });
  queue.push(ack("lost"));
  await queue.drained(50);
  queue.abandon();
  // It ends by itself: nothing but the queue could end this wait.
  await queue.drained(2 ** 31 - 1);
});

test("facts that come together are handled together, in their order; one that cannot be handled takes no other with it", async () => {
  const handled: string[][] = [];
  const queue = queueOf((facts) => {
    const ids = facts.map(({ waMsgId }) => waMsgId);
    if (ids.includes("broken")) throw new Error("a defect");
    handled.push(ids);
  });
  const told = await Promise.all(["one", "two", "three"].map((id) => queue.take(ack(id))));
  expect([told, handled]).toEqual([[true, true, true], [["one", "two", "three"]]]);
  const partly = await Promise.all(["four", "broken", "five"].map((id) => queue.take(ack(id))));
  expect([partly, handled.slice(1)]).toEqual([
    [true, false, true],
    [["four"], ["five"]],
  ]);
});

test("facts that come one soon after the other are handled together", async () => {
  const handled: string[][] = [];
  const queue = queueOf((facts) => handled.push(facts.map(({ waMsgId }) => waMsgId)));
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  queue.push(ack("one"));
  await nextTurn();
  const both = queue.take(ack("two"));
  await vi.runAllTimersAsync();
  await both;
  expect(handled).toEqual([["one", "two"]]);
});

test.each<GatewayEvent>([{ type: "nack", waMsgId: "refused", code: 463 }, { type: "ready" }])(
  "no fact makes others wait for the moment that it waits itself",
  async (urgent) => {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    const handled: string[] = [];
    const queue = createEventQueue(
      {
        event: async ({ type }) => void handled.push(type),
        facts: async (facts) => void handled.push(...facts.map(({ type }) => type)),
      },
      log,
    );
    queue.push(ack("one"));
    await nextTurn();
    // No clock goes on: only what does not wait for it is ever handled.
    await queue.take(urgent);
    expect(handled).toEqual(["ack", urgent.type]);
  },
);
