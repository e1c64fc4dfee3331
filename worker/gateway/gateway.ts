import type { Id } from "#db/ids.ts";
import type { OutboundFile } from "#server/media/uploads.ts";
import type { InboundContent } from "#server/opt-outs/receive-inbound.ts";

/** A person as the product names them: canonical, never a JID. */
export type Person = `pn:+${string}` | `lid:${string}`;

/** A person, or the chat of a group: all after "group:" is the group's JID. */
export type Identity = Person | `group:${string}`;

/** What a connection to WhatsApp tells the product. Facts about messages are true whoever owns the session by now. */
export type GatewayEvent =
  | { type: "qr"; qr: string; expiresAt: Date }
  /** To be typed on the phone that was asked for. */
  | { type: "code"; code: string; expiresAt: Date }
  | { type: "pairing" }
  | { type: "linked"; phone: string; lid: string | null; pushName: string | null }
  /** Connected, and everything WhatsApp kept while we were away has been handed over: sending may begin. */
  | { type: "ready" }
  /** `code` is null when the connection ended without one; `reason` is the library's sentence. */
  | { type: "closed"; code: number | null; reason: string }
  /** What WhatsApp forbids the account at this time; `until` is null when it did not say. */
  | { type: "reachout"; active: boolean; until: Date | null }
  | { type: "new_chats"; total: number | null; used: number | null; state: string; cycleEnds: Date | null }
  /** Given up: only the user can bring this session back. `reason` is a word of server/wa/rules.ts. */
  | { type: "broken"; reason: string }
  | { type: "ack"; waMsgId: string }
  | { type: "nack"; waMsgId: string; code: number }
  | { type: "receipt"; waMsgId: string; receipt: "delivered" | "read" }
  /** `group` is where it was written, when that was not between the two of us. */
  | {
      type: "inbound";
      waMsgId: string;
      from: Person[];
      group: Identity | null;
      text: string | null;
      content: InboundContent;
      at: Date;
      offline: boolean;
    }
  | { type: "identities"; pairs: { pn: `pn:+${string}`; lid: `lid:${string}` }[] };

const notWritten = {
  offline: "The session is not connected.",
  unreachable: "The recipient has no WhatsApp.",
  not_in_group: "This phone is not in the group any more.",
  unprepared: "The recipient's devices and keys have to be fetched first.",
};

/** Thrown by `send` and `prepare` when nothing was written to the chat: the message may be sent again as if never tried. */
export class NotWritten extends Error {
  readonly why: keyof typeof notWritten;
  constructor(why: keyof typeof notWritten) {
    super(notWritten[why]);
    this.name = "NotWritten";
    this.why = why;
  }
}

/** What there is to say of recipients that were prepared. */
export interface Preparation {
  /** They have no WhatsApp. */
  unreachable: Set<Identity>;
  /** WhatsApp does not give their keys at the moment. */
  unready: Set<Identity>;
}

export interface OutboundMessage {
  waMsgId: string;
  to: Identity;
  /** An encoded WhatsApp message, as `encodeText` or `encodeMedia` made it. */
  encoded: Uint8Array;
}

/** One session this process owns. Its pump is the only sender. */
export interface HeldSession {
  readonly id: Id<"waSession">;
  readonly userId: Id<"user">;
  readonly epoch: number;
  /** Aborts when the lease is lost, the session is closed or the process stops: nothing may be sent after it. */
  readonly signal: AbortSignal;
  /** Connected, and the backlog is in. */
  isReady(): boolean;
  /**
   * Fetches devices and keys of recipients in bulk, leaving Signal sessions that exist as they are. Nothing is written to a
   * chat, so a failure is provably before the write. A group needs nothing.
   * @param options.rebuild makes the Signal sessions anew: what was written to these chats before may never have arrived
   * @param recipients the first is the one that is needed now
   * @throws when the session is not connected or WhatsApp does not answer
   */
  prepare(recipients: Identity[], options?: { rebuild?: boolean }): Promise<Preparation>;
  /** Whether a message to this recipient goes out with nothing to ask first. */
  isPrepared(recipient: Identity): Promise<boolean>;
  /**
   * Everybody in a group, under each identity WhatsApp shows of them.
   * @throws NotWritten when this phone is not in it, or not connected; another error when WhatsApp does not answer
   */
  membersOf(group: Identity): Promise<Person[]>;
  /** The number of a LID or the LID of a number, as far as WhatsApp told this phone; null for a group. */
  otherIdentity(of: Identity): Promise<Person | null>;
  /** Encodes and encrypts at rest: what `messages.encoded` keeps. */
  seal(encoded: Uint8Array): Buffer;
  open(sealed: Buffer): Uint8Array;
  encodeText(text: string): Uint8Array;
  /**
   * Gives WhatsApp a file, under keys of its own. Nothing is written to a chat.
   * @returns the encoded media message, without a caption: good for any number of recipients, for some weeks
   * @throws when WhatsApp does not take it
   */
  upload(file: OutboundFile): Promise<Uint8Array>;
  /** What `upload` answered, with a recipient's text as its caption. */
  encodeMedia(uploaded: Uint8Array, text: string): Uint8Array;
  /**
   * Resolves when the frame is on the wire, which is not acceptance: that is the `ack` event. Whoever is not prepared is not
   * asked for: that would take seconds, and what was looked at before the write would be old.
   * @throws NotWritten provably before the write; any other failure may come after it
   */
  send(message: OutboundMessage): Promise<void>;
}

/** The sessions this process owns. */
export interface Sessions {
  held(id: Id<"waSession">): HeldSession | undefined;
}
