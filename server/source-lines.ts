import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";
import { built } from "./built.ts";

let map: SourceMap | undefined;

/**
 * A stack's frames with the lines of the sources in place of those of the built file. Node could do so by itself, but for
 * every stack that anybody looks at, and Baileys does for each query; here it costs nothing until an error is logged.
 */
export function withSourceLines(frames: string): string {
  if (!built) return frames;
  return frames.replaceAll(/(file:[^\s()]+\.js):(\d+):(\d+)/g, (frame, file, line, column) => {
    if (file !== import.meta.url) return frame;
    try {
      map ??= new SourceMap(JSON.parse(readFileSync(`${fileURLToPath(import.meta.url)}.map`, "utf8")));
    } catch {
      // Built without its map, or the disk is away: better that line than no log.
      return frame;
    }
    const found = map.findEntry(Number(line) - 1, Number(column) - 1);
    if (!("originalSource" in found)) return frame;
    const source = new URL(found.originalSource, import.meta.url).href;
    return `${source}:${found.originalLine + 1}:${found.originalColumn + 1}`;
  });
}
