import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { StartError } from "../start-error.mjs";
import { buildIfStale } from "./build.mjs";
import { requireWritable } from "./folder.mjs";
import { installIfNeeded } from "./install.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Prepares the clone and hands over to the launcher, in this process.
 * @param {string[]} args `--dev`: pages from the sources, reloaded as they change; `--verbose`: every log line on the terminal
 */
export async function start(args) {
  const parent = process.ppid;
  try {
    process.chdir(root);
    // The real environment wins over the file.
    if (existsSync(join(root, ".env"))) process.loadEnvFile(join(root, ".env"));
    const dev = args.includes("--dev");
    requireWritable(resolve(process.env.DATA_DIR || ".data"), "set DATA_DIR to a folder of yours");
    await installIfNeeded(root);
    if (!dev) await buildIfStale(root);
    const { register } = await import("tsx/esm/api");
    register();
    const { launch } = await import("../launch.ts");
    await launch({ dev, verbose: args.includes("--verbose"), parent });
  } catch (error) {
    console.error(error instanceof StartError ? error.message : error);
    process.exit(1);
  }
}
