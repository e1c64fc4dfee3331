import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import type { Log } from "#server/log.ts";
import type { ClaimedMessage, ReadyMessage } from "#server/messages/claim.ts";
import { isSuppressed } from "#server/opt-outs/is-suppressed.ts";
import type { HeldSession, Identity, Person } from "../gateway/gateway.ts";

/** As many of a campaign's recipients are prepared beforehand at most; when half of them are through, the next follow. */
const AHEAD = 20;

/** A text that can be written as soon as it is claimed. */
interface ReadyText {
  to: Identity;
  encoded: Uint8Array;
  sealed: Buffer;
}

/**
 * Who and what comes next on one connection. Devices and keys are asked for in bulk, because one by one they take longest of
 * all; texts are encoded, so that their claim can be the last look before their write. It is a guess: what is claimed decides.
 */
export interface Ahead {
  /** What will be claimed next, as far as it is ready; no more than `most`. */
  first(most: number): Promise<ReadyMessage[]>;
  /** The text that was claimed, if it was ready. */
  take(message: ClaimedMessage): Promise<ReadyText | undefined>;
  /**
   * Sees to it that a message can go out with nothing to ask first; members of its group too.
   * @throws when WhatsApp does not answer, or does not give the recipient's keys
   */
  prepare(message: ClaimedMessage, members: Person[]): Promise<void>;
  /** Whether a prepared recipient has no WhatsApp. Asked once: whoever has none today may have it at the next message. */
  isUnreachable(recipientKey: string): boolean;
}

type Coming = { id: Id<"message">; recipientKey: string; text: string | null; isText: boolean };

export function createAhead(db: Db, log: Log, held: HeldSession): Ahead {
  const ready = new Set<string>();
  const unreachable = new Set<string>();
  /** In the order of their claims. */
  const texts = new Map<Id<"message">, ReadyText>();
  /** Whether the campaign has more than them. */
  let isMore = true;
  let looking: Promise<void> | undefined;

  function pick(id: Id<"message">): ReadyText | undefined {
    const found = texts.get(id);
    // Whatever should have come before it will not come any more.
    if (found) for (const [before] of texts) if (texts.delete(before) && before === id) break;
    return found;
  }

  /** @param rebuild makes the Signal sessions of the first anew */
  async function learn(recipients: readonly string[], rebuild: boolean): Promise<void> {
    const answer = await held.prepare(recipients as Identity[], { rebuild });
    for (const key of recipients) if (!answer.unready.has(key as Identity)) ready.add(key);
    for (const key of answer.unreachable) unreachable.add(key);
  }

  /** What comes next in a campaign: not to those who opted out, nor in chats with a message on its way. */
  async function coming(campaignId: Id<"campaign">): Promise<Coming[]> {
    const rows = await db.execute<Coming>(sql`
      select m.id, m.recipient_key as "recipientKey", m.resolved_text as text, m.media_id is null as "isText" from messages m
       where m.campaign_id = ${campaignId} and m.status = 'queued'
         and not ${isSuppressed(sql`m.user_id`, sql`m.recipient_key`)}
         and not exists (select 1 from messages o where o.wa_session_id = m.wa_session_id
                          and o.recipient_key = m.recipient_key and o.status = 'sending')
       order by m.not_before, m.id limit ${AHEAD}`);
    isMore = rows.length === AHEAD;
    return rows.filter(({ id }) => !texts.has(id));
  }

  const isUnready = ({ recipientKey }: Coming) => !ready.has(recipientKey);

  function encode(rows: readonly Coming[]): void {
    for (const { id, recipientKey, text, isText } of rows) {
      if (!isText || isGroup(recipientKey) || !ready.has(recipientKey) || unreachable.has(recipientKey)) continue;
      const encoded = held.encodeText(text ?? "");
      texts.set(id, { to: recipientKey as Identity, encoded, sealed: held.seal(encoded) });
    }
  }

  /** While what is ready is being written. Should it fail, the next message finds its recipient unprepared, and asks itself. */
  async function lookFurther(campaignId: Id<"campaign">): Promise<void> {
    try {
      const rows = await coming(campaignId);
      const recipients = rows.filter(isUnready).map(({ recipientKey }) => recipientKey);
      if (recipients.length > 0) await learn(recipients, false);
      encode(rows);
    } catch (err) {
      if (!held.signal.aborted)
        log.warn({ err, event: "send.look_ahead_failed" }, "who comes next could not be prepared");
    } finally {
      looking = undefined;
    }
  }

  return {
    async first(most) {
      const next = [...texts].slice(0, most);
      return Promise.all(
        next.map(async ([id, { to, sealed }]) => ({ id, sealed, alias: await held.otherIdentity(to) })),
      );
    },

    async take({ id, campaignId, redrive }) {
      const found = pick(id);
      if (found || campaignId === null || redrive) return found;
      // It may be among those who are being prepared at the moment.
      await looking;
      const late = pick(id);
      // Something else came first: it is not known any more what comes next.
      if (!late) texts.clear();
      return late;
    },

    async prepare({ recipientKey, campaignId, mediaId, redrive, rebuild }, members) {
      const to = recipientKey as Identity;
      if (rebuild) ready.delete(to);
      const isReady = ready.has(to) && (unreachable.has(to) || (await held.isPrepared(to)));
      const follows = redrive || rebuild ? null : campaignId;
      if (isReady && members.length === 0) {
        const isText = mediaId === null && !isGroup(recipientKey);
        const isLow = texts.size === 0 || (isMore && texts.size <= AHEAD / 2);
        if (follows !== null && isText && isLow) looking ??= lookFurther(follows);
        return;
      }
      const next = follows === null ? [] : await coming(follows);
      const others = [...members, ...next.filter(isUnready).map((row) => row.recipientKey)];
      await learn([...new Set([to, ...others.filter((key) => !ready.has(key))])], rebuild);
      if (!ready.has(to)) throw new Error("WhatsApp does not give the recipient's keys");
      encode(next);
    },

    isUnreachable(recipientKey) {
      if (!unreachable.delete(recipientKey)) return false;
      ready.delete(recipientKey);
      return true;
    },
  };
}

export const isGroup = (recipientKey: string): boolean => recipientKey.startsWith("group:");
