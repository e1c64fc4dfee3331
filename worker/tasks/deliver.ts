import { sql } from "drizzle-orm";
import { backToQueue, confirmWrite, failBeforeWrite, failUnreachable } from "#server/messages/before-write.ts";
import type { ClaimedMessage } from "#server/messages/claim.ts";
import type { Owner } from "#server/messages/gate.ts";
import { isSuppressed } from "#server/opt-outs/is-suppressed.ts";
import { type HeldSession, type Identity, NotWritten } from "../gateway/gateway.ts";
import type { PumpDeps } from "./pump.ts";

const AHEAD = 20;

interface Prepared {
  ready: Set<string>;
  unreachable: Set<string>;
}

/**
 * Hands one claimed message to WhatsApp. Before the write every failure has its place (queue, retry, failed); from the write
 * on only a fact from WhatsApp, or a re-drive under the same id, moves it.
 */
export function createDelivery(deps: PumpDeps) {
  const { db, log } = deps;
  const preparedBy = new WeakMap<HeldSession, Prepared>();

  return async function deliver(held: HeldSession, owner: Owner, message: ClaimedMessage): Promise<void> {
    deps.announce(message.userId, "campaign", message.campaignId);
    const line = log.child({ sessionId: owner.sessionId, messageId: message.id, redrive: message.redrive });
    const prepared = preparedBy.get(held) ?? { ready: new Set(), unreachable: new Set() };
    preparedBy.set(held, prepared);
    try {
      await prepare(held, message, prepared);
    } catch (err) {
      line.warn({ err, event: "send.prepare_failed" }, "devices and keys could not be fetched");
      if (message.redrive) return;
      if (held.signal.aborted || !held.isReady()) return backToQueue(db, owner, message);
      return failBeforeWrite(db, owner, message);
    }
    // A message that may have been written already is not failed for a number that has gone since.
    if (prepared.unreachable.has(message.recipientKey) && !message.redrive) return failUnreachable(db, owner, message);

    const encoded = message.encoded ? held.open(message.encoded) : held.encodeText(message.text);
    const sealed = message.encoded ?? held.seal(encoded);
    if (held.signal.aborted || !held.isReady()) {
      if (!message.redrive) await backToQueue(db, owner, message);
      return;
    }
    if (!(await confirmWrite(db, owner, message, sealed))) return;
    try {
      await held.send({ waMsgId: message.waMsgId, to: message.recipientKey as Identity, encoded });
      line.debug({ event: "send.written" }, "written");
    } catch (err) {
      if (err instanceof NotWritten) return message.redrive ? undefined : unwritten(err, owner, message);
      line.warn({ err, event: "send.uncertain" }, "may or may not have been written; it will be repeated under its id");
    }
  };

  function unwritten(err: NotWritten, owner: Owner, message: ClaimedMessage): Promise<void> {
    return err.why === "offline" ? backToQueue(db, owner, message) : failUnreachable(db, owner, message);
  }

  async function prepare(held: HeldSession, message: ClaimedMessage, prepared: Prepared): Promise<void> {
    if (prepared.ready.has(message.recipientKey)) return;
    const ahead = message.redrive ? [] : await nextRecipients(message);
    const recipients = [...new Set([message.recipientKey, ...ahead])].filter(
      (key) => !prepared.ready.has(key),
    ) as Identity[];
    const { unreachable } = await held.prepare(recipients);
    for (const key of recipients) prepared.ready.add(key);
    for (const key of unreachable) prepared.unreachable.add(key);
  }

  /** Who comes next in the campaign: not those who opted out, nor chats with a message on its way. */
  async function nextRecipients(message: ClaimedMessage): Promise<string[]> {
    const rows = await db.execute<{ recipient_key: string }>(sql`
      select m.recipient_key from messages m
       where m.campaign_id = ${message.campaignId} and m.status = 'queued'
         and not ${isSuppressed(sql`m.user_id`, sql`m.recipient_key`)}
         and not exists (select 1 from messages o where o.wa_session_id = m.wa_session_id
                          and o.recipient_key = m.recipient_key and o.status = 'sending')
       order by m.not_before, m.id limit ${AHEAD}`);
    return rows.map((row) => row.recipient_key);
  }
}
