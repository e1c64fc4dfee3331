import "./quiet.ts";
import type { BaileysEventEmitter, GroupMetadata } from "@whiskeysockets/baileys";

/** Nobody tells when an event was missed: after so long a group is asked for again. */
const FRESH_MS = 60 * 60_000;

/** Who is in a group, as long as nothing was heard of a change. Belongs to one connection: what changes while away is not missed. */
export interface GroupCache {
  /** Baileys' `cachedGroupMetadata`. @returns undefined when WhatsApp does not tell: Baileys then asks by itself, and throws */
  get: (jid: string) => Promise<GroupMetadata | undefined>;
  /** Forgets a group when WhatsApp says that it, or who is in it, has changed. */
  follow(ev: Pick<BaileysEventEmitter, "on">): void;
}

/** @param fetch asks WhatsApp: without a cache that is one question for each message to a group, which it limits */
export function groupCache(fetch: (jid: string) => Promise<GroupMetadata>): GroupCache {
  const kept = new Map<string, { at: number; metadata: Promise<GroupMetadata | undefined> }>();
  const forget = (groups: readonly { id?: string | undefined }[]) => {
    for (const { id } of groups) if (id) kept.delete(id);
  };
  return {
    get(jid) {
      const found = kept.get(jid);
      if (found && performance.now() - found.at < FRESH_MS) return found.metadata;
      // The question itself is kept: messages that come meanwhile wait for it, and a change meanwhile drops its answer.
      const metadata = fetch(jid).catch(() => {
        if (kept.get(jid)?.metadata === metadata) kept.delete(jid);
        return undefined;
      });
      kept.set(jid, { at: performance.now(), metadata });
      return metadata;
    },
    follow(ev) {
      ev.on("groups.upsert", forget);
      ev.on("groups.update", forget);
      ev.on("group-participants.update", (change) => forget([change]));
    },
  };
}
