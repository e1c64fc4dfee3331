/** Things that are made anew when they are asked for after having been dropped, as many as fit into `mostBytes`. */
export interface Kept<V> {
  get(key: string): V | undefined;
  /** Keeps a thing, or says that it has another size now. What was asked for longest ago goes first. */
  keep(key: string, value: V, bytes: number): void;
  /** Of all that is kept. */
  bytes(): number;
}

export function createKept<V>(mostBytes: number): Kept<V> {
  const entries = new Map<string, { value: V; bytes: number }>();
  let all = 0;
  const drop = (key: string) => {
    all -= entries.get(key)?.bytes ?? 0;
    entries.delete(key);
  };
  return {
    get(key) {
      const entry = entries.get(key);
      if (!entry) return undefined;
      // A map goes through its keys in the order in which they came.
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },
    keep(key, value, bytes) {
      drop(key);
      entries.set(key, { value, bytes });
      all += bytes;
      for (const oldest of entries.keys()) {
        if (all <= mostBytes) break;
        drop(oldest);
      }
    },
    bytes: () => all,
  };
}
