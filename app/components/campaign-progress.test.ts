import { expect, test } from "vitest";
import { barOf, type Counts } from "./campaign-progress.tsx";

const none: Counts = {
  queued: 0,
  sending: 0,
  sent: 0,
  delivered: 0,
  read: 0,
  failed: 0,
  skipped: 0,
  cancelled: 0,
  unknown: 0,
};

test.each([
  ["everyone is in it", { sent: 50, queued: 100, skipped: 50 }, { sent: 25, queued: 50, skipped: 25 }],
  ["of 20,000 on a list, the 200 who get it", { sent: 50, queued: 150, skipped: 19_800 }, { sent: 25, queued: 75 }],
  ["nobody gets it", { skipped: 3 }, { skipped: 100 }],
  ["nobody is there", {}, {}],
] as const)("the bar of a campaign: %s", (_, counts, bar) => {
  const all: Counts = { ...none, ...counts };
  const total = Object.values(all).reduce((sum, count) => sum + count, 0);
  expect(Object.fromEntries(barOf(all, total).map(({ status, percent }) => [status, percent]))).toEqual(bar);
});
