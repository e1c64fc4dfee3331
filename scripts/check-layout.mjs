// Checks what no linter rule can say of the layout: how deep folders go, how many files a feature has, how long a file is.
// usage: node scripts/check-layout.mjs
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const MAX_DEPTH = 3;
const MAX_FILES = 12;
const MAX_LINES = 300;
/** Not features: the server's own tables and doors, and what screens share. */
const SHARED = new Set(["server", "app/components", "app/lib"]);

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" })
  .split("\n")
  .filter((file) => /\.(ts|tsx|js|mjs)$/.test(file));

/** @type {Map<string, number>} */
const perFolder = new Map();
/** @type {string[]} */
const problems = [];
for (const file of files) {
  const folders = file.split("/").slice(0, -1);
  if (folders.length > MAX_DEPTH + 1)
    problems.push(`${file} is ${folders.length - 1} folders deep: at most ${MAX_DEPTH} under a top-level folder`);
  const lines = readFileSync(file, "utf8").split("\n").length - 1;
  if (lines > MAX_LINES) problems.push(`${file} has ${lines} lines: at most ${MAX_LINES}`);
  if (/\.test\.tsx?$/.test(file)) continue;
  const folder = folders.join("/");
  perFolder.set(folder, (perFolder.get(folder) ?? 0) + 1);
}
for (const [folder, count] of perFolder) {
  if (folder.includes("/") && !SHARED.has(folder) && count > MAX_FILES)
    problems.push(`${folder} has ${count} files: at most ${MAX_FILES} beside tests`);
}
for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);
