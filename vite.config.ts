import { vitePlugin as remix } from "@remix-run/dev";
import { defineConfig } from "vite";
import remixConfig from "./remix.config.js";

// es2022 everywhere: esbuild >= 0.28 (pinned for its security fix) no longer lowers destructuring for older targets.
export default defineConfig({
  plugins: [remix(remixConfig)],
  build: { target: "es2022" },
  esbuild: { target: "es2022" },
  optimizeDeps: { esbuildOptions: { target: "es2022" } },
  ssr: { noExternal: [/^@mantine\//] },
});
