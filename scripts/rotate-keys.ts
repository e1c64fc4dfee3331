import { existsSync } from "node:fs";
import { connect } from "#db/client.ts";
import { readEnv } from "#server/env.ts";
import { rotateKeys } from "#server/keys/rotate-keys.ts";
import { sessionKeyIn } from "./launch/session-key.ts";
import { readSettings } from "./launch/settings.ts";
import { openDatabase } from "./open-database.ts";

/** Wraps the data key of each linked phone with SESSION_KEY; the product may run meanwhile. docs/operations.md has the steps. */
async function rotate(): Promise<number> {
  if (existsSync(".env")) process.loadEnvFile(".env");
  const settings = readSettings(process.env);
  const database = await openDatabase(settings);
  try {
    const sessionKey = settings.sessionKey ?? sessionKeyIn(settings.dataDir);
    const { sessionKeys } = readEnv({ ...process.env, DATABASE_URL: database.url, SESSION_KEY: sessionKey });
    const connection = connect(database.url, { max: 1, name: "masssender-rotate-keys" });
    try {
      const { rewrapped, current, refused } = await rotateKeys(connection.db, sessionKeys);
      for (const { name, keyId, why } of refused) console.error(`${name} (key ${keyId}): ${why}`);
      console.log(
        `${rewrapped} data keys were wrapped anew. ${current} open with the current key ${sessionKeys.current.id}, ${refused.length} do not open.`,
      );
      return refused.length === 0 ? 0 : 1;
    } finally {
      await connection.close();
    }
  } finally {
    await database.leave();
  }
}

try {
  process.exitCode = await rotate();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
