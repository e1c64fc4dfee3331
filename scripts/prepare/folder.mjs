import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StartError } from "../start-error.mjs";

/**
 * Makes the folder when it is missing and checks that files can be written there.
 * @param {string} folder
 * @param {string} remedy what the person can do, to end the sentence
 * @throws {StartError} when they cannot
 */
export function requireWritable(folder, remedy) {
  const probe = join(folder, `.write-check-${process.pid}`);
  try {
    // Others may pass through (the database's own account must) but not look around.
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    writeFileSync(probe, "");
    rmSync(probe);
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? error.code : error;
    throw new StartError(`Cannot write to ${folder} (${reason}): ${remedy}.`);
  }
}
