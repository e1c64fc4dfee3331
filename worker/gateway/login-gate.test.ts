import { expect, test } from "vitest";
import { createLoginGate } from "./login-gate.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("lets a few in at a time, in the order they came", async () => {
  const gate = createLoginGate(2);
  const inside: number[] = [];
  const { signal } = new AbortController();
  const leaving: (() => void)[] = [];
  for (const n of [1, 2, 3, 4]) {
    void gate.enter(signal).then((leave) => {
      inside.push(n);
      leaving.push(leave);
    });
  }
  await turn();
  expect(inside).toEqual([1, 2]);
  leaving[0]?.();
  leaving[0]?.();
  await turn();
  expect(inside).toEqual([1, 2, 3]);
});

test("whoever gives up while it waits goes on at once, and keeps nobody out", async () => {
  const gate = createLoginGate(1);
  const first = await gate.enter(new AbortController().signal);
  const impatient = new AbortController();
  const given = gate.enter(impatient.signal);
  impatient.abort();
  (await given)();
  const next = gate.enter(new AbortController().signal);
  first();
  (await next)();
  expect(await gate.enter(new AbortController().signal)).toBeTypeOf("function");
});

test("a crowd that gives up takes nobody's turn", async () => {
  const gate = createLoginGate(2);
  const stays = new AbortController().signal;
  const first = [await gate.enter(stays), await gate.enter(stays)];
  const patient = [gate.enter(stays), gate.enter(stays)];
  const givesUp = new AbortController();
  const crowd = Array.from({ length: 5 }, () => gate.enter(givesUp.signal));
  givesUp.abort();
  for (const leave of await Promise.all(crowd)) leave();
  await turn();
  for (const leave of first) leave();
  expect(await Promise.race([Promise.all(patient), turn()])).toHaveLength(2);
});
