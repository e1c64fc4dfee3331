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
import { anySuppressed } from "#server/opt-outs/is-suppressed.ts";
import { type HeldSession, type Identity, NotWritten, type Person } from "../gateway/gateway.ts";
import { type Ahead, createAhead, isGroup } from "./ahead.ts";
import type { Write } from "./line.ts";
import type { PumpDeps } from "./pump.ts";
import { createUploads, UploadFailed } from "./uploads.ts";

export interface Delivery {
  /** What will be claimed next, as far as it is ready; no more than `most`. */
  next(held: HeldSession, most: number): Promise<ReadyMessage[]>;
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
  const aheadBy = new WeakMap<HeldSession, Ahead>();
  const aheadOf = (held: HeldSession): Ahead => {
    const ahead = aheadBy.get(held) ?? createAhead(db, log.child({ sessionId: held.id }), held);
    aheadBy.set(held, ahead);
    return ahead;
  };

  async function makeReady(held: HeldSession, owner: Owner, message: ClaimedMessage): Promise<Write | null> {
    const ahead = aheadOf(held);
    if (message.campaignId) deps.announce(message.userId, "campaign", message.campaignId);
    else deps.announce(message.userId, "inbox", message.userId);
    const line = log.child({ sessionId: owner.sessionId, messageId: message.id, redrive: message.redrive });
    line.debug({ event: "send.claimed" }, "claimed");
    const known = await ahead.take(message);
    let members: Person[] = [];
    let file: Uint8Array | null = null;
    try {
      // First of all: it takes longest, and what was looked at before would be old.
      file = await fileOf(held, owner, message);
      if (isGroup(message.recipientKey)) members = await held.membersOf(message.recipientKey as Identity);
      await ahead.prepare(message, members);
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
    if (!message.redrive && ahead.isUnreachable(message.recipientKey)) {
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
    if (message.lookedAt === null && !(await look())) return null;
    const lookedAt = message.lookedAt ?? performance.now();
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

  return { next: (held, most) => aheadOf(held).first(most), makeReady };

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
}

async function settled(end: Promise<void>): Promise<null> {
  await end;
  return null;
}
