import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle } from "#scripts/prepare/processes.mjs";
import { ALLOWANCE, type Allowance } from "#server/imports/parse/read-file.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The parser as users run it, built: it starts in a quarter of the time of its source. */
export async function builtParser(): Promise<Allowance> {
  const folder = join(root, "build", "tests");
  await bundle(root, { "parse-file": "server/imports/parse/child.ts" }, folder);
  return { ...ALLOWANCE, program: [join(folder, "parse-file.js")] };
}
