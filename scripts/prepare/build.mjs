import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StartError } from "../start-error.mjs";
import { requireWritable } from "./folder.mjs";
import { buildProcesses } from "./processes.mjs";
import { runNpm } from "./run.mjs";

const PAGES = [
  "package-lock.json",
  "remix.config.js",
  "vite.config.ts",
  "tsconfig.json",
  "db/ids.ts",
  "server/errors.ts",
  "examples/classmates.csv",
  "examples/classmates.xlsx",
];

/** The folders of the programs that are built, and what decides how. */
const PROGRAMS = ["server", "worker", "simulator", "db"];
const PROGRAM_FILES = ["package-lock.json", "tsconfig.json", "scripts/prepare/processes.mjs"];

/**
 * Builds the pages and the processes, each unless its last build was made from the same sources.
 * @param {string} root folder of the project
 * @throws {StartError} when a build fails
 */
export async function buildIfStale(root) {
  await unlessFresh(root, "pages", hashOfPages(root), async () => {
    console.log("Building the pages (about ten seconds) …");
    const start = Date.now();
    const code = await runNpm(root, ["run", "--silent", "build:pages", "--", "--logLevel", "error"]);
    if (code !== 0) throw new StartError("The build failed (see above).");
    console.log(`Pages built in ${Math.round((Date.now() - start) / 1000)} s.`);
  });
  await unlessFresh(root, "processes", hashOfProcesses(root), () => buildProcesses(root));
}

/**
 * @param {string} root
 * @param {string} name
 * @param {string} sources the hash of what it is built from
 * @param {() => Promise<void>} build
 */
async function unlessFresh(root, name, sources, build) {
  const stamp = join(root, "build", `${name}.sha256`);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === sources) return;
  requireWritable(root, "move the project to a folder of yours");
  rmSync(stamp, { force: true });
  await build();
  writeFileSync(stamp, sources);
}

/**
 * A hash over everything that ends up in the browser's bundle.
 * @param {string} root
 */
export function hashOfPages(root) {
  const shared = listFiles(root, "server").filter((file) => /\/(schema|rules)\.ts$/.test(file));
  return hashOf(root, [...PAGES, ...listFiles(root, "app"), ...listFiles(root, "public"), ...shared]);
}

/**
 * A hash over everything that ends up in the web, the worker and the local WhatsApp.
 * @param {string} root
 */
export function hashOfProcesses(root) {
  const sources = PROGRAMS.flatMap((folder) => listFiles(root, folder)).filter((file) => file.endsWith(".ts"));
  return hashOf(root, [...PROGRAM_FILES, ...sources]);
}

/**
 * @param {string} root
 * @param {string[]} files relative to root; those that are missing and tests do not count
 */
function hashOf(root, files) {
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
