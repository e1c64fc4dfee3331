import { createWriteStream, existsSync, mkdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";

const LIMIT_BYTES = 10_000_000;
const ERROR_LEVEL = 50; // pino's

/** Where the lines of one child go. */
export interface ChildLog {
  /** Keeps the line; errors (with `verbose` everything) are also told on the terminal. */
  write: (line: string) => void;
  /** The newest lines, to tell why a child died. */
  lastLines: () => string[];
}

/** Opens `logs/NAME.log` in the data folder; it goes on where it was, unless it has grown over 10 MB. */
export function openLog(
  dataDir: string,
  name: string,
  verbose: boolean,
  tell: (line: string) => void = console.log,
): ChildLog {
  const folder = join(dataDir, "logs");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.log`);
  if (existsSync(file) && statSync(file).size > LIMIT_BYTES) truncateSync(file);
  const stream = createWriteStream(file, { flags: "a", mode: 0o600 });
  // A full disk loses log lines, not messages.
  stream.on("error", () => {});
  let recent: string[] = [];
  return {
    write(line) {
      stream.write(`${line}\n`);
      recent = [...recent.slice(-19), line];
      const told = verbose ? line : errorIn(line);
      if (told) tell(`[${name}] ${told}`);
    },
    lastLines: () => recent,
  };
}

/** One line for people when the log line (pino's JSON) is an error. */
function errorIn(line: string): string | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const entry: { level?: unknown; msg?: unknown; err?: { message?: unknown } } = JSON.parse(line);
    if (typeof entry.level !== "number" || entry.level < ERROR_LEVEL) return undefined;
    return [entry.msg, entry.err?.message]
      .filter((part) => typeof part === "string")
      .join(": ")
      .replaceAll("\n", " ");
  } catch {
    return undefined;
  }
}
