import pino from "pino";
import type { Env } from "./env.ts";
import { withSourceLines } from "./source-lines.ts";

export type Log = pino.Logger;

/** The process's logger: JSON lines. Log ids and figures; what could hold a number, a body or a secret is cut out here too. */
export function createLog(
  service: "web" | "worker",
  env: Pick<Env, "logLevel">,
  out: pino.DestinationStream = pino.destination(1),
): Log {
  const options: pino.LoggerOptions = {
    base: { service },
    level: env.logLevel,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: {
      paths: [
        "phone",
        "text",
        "body",
        "password",
        "token",
        "cookie",
        "authorization",
        "qr",
        "email",
        "*.phone",
        "*.text",
        "*.password",
        "*.token",
        "*.qr",
        "*.email",
        "err.query",
        "err.parameters",
        "err.params",
      ],
      censor: "[redacted]",
    },
    serializers: {
      // Database errors carry the statement's values in `detail` and `params`: keep what names the fault alone.
      err: (err: unknown) => describe(err),
    },
  };
  return pino(options, out);
}

function describe(err: unknown): Record<string, unknown> {
  if (!(err instanceof Error)) return { type: typeof err };
  const code = "code" in err ? err.code : undefined;
  const message = err.message.startsWith("Failed query")
    ? "Failed query"
    : err.message.replace(/\+?\d{8,}/g, "[number]");
  const cause = err.cause instanceof Error ? describe(err.cause) : undefined;
  return { type: err.name, message, code, cause, stack: frames(err) };
}

/** Where it happened. A message of several lines stands in front of the frames, and may hold the values of a statement. */
function frames(err: Error): string | undefined {
  const lines = err.stack
    ?.split("\n")
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 11)
    .join("\n");
  return lines && withSourceLines(lines);
}
