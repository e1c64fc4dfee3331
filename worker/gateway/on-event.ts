import type { Db } from "#db/client.ts";
import { applyFact } from "#server/messages/facts.ts";
import { receiveInbound } from "#server/opt-outs/receive-inbound.ts";
import { learnIdentities } from "#server/wa/learn-identities.ts";
import {
  type Owner,
  reportBroken,
  reportClosed,
  reportLinked,
  reportPairing,
  reportQr,
  reportReady,
} from "#server/wa/report.ts";
import type { Announce } from "../announce.ts";
import type { GatewayEvent } from "./gateway.ts";

type MessageFact = Parameters<typeof applyFact>[1]["fact"];

interface Hearing {
  db: Db;
  announce: Announce;
  owner: Owner;
}

async function fact({ db, announce, owner }: Hearing, waMsgId: string, said: MessageFact): Promise<void> {
  const changed = await applyFact(db, { waSessionId: owner.sessionId, waMsgId, fact: said });
  if (!changed) return;
  if (changed.campaignId) announce(changed.userId, "campaign", changed.campaignId);
  if (said.type === "ack" || said.type === "nack") announce(changed.userId, "wallet", changed.userId);
}

/** Brings each word of the gateway to its use case. */
export async function handleEvent(hearing: Hearing, event: GatewayEvent): Promise<void> {
  const { db, owner } = hearing;
  switch (event.type) {
    case "qr":
      return reportQr(db, owner, event.qr, event.expiresAt);
    case "pairing":
      return reportPairing(db, owner);
    case "linked":
      return reportLinked(db, owner, event);
    case "ready":
      return reportReady(db, owner);
    case "closed":
      return reportClosed(db, owner, event);
    case "broken":
      return reportBroken(db, owner, event.reason);
    case "ack":
      return fact(hearing, event.waMsgId, { type: "ack" });
    case "nack":
      return fact(hearing, event.waMsgId, { type: "nack", code: event.code });
    case "receipt":
      return fact(hearing, event.waMsgId, { type: event.receipt });
    case "inbound":
      await receiveInbound(db, { waSessionId: owner.sessionId, from: event.from, text: event.text });
      return;
    case "identities":
      return learnIdentities(db, owner.userId, event.pairs);
    default:
      event satisfies never;
  }
}
