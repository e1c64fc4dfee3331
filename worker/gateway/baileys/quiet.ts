/**
 * libsignal prints whole Signal sessions, private keys included, on the console. Import this before Baileys: what libsignal
 * writes there is dropped, what anybody else writes passes.
 */
const FILE_OF_LIBSIGNAL = /[\\/]libsignal[\\/]/;

function calledByLibsignal(): boolean {
  // Frames: Error, this function, the replacement, then the caller.
  const caller = new Error().stack?.split("\n")[3];
  return caller !== undefined && FILE_OF_LIBSIGNAL.test(caller);
}

/** Done once, when this module is loaded. */
function quieten(): void {
  for (const level of ["log", "info", "warn", "error", "debug"] as const) {
    const original = console[level].bind(console);
    console[level] = (...args: unknown[]) => {
      if (!calledByLibsignal()) original(...args);
    };
  }
}

quieten();

export {};
