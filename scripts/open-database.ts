import { existsSync } from "node:fs";
import { join } from "node:path";
import { startEmbeddedPostgres } from "./embedded-postgres.ts";
import { lockFolder } from "./launch/folder-lock.ts";
import type { LaunchSettings } from "./launch/settings.ts";
import { StartError } from "./start-error.mjs";

/** For a command: the database of DATABASE_URL; else that of `npm start`, which is started for a moment when it does not run. */
export async function openDatabase({ databaseUrl, dataDir }: LaunchSettings) {
  if (databaseUrl) return { url: databaseUrl, leave: async () => {} };
  const folder = join(dataDir, "postgres");
  if (!existsSync(folder)) throw new StartError(`There is no database in ${dataDir}: set DATABASE_URL or DATA_DIR.`);
  const lock = await lockFolder(dataDir).catch((error: unknown) => {
    if (error instanceof StartError) return undefined;
    throw error;
  });
  const server = await startEmbeddedPostgres({ dataDir: folder });
  const leave = async () => {
    if (!lock) return;
    await server.stop();
    lock.release();
  };
  return { url: server.url, leave };
}
