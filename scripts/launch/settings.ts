import { resolve } from "node:path";
import { z } from "zod";
import { StartError } from "../start-error.mjs";

/** What the launcher itself takes from the environment; everything else passes through to its children. */
export interface LaunchSettings {
  port: number;
  simulatorPort: number;
  workerPort: number;
  /** Absolute. */
  dataDir: string;
  databaseUrl: string | undefined;
  whatsapp: "simulator" | "live";
  appOrigin: string;
  sessionKey: string | undefined;
  /** Whether webhooks may go to this machine: with the local WhatsApp they do, unless told otherwise. */
  webhooksLocal: "on" | "off";
}

const port = (name: string, fallback: number) =>
  z.coerce.number(`${name} must be a port number`).int().min(1).max(65_535).default(fallback);

const schema = z.object({
  PORT: port("PORT", 3000),
  SIMULATOR_PORT: port("SIMULATOR_PORT", 3010),
  WORKER_HTTP_PORT: port("WORKER_HTTP_PORT", 3020),
  DATA_DIR: z.string().default(".data"),
  DATABASE_URL: z.string().optional(),
  WHATSAPP: z.enum(["simulator", "live"]).default("simulator"),
  APP_ORIGIN: z.string().optional(),
  SESSION_KEY: z.string().optional(),
  WEBHOOKS_LOCAL: z.enum(["on", "off"]).optional(),
});

/** @throws StartError that names the variable and what it may be */
export function readSettings(environment: NodeJS.ProcessEnv): LaunchSettings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const { data: env, error } = schema.safeParse(given);
  if (!env) {
    const [issue] = error.issues;
    const name = String(issue?.path[0]);
    throw new StartError(`${name}=${environment[name]} cannot be used: ${issue?.message}.`);
  }
  return {
    port: env.PORT,
    simulatorPort: env.SIMULATOR_PORT,
    workerPort: env.WORKER_HTTP_PORT,
    dataDir: resolve(env.DATA_DIR),
    databaseUrl: env.DATABASE_URL,
    whatsapp: env.WHATSAPP,
    appOrigin: env.APP_ORIGIN ?? `http://localhost:${env.PORT}`,
    sessionKey: env.SESSION_KEY,
    webhooksLocal: env.WEBHOOKS_LOCAL ?? (env.WHATSAPP === "simulator" ? "on" : "off"),
  };
}
