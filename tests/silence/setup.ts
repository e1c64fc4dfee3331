import fs from "node:fs";
import { format } from "node:util";
import { afterAll, afterEach } from "vitest";
import { takeLeaks, watchOutput } from "./leaks.ts";

/*
 * Loaded before every test file: watches each way to print, and fails the test in which a key was printed. The console is
 * one of its own here, and pino writes to the descriptor, so neither passes through `process.stdout`.
 */

for (const level of ["log", "info", "warn", "error", "debug", "trace", "dir"] as const) {
  const print = console[level].bind(console);
  const watch = watchOutput(`console.${level}`);
  console[level] = (...args: unknown[]) => {
    watch(`${format(...args)}\n`);
    print(...args);
  };
}

for (const name of ["stdout", "stderr"] as const) {
  const print = process[name].write.bind(process[name]);
  const watch = watchOutput(name);
  process[name].write = ((chunk: string | Uint8Array, ...rest: []) => {
    watch(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString());
    return print(chunk, ...rest);
    // Its overloads say the same in three ways.
  }) as typeof process.stdout.write;
}

const watchDescriptor = watchOutput("the log");
const watched = <F extends typeof fs.write | typeof fs.writeSync>(print: F): F =>
  ((to: number, chunk: unknown, ...rest: unknown[]) => {
    if (to === 1 || to === 2) watchDescriptor(Buffer.isBuffer(chunk) ? chunk.toString() : String(chunk));
    return Reflect.apply(print, fs, [to, chunk, ...rest]);
    // Stands in for a function with many overloads.
  }) as F;
fs.write = watched(fs.write);
fs.writeSync = watched(fs.writeSync);

function refuseLeaks(): void {
  const leaks = takeLeaks();
  if (leaks.length > 0) throw new Error(`Private keys must never be printed: ${[...new Set(leaks)].join("; ")}`);
}
afterEach(refuseLeaks);
afterAll(refuseLeaks);
