import { sql } from "drizzle-orm";
import type { Id } from "#db/ids.ts";
import { openMedia } from "#server/media/deps.ts";
import {
  backToQueue,
  confirmWrite,
  failBeforeWrite,
  failOutsideGroup,
  failUnreachable,
  leaveGroupOut,
  pauseForMedia,
} from "#server/messages/before-write.ts";
import type { ClaimedMessage, ReadyMessage } from "#server/messages/claim.ts";
import type { Owner } from "#server/messages/gate.ts";
import { anySuppressed, isSuppressed } from "#server/opt-outs/is-suppressed.ts";
import { type HeldSession, type Identity, NotWritten, type Person } from "../gateway/gateway.ts";
import type { Write } from "./line.ts";
import type { PumpDeps } from "./pump.ts";
import { createUploads, UploadFailed } from "./uploads.ts";

const AHEAD = 20;

/** What is known of those who come next. */
interface Prepared {
  ready: Set<string>;
  unreachable: Set<string>;
  /** Texts of a campaign that can be written as soon as they are claimed, in the order of their claims. */
  next: Map<Id<"message">, { to: Identity; encoded: Uint8Array; sealed: Buffer }>;
}

export interface Delivery {
  /** What will be claimed next, as far as it is ready. */
  next(held: HeldSession): Promise<ReadyMessage | undefined>;
  /** @returns the second step; null when the message is where it belongs already */
  makeReady(held: HeldSession, owner: Owner, message: ClaimedMessage): Promise<Write | null>;
}

/** How long the last look at hours, pause and opt-outs holds while the write of another message is awaited. */
const LOOK_HOLDS_MS = 50;

/**
 * Hands one claimed message to WhatsApp, in two steps: it is made ready, and it is written. Before the write every failure has
 * its place (queue, retry, failed); from the write on only a fact from WhatsApp, or a re-drive under the same id, moves it.
 * Whatever has to be asked of WhatsApp is asked before the last look at opt-outs, so that nothing slow is between that and
 * the write. The texts that come next in a campaign are encoded beforehand: their claim is that last look.
 */
export function createDelivery(deps: PumpDeps): Delivery {
  const { db, log } = deps;
  const uploaded = createUploads({ db, log, media: openMedia(deps.env) });
  const preparedBy = new WeakMap<HeldSession, Prepared>();
  const preparedOf = (held: HeldSession): Prepared => {
    const known = preparedBy.get(held) ?? { ready: new Set(), unreachable: new Set(), next: new Map() };
    preparedBy.set(held, known);
    return known;
  };

  async function next(held: HeldSession): Promise<ReadyMessage | undefined> {
    const [first] = preparedOf(held).next;
    if (!first) return undefined;
    const [id, { to, sealed }] = first;
    return { id, sealed, alias: await held.otherIdentity(to) };
  }

  async function makeReady(held: HeldSession, owner: Owner, message: ClaimedMessage): Promise<Write | null> {
    let lookedAt = message.kept ? performance.now() : Number.NEGATIVE_INFINITY;
    const prepared = preparedOf(held);
    const known = take(prepared.next, message.id);
    if (message.campaignId) deps.announce(message.userId, "campaign", message.campaignId);
    else deps.announce(message.userId, "inbox", message.userId);
    const line = log.child({ sessionId: owner.sessionId, messageId: message.id, redrive: message.redrive });
    line.debug({ event: "send.claimed" }, "claimed");
    let members: Person[] = [];
    let file: Uint8Array | null = null;
    try {
      // First of all: it takes longest, and what was looked at before would be old.
      file = await fileOf(held, owner, message);
      if (isGroup(message)) members = await held.membersOf(message.recipientKey as Identity);
      await prepare(held, message, prepared, members);
    } catch (err) {
      if (err instanceof NotWritten) return settled(unwritten(err, owner, message));
      if (err instanceof UploadFailed) {
        line.warn({ err, event: "media.upload_failed" }, "a file could not be given to WhatsApp");
        // Without an encoded message nothing was written under this id before either.
        return settled(pauseForMedia(db, owner, message));
      }
      line.warn({ err, event: "send.prepare_failed" }, "devices and keys could not be fetched");
      if (message.redrive) return null;
      if (held.signal.aborted || !held.isReady()) return settled(backToQueue(db, owner, message));
      return settled(failBeforeWrite(db, owner, message));
    }
    // A message that may have been written already is not failed for a number that has gone since.
    if (prepared.unreachable.has(message.recipientKey) && !message.redrive) {
      // Whoever has no WhatsApp today may have it at the next message.
      prepared.unreachable.delete(message.recipientKey);
      prepared.ready.delete(message.recipientKey);
      return settled(failUnreachable(db, owner, message));
    }

    const fresh = () => (file ? held.encodeMedia(file, message.text) : held.encodeText(message.text));
    const encoded = message.encoded ? held.open(message.encoded) : (known?.encoded ?? fresh());
    const sealed = message.encoded ?? known?.sealed ?? held.seal(encoded);
    const look = async (): Promise<boolean> => {
      if (members.length > 0 && (await anySuppressed(db, message.userId, members))) {
        await leaveGroupOut(db, owner, message);
        return false;
      }
      const alias = await held.otherIdentity(message.recipientKey as Identity);
      return confirmWrite(db, owner, message, sealed, alias);
    };
    if (held.signal.aborted || !held.isReady()) {
      return message.redrive ? null : settled(backToQueue(db, owner, message));
    }
    if (!message.kept) {
      if (!(await look())) return null;
      lookedAt = performance.now();
    }
    return async () => {
      if (performance.now() - lookedAt > LOOK_HOLDS_MS && !(await look())) return;
      line.debug({ event: "send.begins" }, "kept, and about to be written");
      try {
        await held.send({ waMsgId: message.waMsgId, to: message.recipientKey as Identity, encoded });
        line.debug({ event: "send.written" }, "written");
      } catch (err) {
        if (err instanceof NotWritten) return unwritten(err, owner, message);
        line.warn(
          { err, event: "send.uncertain" },
          "may or may not have been written; it will be repeated under its id",
        );
      }
    };
  }

  return { next, makeReady };

  /** What WhatsApp was given of the message's file; null when it has none, or is encoded already. */
  async function fileOf(held: HeldSession, owner: Owner, message: ClaimedMessage): Promise<Uint8Array | null> {
    const { mediaId } = message;
    if (mediaId === null || message.encoded) return null;
    return uploaded(held, owner, { ...message, mediaId });
  }

  /** A message that may have been written before stays as it is, whatever became of this try. */
  async function unwritten(err: NotWritten, owner: Owner, message: ClaimedMessage): Promise<void> {
    if (message.redrive) return;
    switch (err.why) {
      case "offline":
      case "unprepared":
        return backToQueue(db, owner, message);
      case "unreachable":
        return failUnreachable(db, owner, message);
      case "not_in_group":
        return failOutsideGroup(db, owner, message);
    }
  }

  async function prepare(
    held: HeldSession,
    message: ClaimedMessage,
    prepared: Prepared,
    members: Person[],
  ): Promise<void> {
    const to = message.recipientKey as Identity;
    if (message.rebuild) prepared.ready.delete(to);
    const isReady = prepared.ready.has(to) && (prepared.unreachable.has(to) || (await held.isPrepared(to)));
    const isAlone = message.redrive || message.rebuild;
    const hasNext = prepared.next.size > 0 || message.mediaId !== null || isGroup(message);
    const ahead = isAlone || (isReady && hasNext) ? [] : await comingAfter(message);
    if (!isReady || members.length > 0) {
      const recipients = [...new Set([to, ...members, ...ahead.map(({ recipientKey }) => recipientKey)])].filter(
        (key) => key === to || !prepared.ready.has(key),
      ) as Identity[];
      const { unreachable, unready } = await held.prepare(recipients, { rebuild: message.rebuild });
      for (const key of recipients) if (!unready.has(key)) prepared.ready.add(key);
      for (const key of unreachable) prepared.unreachable.add(key);
      if (unready.has(to)) throw new Error("WhatsApp does not give the recipient's keys");
    }
    if (ahead.length > 0) prepared.next = textsOf(held, ahead, prepared);
  }

  /** What comes next in the campaign: not to those who opted out, nor in chats with a message on its way. */
  async function comingAfter(message: ClaimedMessage): Promise<Coming[]> {
    if (message.campaignId === null) return [];
    return db.execute<Coming>(sql`
      select m.id, m.recipient_key as "recipientKey", m.resolved_text as text, m.media_id is null as "isText" from messages m
       where m.campaign_id = ${message.campaignId} and m.status = 'queued'
         and not ${isSuppressed(sql`m.user_id`, sql`m.recipient_key`)}
         and not exists (select 1 from messages o where o.wa_session_id = m.wa_session_id
                          and o.recipient_key = m.recipient_key and o.status = 'sending')
       order by m.not_before, m.id limit ${AHEAD}`);
  }
}

type Coming = { id: Id<"message">; recipientKey: string; text: string | null; isText: boolean };

/** Of what comes, the texts to people who are ready for them, encoded. */
function textsOf(held: HeldSession, coming: readonly Coming[], { ready, unreachable }: Prepared): Prepared["next"] {
  const texts: Prepared["next"] = new Map();
  for (const { id, recipientKey, text, isText } of coming) {
    if (!isText || isGroup({ recipientKey }) || !ready.has(recipientKey) || unreachable.has(recipientKey)) continue;
    const encoded = held.encodeText(text ?? "");
    texts.set(id, { to: recipientKey as Identity, encoded, sealed: held.seal(encoded) });
  }
  return texts;
}

/** Takes a message out of what is ready, and whatever should have come before it. */
function take(next: Prepared["next"], id: Id<"message">) {
  const taken = next.get(id);
  if (taken) for (const [before] of next) if (next.delete(before) && before === id) break;
  return taken;
}

async function settled(end: Promise<void>): Promise<null> {
  await end;
  return null;
}

const isGroup = (message: Pick<ClaimedMessage, "recipientKey">) => message.recipientKey.startsWith("group:");
