import { readEnv } from "#server/env.ts";
import { createLog } from "#server/log.ts";
import { startWorker } from "./start-worker.ts";

/** A process that was asked to stop is gone by then, come what may. */
const STOP_MS = 2_000;

// Baileys takes the stack of an Error for every query it sends: with source maps on, that is the dearest part of a message.
process.setSourceMapsEnabled(false);

const env = readEnv(process.env);
const log = createLog("worker", env);

process.on("unhandledRejection", (err) => {
  log.error({ err, event: "unhandled" }, "a rejection nobody handled");
});

try {
  const worker = await startWorker({ env, log });
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), STOP_MS);
    worker.stop().then(
      // Baileys' timers would keep the process for a minute.
      () => process.exit(0),
      (err: unknown) => {
        log.error({ err, event: "stop.failed" }, "the worker did not stop cleanly");
        process.exit(1);
      },
    );
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, stop);
} catch (err) {
  log.fatal({ err, event: "start.failed" }, "the worker could not start");
  process.exit(1);
}
