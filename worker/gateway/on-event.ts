import type { Db } from "#db/client.ts";
import type { SessionKeys } from "#server/keys/seal.ts";
import type { Log } from "#server/log.ts";
import { applyFacts } from "#server/messages/facts.ts";
import type { Fact } from "#server/messages/rules.ts";
import { learnIdentities } from "#server/opt-outs/learn-identities.ts";
import { receiveInbound } from "#server/opt-outs/receive-inbound.ts";
import { tombstonePads } from "#server/opt-outs/tombstones.ts";
import { reportNewChats, reportReachout } from "#server/wa/limits.ts";
import {
  isOtherPhone,
  type Owner,
  reportBroken,
  reportClosed,
  reportCode,
  reportLinked,
  reportPairing,
  reportQr,
  reportReady,
} from "#server/wa/report.ts";
import type { Announce } from "../announce.ts";
import { LeaseLost } from "./baileys/key-rows.ts";
import type { FactEvent } from "./event-queue.ts";
import type { GatewayEvent } from "./gateway.ts";

/** The account may not start new chats: WhatsApp knows until when. */
const REACHOUT = 463;

interface Hearing {
  db: Db;
  log: Log;
  sessionKeys: SessionKeys;
  announce: Announce;
  owner: Owner;
  /** Logs this device out at WhatsApp: it must not be linked. */
  logOut: () => Promise<void>;
  /** Asks WhatsApp what it forbids the account. */
  askLimits: () => void;
  /** Resolves when the keys of all that was written are durable. @throws LeaseLost, or what the database said */
  keysStored: () => Promise<void>;
}

/** Brings what WhatsApp said of messages to them, and tells the screens that show them. */
export async function handleFacts(hearing: Hearing, events: readonly FactEvent[]): Promise<void> {
  const { db, log, announce, owner } = hearing;
  const facts = events.map((event) => {
    log.debug({ ...event, event: "fact.heard" }, "WhatsApp said something of a message");
    if (event.type === "nack" && event.code === REACHOUT) hearing.askLimits();
    return { waMsgId: event.waMsgId, fact: factOf(event) };
  });
  // What WhatsApp accepted is not handed over again: its keys must be stored by then, or the next message to that person could
  // not be read. Where another worker has the session they cannot be; a fact is true all the same.
  await hearing.keysStored().catch((error: unknown) => {
    if (!(error instanceof LeaseLost)) throw error;
  });
  log.debug({ event: "keys.stored" }, "the keys of all that was written are stored");
  const changed = await applyFacts(db, { waSessionId: owner.sessionId, facts });
  for (const { userId, campaignId } of changed) {
    if (campaignId) announce(userId, "campaign", campaignId);
    else announce(userId, "inbox", userId);
  }
  const [first] = changed;
  if (first && events.some(({ type }) => type !== "receipt")) announce(first.userId, "wallet", first.userId);
}

function factOf(event: FactEvent): Fact {
  switch (event.type) {
    case "ack":
      return { type: "ack" };
    case "nack":
      return { type: "nack", code: event.code };
    case "receipt":
      return { type: event.receipt };
  }
}

/** Logged in, unless this is not the phone that was meant: then WhatsApp is told at once to forget the device. */
async function linked(hearing: Hearing, phone: Extract<GatewayEvent, { type: "linked" }>): Promise<void> {
  const { db, owner } = hearing;
  if (!(await isOtherPhone(db, owner, phone.phone))) return reportLinked(db, owner, phone);
  await hearing.logOut();
  await reportBroken(db, owner, "other_phone");
}

async function inbound({ db, sessionKeys, owner }: Hearing, event: Extract<GatewayEvent, { type: "inbound" }>) {
  const [chat, ...others] = event.from;
  if (!chat) return;
  const keys = { sessionKeys, pads: await tombstonePads(db, sessionKeys) };
  const { waMsgId, group, text, content, at } = event;
  const message = { waMsgId, from: [chat, ...others] as const, group, text, content, live: !event.offline, at };
  await receiveInbound(db, keys, { ...message, waSessionId: owner.sessionId });
}

/** Brings each word of the gateway to its use case. */
export async function handleEvent(hearing: Hearing, event: Exclude<GatewayEvent, FactEvent>): Promise<void> {
  const { db, owner } = hearing;
  switch (event.type) {
    case "qr":
      return reportQr(db, owner, event.qr, event.expiresAt);
    case "pairing":
      return reportPairing(db, owner);
    case "code":
      return reportCode(db, owner, event.code, event.expiresAt);
    case "linked":
      return linked(hearing, event);
    case "ready":
      return reportReady(db, owner);
    case "closed":
      return reportClosed(db, owner, event);
    case "broken":
      return reportBroken(db, owner, event.reason);
    case "reachout":
      return reportReachout(db, owner, event);
    case "new_chats":
      return reportNewChats(db, owner, event);
    case "inbound":
      return inbound(hearing, event);
    case "identities":
      return learnIdentities(db, await tombstonePads(db, hearing.sessionKeys), owner.userId, event.pairs);
    default:
      event satisfies never;
  }
}
