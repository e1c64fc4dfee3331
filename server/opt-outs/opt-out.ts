import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { recordAudit } from "../audit/record.ts";
import { publish } from "../events.ts";
import { queueAnswer } from "../messages/queue-answer.ts";
import { textArray } from "./known-identities.ts";
import type { InboundEffect, InboundKeys, KnownInbound } from "./receive-inbound.ts";
import { confirmationText, readKeyword } from "./rules.ts";
import { appendEvidence, suppressIdentities } from "./suppress.ts";
import { entomb, liftTombstones, type Pads } from "./tombstones.ts";

/**
 * STOP: the person is never messaged again under any identity known of them, what is queued to them ends, and one
 * confirmation goes to the chat they wrote in, if they were not suppressed before. Written in a group it gets no answer: one
 * to the group would tell everybody, and one to the person was not asked for.
 * @param tx holds the lock of the session
 */
export async function optOut(tx: Db, keys: InboundKeys, inbound: KnownInbound, word: string): Promise<InboundEffect> {
  const { userId, from, known } = inbound;
  if (inbound.erased) {
    await entomb(tx, keys.pads, userId, known);
    return "opted_out";
  }
  const evidence = { statement: word, at: inbound.at };
  const { added } = await suppressIdentities(tx, userId, from, "keyword", evidence);
  const before = added.length < known.length;
  // Suppressed by hand or by a file before, or once more: their own word is evidence too.
  if (added.length === 0) {
    await appendEvidence(tx, userId, known, { kind: "opted_out", source: "keyword", ...evidence });
  }
  if (!before && !inbound.group) await queueConfirmation(tx, keys, inbound, word);
  await recordAudit(tx, userId, "contact.opted_out", { source: "keyword" });
  await publish(tx, userId, "contacts", userId);
  return "opted_out";
}

async function queueConfirmation(tx: Db, { sessionKeys }: InboundKeys, inbound: KnownInbound, word: string) {
  const { userId, waSessionId, contact, from } = inbound;
  const said = { text: confirmationText(word), mediaId: null, inboundId: null, pricePoints: 0, livesSeconds: null };
  await queueAnswer(tx, sessionKeys, { kind: "opt_out", userId, waSessionId, to: from[0], contact, ...said });
}

/**
 * START, which only the person can write: lifts their opt-out under every identity known of them, whoever made it. A
 * confirmation that has not gone out would not be true any more and is left out.
 */
export async function optIn(tx: Db, pads: Pads, inbound: KnownInbound, word: string): Promise<InboundEffect> {
  const { userId, known } = inbound;
  if (await wroteStopLater(tx, inbound)) return null;
  const lifted = await tx.execute(sql`
    delete from suppressions where user_id = ${userId} and identity = any(${textArray(known)}) returning 1`);
  const unburied = await liftTombstones(tx, pads, userId, known);
  if (lifted.length === 0 && !unburied) return null;
  await tx.execute(sql`
    update messages set status = 'skipped', error_code = 'opted_in', ended_at = now()
     where wa_session_id in (select id from wa_sessions where user_id = ${userId}) and campaign_id is null
       and status = 'queued' and kind = 'opt_out' and recipient_key = any(${textArray(known)})`);
  await appendEvidence(tx, userId, known, { kind: "opted_in", source: "keyword", statement: word, at: inbound.at });
  await recordAudit(tx, userId, "contact.opted_in", { source: "keyword" });
  await publish(tx, userId, "contacts", userId);
  return "opted_in";
}

/** A START that was held up, and comes after a STOP that was written later, is not their last word. */
async function wroteStopLater(tx: Db, { userId, known, at }: KnownInbound): Promise<boolean> {
  const later = await tx.execute<{ body: string | null }>(sql`
    select body from inbound_messages
     where user_id = ${userId} and sender = any(${textArray(known)}) and sent_at > ${at.toISOString()}::timestamptz`);
  return later.some(({ body }) => readKeyword(body)?.type === "stop");
}
