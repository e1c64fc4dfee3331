import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { BenchResult } from "#scripts/bench.ts";
import { bundle } from "#scripts/prepare/processes.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Measures what users run: built code, with the built parser beside it (import/measure.ts). */
export async function run(): Promise<BenchResult> {
  const folder = join(root, "build", "bench");
  const parser = { "parse-file": "server/imports/parse/child.ts" };
  await bundle(root, { measure: "bench/import/measure.ts", memory: "bench/import/memory.ts", ...parser }, folder);
  const built: { run(): Promise<BenchResult> } = await import(pathToFileURL(join(folder, "measure.js")).href);
  return built.run();
}
