import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["tests/silence/planted.ts"], setupFiles: ["tests/silence/setup.ts"] },
});
