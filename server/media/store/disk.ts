import { randomBytes } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { MediaStore } from "./store.ts";

const isGone = (error: unknown) => error instanceof Error && "code" in error && error.code === "ENOENT";

/** Files in a folder of this machine, which nobody but the process's own account can read. */
export function diskStore(dir: string): MediaStore {
  return {
    async put(key, bytes) {
      const path = join(dir, key);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const part = `${path}.${randomBytes(6).toString("hex")}.part`;
      try {
        const file = await open(part, "wx", 0o600);
        try {
          await file.writeFile(bytes);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(part, path);
      } catch (error) {
        await rm(part, { force: true });
        throw error;
      }
    },
    async get(key) {
      try {
        const file = await open(join(dir, key), "r");
        return file.createReadStream();
      } catch (error) {
        if (isGone(error)) return null;
        throw error;
      }
    },
    remove: (key) => rm(join(dir, key), { force: true }),
  };
}
