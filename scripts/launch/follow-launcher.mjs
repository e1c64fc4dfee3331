// Loaded before a child of the launcher. A launcher that is killed cannot stop its children; its end of the IPC channel
// closes all the same, and then the child stops itself.
import { isMainThread } from "node:worker_threads";

const PATIENCE_MS = 3_000;

// A process or thread that the child starts inherits this preload; it belongs to the child, not to the launcher.
if (isMainThread && process.env.LAUNCHER_PID === String(process.ppid)) {
  process.on("disconnect", () => {
    setTimeout(() => process.kill(process.pid, "SIGKILL"), PATIENCE_MS).unref();
    process.kill(process.pid, "SIGTERM");
  });
  // Listening must not keep a child alive that is otherwise done.
  process.channel?.unref();
}
