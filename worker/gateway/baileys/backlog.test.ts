import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createBacklog } from "./backlog.ts";

const SILENCE_MS = 40;
function begin() {
  const state = { keeping: false, told: 0 };
  const backlog = createBacklog(
    () => state.keeping,
    () => {
      state.told += 1;
    },
    SILENCE_MS,
  );
  for (const id of ["hello", "stop"]) backlog.arrived(id);
  backlog.open();
  backlog.sent();
  return { backlog, state };
}

test("sending waits for a STOP behind a message that a database which is away does not take yet", async () => {
  const { backlog, state } = begin();
  state.keeping = true;
  await sleep(SILENCE_MS * 4);
  expect(state.told).toBe(0);
  backlog.read("hello");
  backlog.read("stop");
  expect(state.told).toBe(1);
});

test("a long backlog is waited for as long as it is read, what never can be read is not", async () => {
  const { backlog, state } = begin();
  for (let i = 0; i < 6; i++) {
    backlog.arrived(`more ${i}`);
    await sleep(SILENCE_MS / 2);
    backlog.read(`more ${i}`);
  }
  expect(state.told).toBe(0);
  await sleep(SILENCE_MS * 3);
  expect(state.told).toBe(1);
  expect(backlog.isIn()).toBe(true);
});

test("a connection that is over tells nothing of its backlog, however late that is read", async () => {
  const { backlog, state } = begin();
  backlog.end();
  for (const id of ["hello", "stop"]) backlog.read(id);
  await sleep(SILENCE_MS * 2);
  expect(state.told).toBe(0);
});
