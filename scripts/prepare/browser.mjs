import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { StartError } from "../start-error.mjs";
import { run } from "./run.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"];
const PATHS = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];

/**
 * The Chromium for the browser tests: `CHROMIUM_PATH`, one of the system's, Playwright's; else it is installed.
 * @param {string} root folder of the project
 * @returns {Promise<string>} its path
 * @throws {StartError} when there is none and none can be installed
 */
export async function provideBrowser(root) {
  const wanted = process.env.CHROMIUM_PATH;
  if (wanted) {
    if (!runs(wanted)) throw new StartError(`CHROMIUM_PATH names ${wanted}, which is not a Chromium that runs here.`);
    return wanted;
  }
  const found = await findBrowser();
  if (found) return found;
  console.log("No Chromium found: installing one for the browser tests …");
  const installed = (await installWithApt()) ?? (await installWithPlaywright(root));
  if (installed) return installed;
  throw new StartError(
    "The browser tests need Chromium and none could be installed: install it, or set CHROMIUM_PATH=/path/to/chromium (`npm test -- tests/flows` runs without).",
  );
}

/** @returns {Promise<string | undefined>} the path of a Chromium that runs on this system */
export async function findBrowser() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const { chromium } = await import("playwright-core");
  const candidates = [
    ...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))),
    ...PATHS,
    chromium.executablePath(),
  ];
  return candidates.find((path) => existsSync(path) && runs(path));
}

/**
 * A file of the right name is not enough: Ubuntu's `chromium-browser` only tells to install a snap.
 * @param {string} path
 */
function runs(path) {
  if (process.platform === "win32") return existsSync(path);
  try {
    return /(Chrom|Edge).* \d+\./.test(
      execFileSync(path, ["--version"], { timeout: 15_000, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
    );
  } catch {
    return false;
  }
}

/** @returns {Promise<string | undefined>} */
async function installWithApt() {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return undefined;
  /** @type {import("node:child_process").SpawnOptions} */
  const options = {
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    stdio: ["ignore", "ignore", "inherit"],
  };
  await run("apt-get", ["update", "-qq"], options);
  await run(
    "apt-get",
    [
      "install",
      "-y",
      "-qq",
      "-o",
      "DPkg::Lock::Timeout=120",
      "--no-install-recommends",
      "chromium",
      "fonts-liberation",
    ],
    options,
  );
  return findBrowser();
}

/**
 * @param {string} root
 * @returns {Promise<string | undefined>}
 */
async function installWithPlaywright(root) {
  await run(process.execPath, [join(root, "node_modules", "playwright-core", "cli.js"), "install", "chromium"]);
  return findBrowser();
}
