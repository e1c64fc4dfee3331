import { join } from "node:path";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../embedded-postgres.ts";
import { StartError } from "../start-error.mjs";

const WANTED_PORT = 54_329;
const WATCH_MS = 1_000;

/** The embedded Postgres of a running product. */
export interface Database {
  url: string;
  stop: (patienceSeconds: number) => Promise<void>;
  kill: () => void;
}

/**
 * Starts the embedded Postgres and keeps it running: when it dies it is started again on the same port, and the
 * children's connections come back by themselves.
 * @param giveUp called when it cannot be started again
 */
export async function openDatabase(dataDir: string, giveUp: (reason: StartError) => void): Promise<Database> {
  const dataFolder = join(dataDir, "postgres");
  let server: EmbeddedPostgres = await startEmbeddedPostgres({ dataDir: dataFolder, port: WANTED_PORT });
  if (server.adopted) console.log("The database was still running: taken over.");
  else if (server.port !== WANTED_PORT) console.log(`Port ${WANTED_PORT} is taken: the database uses ${server.port}.`);

  let restarting: Promise<void> | undefined;
  const restart = async () => {
    console.log("The database ended unexpectedly: starting it again.");
    const { port } = server;
    server = await startEmbeddedPostgres({ dataDir: dataFolder, port });
    if (server.port !== port)
      throw new StartError(`The database's port ${port} was taken while it was down: start again.`);
  };
  const watch = setInterval(() => {
    if (restarting || server.isRunning()) return;
    restarting = restart()
      .catch((error) => giveUp(error instanceof StartError ? error : new StartError(`The database: ${error}`)))
      .finally(() => (restarting = undefined));
  }, WATCH_MS);
  watch.unref();

  return {
    url: server.url,
    async stop(patienceSeconds) {
      clearInterval(watch);
      await restarting;
      await server.stop(patienceSeconds);
    },
    kill() {
      clearInterval(watch);
      server.kill();
    },
  };
}
