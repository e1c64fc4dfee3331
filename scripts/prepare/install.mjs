import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { StartError } from "../start-error.mjs";
import { requireWritable } from "./folder.mjs";
import { runNpm } from "./run.mjs";

/**
 * Installs the packages of package-lock.json, unless they are all there.
 * @param {string} root folder of the project
 * @throws {StartError} when they cannot be installed
 */
export async function installIfNeeded(root) {
  if (isInstalled(root)) return;
  requireWritable(root, "move the project to a folder of yours");
  console.log("Installing packages (about a minute) …");
  const start = Date.now();
  const progress = setInterval(() => console.log(`  … still installing, ${seconds(start)} s`), 10_000);
  // Development and optional packages too, whatever NODE_ENV and npm's settings say: Vite and Postgres are among them.
  const code = await runNpm(root, [
    "ci",
    "--include=dev",
    "--include=optional",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ]);
  clearInterval(progress);
  if (code !== 0)
    throw new StartError(`The packages could not be installed (see above): check the network and try again.`);
  console.log(`Packages installed in ${seconds(start)} s.`);
}

/**
 * Compares npm's record of what it installed with the lock file. npm writes that record last, so an interrupted
 * install counts as missing. Dates would not do: a checkout or a copy changes them.
 * @param {string} root
 */
export function isInstalled(root) {
  const installed = readPackages(join(root, "node_modules", ".package-lock.json"));
  const locked = readPackages(join(root, "package-lock.json"));
  if (!installed || !locked) return false;
  return Object.entries(locked).every(([path, { version, optional, devOptional }]) => {
    if (path === "") return true;
    // Packages for other systems are optional, and not there.
    return installed[path] ? installed[path].version === version : Boolean(optional || devOptional);
  });
}

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, optional?: boolean, devOptional?: boolean }> | undefined}
 */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch {
    return undefined;
  }
}

/** @param {number} start */
const seconds = (start) => Math.round((Date.now() - start) / 1000);

// Also a program: `node scripts/prepare/install.mjs`.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  installIfNeeded(root).catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
}
