import type { CacheStore } from "@whiskeysockets/baileys";

const RETRIES_KEPT = 10_000;

/** How often each message was sent again on request: outlives sockets, or a recipient who cannot read asks for ever. */
export function retryCache(): CacheStore {
  const counts = new Map<string, unknown>();
  return {
    // Baileys reads here what it wrote here.
    get: <T>(key: string) => counts.get(key) as T | undefined,
    set: (key, value) => {
      counts.set(key, value);
      if (counts.size > RETRIES_KEPT) for (const oldest of counts.keys()) if (counts.delete(oldest)) break;
    },
    del: (key) => counts.delete(key),
    flushAll: () => counts.clear(),
  };
}
