import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { MediaStore, StoredFile } from "./store.ts";

const isGone = (error: unknown) => error instanceof Error && "code" in error && error.code === "ENOENT";

function nullIfGone(error: unknown): null {
  if (isGone(error)) return null;
  throw error;
}
const namesIn = async (folder: string): Promise<string[]> => (await readdir(folder).catch(nullIfGone)) ?? [];

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
        return nullIfGone(error);
      }
    },
    remove: (key) => rm(join(dir, key), { force: true }),
    async *list() {
      for (const folder of await namesIn(dir)) {
        const files: StoredFile[] = [];
        for (const name of await namesIn(join(dir, folder))) {
          const putAt = (await stat(join(dir, folder, name)).catch(nullIfGone))?.mtime;
          if (putAt) files.push({ key: `${folder}/${name}`, putAt });
        }
        yield files;
      }
    },
  };
}
