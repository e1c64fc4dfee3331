import { spawn } from "node:child_process";

/**
 * Runs a program with this terminal and waits for its end. SIGTERM and SIGINT are passed on: a Ctrl-C reaches the whole
 * terminal group, but a signal sent to this process alone would leave the program behind.
 * @param {string} program
 * @param {string[]} args
 * @param {import("node:child_process").SpawnOptions} [options]
 * @returns {Promise<number>} its exit code; 128 + the signal's number when a signal ended it
 */
export function run(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: "inherit", ...options });
    /** @param {NodeJS.Signals} signal */
    const passOn = (signal) => child.kill(signal);
    process.on("SIGTERM", passOn).on("SIGINT", passOn);
    const done = () => process.off("SIGTERM", passOn).off("SIGINT", passOn);
    child.once("error", (error) => {
      done();
      reject(error);
    });
    child.once("exit", (code, signal) => {
      done();
      // A signal was meant for the whole: do not go on to the next step.
      if (signal === "SIGINT" || signal === "SIGTERM") process.exit(signal === "SIGINT" ? 130 : 143);
      resolve(code ?? 137);
    });
  });
}

/**
 * Runs npm: the one that started this process, or the one on the PATH.
 * @param {string} root folder of the project
 * @param {string[]} args
 */
export function runNpm(root, args) {
  const script = process.env.npm_execpath ?? "";
  if (/npm-cli\.c?js$/.test(script)) return run(process.execPath, [script, ...args], { cwd: root });
  return run("npm", args, { cwd: root, shell: process.platform === "win32" });
}
