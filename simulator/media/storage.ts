import { Vault } from "./vault.ts";

/** WhatsApp forgets an upload after about a month; whoever wants it later must ask the sender again. */
const UPLOADS_KEPT_MS = 30 * 86_400_000;

/** Where the media of the simulator are. */
export class MediaStorage {
  /** Encrypted files as clients and phones uploaded them, for 30 simulated days. */
  readonly uploads: Vault;
  /** What phones opened or sent, as the phone shows it, until `reset`. */
  readonly pictures: Vault;
  /** How many files the clients of each account uploaded since the start, or the last `reset`. */
  readonly uploadedBy = new Map<string, number>();
  /** Where the media server listens, such as `127.0.0.1:40123`; empty until it does. */
  host = "";

  /** In a folder beside the state file, or in memory without one. `now` is the simulated time. */
  constructor(stateFile: string | undefined, now: () => number) {
    const folder = (name: string) => stateFile && `${stateFile}.media/${name}`;
    this.uploads = new Vault(folder("uploads"), now, UPLOADS_KEPT_MS);
    this.pictures = new Vault(folder("pictures"), now, Infinity);
  }

  /** Drops everything. */
  reset(): void {
    this.uploadedBy.clear();
    this.uploads.reset();
    this.pictures.reset();
  }
}
