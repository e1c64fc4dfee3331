import { afterEach } from "vitest";
import { lastLines } from "./kept-log.ts";

// Loaded before every test file: what failed on a machine that nobody can look at must tell why by itself.
afterEach(async ({ task }) => {
  if (task.result?.state === "fail") task.meta.log = await lastLines();
});
