import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { StartError } from "../start-error.mjs";

/** What runs as a process of its own in production, by the name of its file in `build/processes`. */
const PROCESSES = {
  web: "server/main.ts",
  worker: "worker/main.ts",
  simulator: "simulator/main.ts",
  "parse-file": "server/imports/parse/child.ts",
};

/**
 * Builds the web, the worker, the local WhatsApp and the parser of uploads, each into one file of plain JavaScript: they
 * start sooner and take less memory than from their sources.
 * @param {string} root folder of the project
 */
export async function buildProcesses(root) {
  await bundle(root, PROCESSES, join(root, "build", "processes"));
}

/**
 * Bundles programs of this project; packages stay where they are.
 * @param {string} root folder of the project
 * @param {Record<string, string>} programs their sources, relative to the root, by the name of the result
 * @param {string} folder where the results go, absolute and inside the project, so that they find the packages
 * @throws {StartError} at any error and any warning
 */
export async function bundle(root, programs, folder) {
  const { build } = await import("esbuild");
  const { outputFiles, warnings } = await build({
    absWorkingDir: root,
    entryPoints: programs,
    outdir: folder,
    write: false,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20.19",
    packages: "external",
    // `sideEffects: false` is for the pages. Here it would leave out what makes Baileys check signatures and libsignal quiet.
    ignoreAnnotations: true,
    sourcemap: true,
    sourcesContent: false,
  }).catch(() => {
    // esbuild has told what is wrong, and where.
    throw new StartError("The build failed (see above).");
  });
  if (warnings.length > 0) throw new StartError("The build gave warnings (see above).");
  mkdirSync(folder, { recursive: true });
  for (const { path, contents } of outputFiles) {
    // Renamed when whole: a process may be started from it at this moment.
    const fresh = join(folder, `.${basename(path)}.${process.pid}`);
    writeFileSync(fresh, contents);
    renameSync(fresh, path);
  }
}

// Also a program: `node scripts/prepare/processes.mjs`.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  buildProcesses(fileURLToPath(new URL("../..", import.meta.url))).catch((error) => {
    console.error(error instanceof StartError ? error.message : error);
    process.exit(1);
  });
}
