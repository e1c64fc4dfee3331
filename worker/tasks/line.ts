import { setTimeout as sleep } from "node:timers/promises";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { backToQueue } from "#server/messages/before-write.ts";
import type { ClaimedMessage } from "#server/messages/claim.ts";
import type { Owner } from "#server/messages/gate.ts";

/** Writes a message that is kept and may go. Rejects only when the database does. */
export type Write = () => Promise<void>;

/**
 * The messages of one session that are on their way out of it, in the order of their claims: one is being written, the next
 * is being made ready meanwhile, and what follows it may be claimed. Never two are written or made ready at a time.
 */
export interface Line {
  /** Resolves when one more may be claimed. @throws what kept an earlier one from being written */
  room(): Promise<void>;
  /**
   * Takes the next messages, each as soon as there is room.
   * @param makeReady the first step of each; gives its second, or null when there is nothing to write
   * @throws what kept an earlier one from being made ready or written; those that were not taken are back in the queue then
   */
  add(
    messages: readonly ClaimedMessage[],
    makeReady: (message: ClaimedMessage) => Promise<Write | null>,
  ): Promise<void>;
  /** Whether a message is on its way here: that its answer is overdue says nothing then, for it was not written yet. */
  has(id: Id<"message">): boolean;
  /** Whether any message is on its way here: what becomes of it changes what is next. */
  isBusy(): boolean;
  /** Resolves when everything so far is written. @throws what kept one from it */
  written(): Promise<void>;
  /** Resolves when nothing is on its way any more, well or not. */
  settled(): Promise<void>;
}

/** @param signal ends the wait for the pause after a message */
export function createLine(db: Db, owner: Owner, signal: AbortSignal): Line {
  let readying: Promise<Write | null> = Promise.resolve(null);
  /** Of the last message, and of the one before. */
  let writing: Promise<void> = Promise.resolve();
  let earlier: Promise<void> = Promise.resolve();
  const inside = new Set<Id<"message">>();
  /** On the monotonic clock: until then no campaign writes. */
  let pausedUntil = Number.NEGATIVE_INFINITY;

  /**
   * The pause was drawn at the claim, but what came between that and the write (a file's upload, questions for keys) may have
   * used it up. An answer does not wait.
   */
  const pause = async ({ campaignId }: ClaimedMessage) => {
    const ms = pausedUntil - performance.now();
    if (campaignId !== null && ms > 0) await sleep(ms, undefined, { signal }).catch(() => {});
  };

  /** What was certainly not written, by now or ever, goes back; what may have been before stays for its re-drive. */
  const giveBack = async (message: ClaimedMessage) => {
    if (!message.redrive) await backToQueue(db, owner, message);
  };

  async function writeAfter(before: Promise<void>, ready: Promise<Write | null>, message: ClaimedMessage) {
    try {
      await before;
    } catch (err) {
      if (await ready.catch(() => null)) await giveBack(message);
      throw err;
    }
    const write = await ready;
    if (!write) return;
    await pause(message);
    await write();
    pausedUntil = Math.max(pausedUntil, performance.now() + message.pauseMs);
  }

  return {
    room: () => earlier,
    async add(messages, makeReady) {
      const waiting = [...messages];
      for (const message of messages) {
        try {
          await Promise.all([readying, earlier]);
        } catch (err) {
          for (const left of waiting) await giveBack(left);
          throw err;
        }
        waiting.shift();
        readying = makeReady(message);
        earlier = writing;
        inside.add(message.id);
        writing = writeAfter(earlier, readying, message).finally(() => inside.delete(message.id));
        // A failure is met where it is awaited.
        writing.catch(() => {});
      }
    },
    has: (id) => inside.has(id),
    isBusy: () => inside.size > 0,
    written: () => writing,
    settled: async () => {
      await Promise.allSettled([readying, writing]);
    },
  };
}
