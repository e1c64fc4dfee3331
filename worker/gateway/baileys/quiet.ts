import type { Log } from "#server/log.ts";

/**
 * libsignal prints whole Signal sessions, private keys included, on the console. Import this before Baileys: what libsignal
 * writes there is dropped, what anybody else writes passes.
 */
const FILE_OF_LIBSIGNAL = /[\\/]libsignal[\\/]/;
/** How its dumps begin: known even where its file is not, as in a bundle. */
const SENTENCE_OF_LIBSIGNAL = /^((Closing|Opening|Removing old closed|Migrating) session|Session (already|error))/;
/** Deep enough to find the caller behind a program that wraps the console too. */
const FRAMES = 8;

function calledByLibsignal(): boolean {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = FRAMES;
  const { stack } = new Error();
  Error.stackTraceLimit = before;
  return FILE_OF_LIBSIGNAL.test(String(stack));
}

/** Done once, when this module is loaded. */
function quieten(): void {
  for (const level of ["log", "info", "warn", "error", "debug"] as const) {
    const original = console[level].bind(console);
    console[level] = (...args: unknown[]) => {
      if (SENTENCE_OF_LIBSIGNAL.test(String(args[0])) || calledByLibsignal()) return;
      original(...args);
    };
  }
}

quieten();

/** Baileys' log holds numbers and contents: only that something went wrong is kept, with its sentence. */
export function quietLogger(log: Log) {
  const drop = () => {};
  const tell = (details: unknown, sentence?: string) => {
    const text = (sentence ?? (typeof details === "string" ? details : "")).replace(/\d{5,}/g, "#");
    log.debug({ event: "baileys" }, text);
  };
  const logger = {
    level: "silent",
    child: () => logger,
    trace: drop,
    debug: drop,
    info: drop,
    warn: tell,
    error: tell,
  };
  return logger;
}
