import type { BenchResult } from "#scripts/bench.ts";

/** Times in milliseconds against the most that their 95th percentile may be. */
export function againstLimit(name: string, times: readonly number[], limitMs: number): BenchResult {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  const p95 = at(0.95);
  return {
    name: `${name}, p95, against its limit`,
    unit: "ms",
    ours: Math.round(p95),
    peer: limitMs,
    ratio: Number((p95 / limitMs).toFixed(2)),
    ok: p95 < limitMs,
    rows: [
      {
        "p50 ms": Math.round(at(0.5)),
        "p95 ms": Math.round(p95),
        "most ms": Math.round(at(1)),
        target: `< ${limitMs}`,
      },
    ],
  };
}
