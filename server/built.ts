/** True in what `npm run build` made: each process is one file in `build/processes`, beside the map to its sources. */
export const built = import.meta.url.endsWith(".js");
