import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StartError } from "../start-error.mjs";

/**
 * The key that wraps the WhatsApp credentials (32 bytes, base64): made at the first start, then read from
 * `session.key` in the data folder. Without it, linked phones must be linked again.
 * @throws StartError when the file holds something else
 */
export function sessionKeyIn(dataDir: string): string {
  const file = join(dataDir, "session.key");
  if (!existsSync(file)) {
    // Renamed when whole: a kill in the middle must not leave half a key.
    const fresh = `${file}.new`;
    writeFileSync(fresh, randomBytes(32).toString("base64"), { mode: 0o600 });
    renameSync(fresh, file);
  }
  const key = readFileSync(file, "utf8").trim();
  if (Buffer.from(key, "base64").length !== 32)
    throw new StartError(`${file} is damaged: restore it from a backup, or remove it and link your phones again.`);
  return key;
}
