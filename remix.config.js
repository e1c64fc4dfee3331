// @ts-check
// With Vite this file is only read because vite.config.ts imports it: docs/decisions/001.
/** @type {import('@remix-run/dev').VitePluginConfig} */
const config = {
  appDirectory: "app",
  ignoredRouteFiles: ["**/.*", "**/*.test.{ts,tsx}"],
  future: {
    v3_fetcherPersist: true,
    v3_lazyRouteDiscovery: true,
    v3_relativeSplatPath: true,
    v3_singleFetch: true,
    v3_throwAbortReason: true,
    unstable_optimizeDeps: true,
  },
};

export default config;
