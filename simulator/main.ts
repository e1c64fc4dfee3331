import { parseArgs } from "node:util";
import { z } from "zod";
import { startSimulator } from "./server.ts";

// libsignal prints whole session records, private keys included, through these two.
console.info = () => undefined;
console.warn = () => undefined;

const stop = (sentence: string): never => {
  console.error(`simulator: ${sentence}`);
  process.exit(1);
};

const HELP = `A local WhatsApp, for Baileys and for the Cloud API.

  --port N          WebSocket, control and Graph API, HTTP (3010; 0: any free port)
  --media-port N    uploads and downloads, HTTPS (any free port)
  --host ADDRESS    where it listens (127.0.0.1)
  --public-host H   how clients call this machine for media (the host)
  --state FILE      remember everything in this file; without it, all is forgotten at the end
  --seed TEXT       the same ids, delays and faults in every run
  --help            this text

Each is a variable too: SIMULATOR_PORT, SIMULATOR_MEDIA_PORT, and so on. simulator/README.md says the rest.`;

const readOptions = () => {
  try {
    return parseArgs({
      options: {
        help: { type: "boolean" },
        port: { type: "string" },
        host: { type: "string" },
        "media-port": { type: "string" },
        "public-host": { type: "string" },
        state: { type: "string" },
        seed: { type: "string" },
      },
    }).values;
  } catch (error) {
    return stop(error instanceof Error ? error.message : String(error));
  }
};

const values = readOptions();
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const settings = z
  .object({
    host: z.string().min(1),
    port: z.coerce.number().int().min(0).max(65_535),
    mediaPort: z.coerce.number().int().min(0).max(65_535),
    publicHost: z.string().min(1).optional(),
    state: z.string().optional(),
    seed: z.string().optional(),
  })
  .safeParse({
    host: values.host ?? process.env.SIMULATOR_HOST ?? "127.0.0.1",
    port: values.port ?? process.env.SIMULATOR_PORT ?? 3010,
    mediaPort: values["media-port"] ?? process.env.SIMULATOR_MEDIA_PORT ?? 0,
    publicHost: values["public-host"] ?? process.env.SIMULATOR_PUBLIC_HOST,
    state: values.state ?? process.env.SIMULATOR_STATE,
    seed: values.seed ?? process.env.SIMULATOR_SEED,
  });

if (!settings.success) stop("--port and --media-port must be numbers from 0 to 65535");
else {
  try {
    const running = await startSimulator(settings.data);
    console.log(`simulator ready ${running.url}`);
    console.log(
      `  Baileys    waWebSocketUrl ${running.url.replace("http", "ws")}/ws/chat, root key and CA at ${running.url}/trust`,
    );
    console.log(`  Graph API  ${running.url}/v25.0, numbers and tokens at ${running.url}/business/numbers`);
    console.log(`  media      ${running.mediaUrl}`);
    const close = () => void running.close().finally(() => process.exit(0));
    process.once("SIGTERM", close);
    process.once("SIGINT", close);
  } catch (error) {
    const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE" && "port" in error;
    const reason = error instanceof Error ? error.message : String(error);
    stop(taken ? `port ${error.port} is taken; choose another with --port or --media-port` : reason);
  }
}
