import type { Env, MediaSettings } from "../env.ts";
import { clamd, type Scanner } from "./scanner.ts";
import { diskStore } from "./store/disk.ts";
import { s3Store } from "./store/s3.ts";
import type { MediaStore } from "./store/store.ts";

export interface MediaDeps {
  store: MediaStore;
  /** Null: nobody looks for viruses. */
  scanner: Scanner | null;
}

const opened = new WeakMap<MediaSettings, MediaDeps>();

/** The store and the scanner of an environment: the same ones each time, so that connections to S3 are kept. */
export function openMedia({ media }: Pick<Env, "media">): MediaDeps {
  const known = opened.get(media);
  if (known) return known;
  const deps = {
    store: media.s3 ? s3Store(media.s3) : diskStore(media.dir),
    scanner: media.clamd && clamd(media.clamd),
  };
  opened.set(media, deps);
  return deps;
}
