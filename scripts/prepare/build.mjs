import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StartError } from "../start-error.mjs";
import { requireWritable } from "./folder.mjs";
import { runNpm } from "./run.mjs";

const FILES = [
  "package-lock.json",
  "remix.config.js",
  "vite.config.ts",
  "tsconfig.json",
  "db/ids.ts",
  "server/errors.ts",
  "examples/classmates.csv",
  "examples/classmates.xlsx",
];

/**
 * Builds the pages, unless the last build was made from the same sources.
 * @param {string} root folder of the project
 * @throws {StartError} when the build fails
 */
export async function buildIfStale(root) {
  const stamp = join(root, "build", "sources.sha256");
  const sources = hashOfSources(root);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === sources) return;
  requireWritable(root, "move the project to a folder of yours");
  console.log("Building the pages (about ten seconds) …");
  rmSync(stamp, { force: true });
  const start = Date.now();
  const code = await runNpm(root, ["run", "--silent", "build", "--", "--logLevel", "error"]);
  if (code !== 0) throw new StartError("The build failed (see above).");
  writeFileSync(stamp, sources);
  console.log(`Pages built in ${Math.round((Date.now() - start) / 1000)} s.`);
}

/**
 * A hash over everything that ends up in the browser's bundle.
 * @param {string} root
 */
export function hashOfSources(root) {
  const shared = listFiles(root, "server").filter((file) => /\/(schema|rules)\.ts$/.test(file));
  const files = [...FILES, ...listFiles(root, "app"), ...listFiles(root, "public"), ...shared];
  const hash = createHash("sha256");
  for (const file of files.filter((name) => !/\.test\.tsx?$/.test(name)).sort()) {
    const path = join(root, file);
    if (existsSync(path)) hash.update(`${file}\0`).update(readFileSync(path)).update("\0");
  }
  return hash.digest("hex");
}

/**
 * @param {string} root
 * @param {string} folder
 * @returns {string[]} the files under it, relative to root
 */
function listFiles(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath ?? entry.path, entry.name)
        .slice(root.length)
        .replace(/^[/\\]/, "")
        .replaceAll("\\", "/"),
    );
}
