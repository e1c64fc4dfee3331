import { createHash } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { type inboundMessages, waSessions } from "#db/schema/index.ts";
import { bookAnswer } from "../automation/book.ts";
import { keepErasuresOut } from "../contacts/lock.ts";
import { noteInbound } from "../inbox/note.ts";
import type { SessionKeys } from "../keys/seal.ts";
import { confirmOptIn } from "./confirm-opt-in.ts";
import { keepPairs, knownIdentities, textArray } from "./known-identities.ts";
import { optIn, optOut } from "./opt-out.ts";
import { type Keyword, readKeyword } from "./rules.ts";
import { isTombstoned, type Pads } from "./tombstones.ts";

/** What came beside or instead of a text. */
export type InboundContent = (typeof inboundMessages.$inferSelect)["content"];

/** A message somebody wrote to one of the user's phones. */
export interface Inbound {
  waSessionId: Id<"waSession">;
  waMsgId: string;
  /** Every identity it came with; the first is the chat it came in. */
  from: readonly [string, ...string[]];
  /** The group it was written in; null: to the user alone. */
  group: string | null;
  /** Of a file: its caption. */
  text: string | null;
  content: InboundContent;
  /** It came while the phone was connected, not from what WhatsApp kept for it. */
  live: boolean;
  /** By WhatsApp's clock. */
  at: Date;
}

/** An inbound message with all that is known of who wrote it. */
export interface KnownInbound extends Inbound {
  userId: Id<"user">;
  /** Every identity known of the person. */
  known: string[];
  contact: { id: Id<"contact">; name: string } | null;
  /** Somebody who was erased: nothing may name them again. */
  erased: boolean;
}

export interface InboundKeys {
  pads: Pads;
  /** Signs WhatsApp ids of what is sent in answer. */
  sessionKeys: SessionKeys;
}

export type InboundEffect = "opted_out" | "opted_in" | "confirmed" | null;

/**
 * Keeps a message that came in and does what it says, in one transaction: an opt-out suppresses the person under every
 * identity known of them; START, which only the person can write, lifts it; YES answers whoever was asked. Live or from the
 * offline backlog alike. A message that is here already changes nothing. What people write in groups is theirs: of it only a
 * STOP is heard, where the user writes to that group, and nothing is kept.
 */
export async function receiveInbound(db: Db, keys: InboundKeys, input: Inbound): Promise<InboundEffect> {
  const keyword = readKeyword(input.text);
  if (input.group && keyword?.type !== "stop") return null;
  return db.transaction(async (tx) => {
    const [session] = await tx
      .select({ userId: waSessions.userId })
      .from(waSessions)
      .where(eq(waSessions.id, input.waSessionId));
    if (!session) return null;
    const { userId } = session;
    if (input.group && !(await writesToGroup(tx, userId, input.group))) return null;
    await keepErasuresOut(tx, userId);
    await keepPairs(tx, userId);
    // A STOP books its confirmation: the session comes before every other row.
    if (keyword?.type === "stop")
      await tx.execute(sql`select from wa_sessions where id = ${input.waSessionId} for no key update`);
    const known = await knownIdentities(tx, userId, input.from);
    const erased = await isTombstoned(tx, keys.pads, userId, known);
    const inbound = { ...input, userId, known, erased, contact: await contactOf(tx, userId, input.from[0], known) };
    const id = input.group ? null : await keep(tx, keys.pads, inbound, keyword);
    if (!input.group && id === null) return null;
    // Nobody who was erased is met again, but by their own START.
    if (id !== null && (!erased || keyword?.type === "start")) await noteInbound(tx, inbound);
    const effect = keyword ? await heed(tx, keys, inbound, keyword) : null;
    // Answering is a transaction of its own: nothing that fails there loses what came in.
    if (id !== null && effect === null) await bookAnswer(tx, { ...inbound, id });
    return effect;
  });
}

function heed(tx: Db, keys: InboundKeys, inbound: KnownInbound, { type, word }: Keyword): Promise<InboundEffect> {
  switch (type) {
    case "stop":
      return optOut(tx, keys, inbound, word);
    case "start":
      return optIn(tx, keys.pads, inbound, word);
    case "yes":
      return confirmOptIn(tx, inbound, word);
  }
}

async function writesToGroup(tx: Db, userId: Id<"user">, groupKey: string): Promise<boolean> {
  const lists = await tx.execute(
    sql`select 1 from contact_lists where user_id = ${userId} and group_key = ${groupKey} limit 1`,
  );
  return lists.length > 0;
}

async function contactOf(tx: Db, userId: Id<"user">, chat: string, known: readonly string[]) {
  const phones = known.flatMap((identity) => (identity.startsWith("pn:") ? [identity.slice(3)] : []));
  if (phones.length === 0) return null;
  const [contact] = await tx.execute<{ id: Id<"contact">; name: string }>(sql`
    select id, name from contacts where user_id = ${userId} and phone_e164 = any(${textArray(phones)})
     order by 'pn:' || phone_e164 = ${chat} desc, id limit 1`);
  return contact ?? null;
}

/** @returns null when it was kept before */
async function keep(
  tx: Db,
  pads: Pads,
  inbound: KnownInbound,
  keyword: Keyword | null,
): Promise<Id<"inboundMessage"> | null> {
  const { waSessionId, waMsgId, from, userId, erased } = inbound;
  const nameless = namelessSender(pads, userId, from[0]);
  // The START of somebody who was erased lets them be met again, with this very message.
  const hide = erased && keyword?.type !== "start";
  const [row] = await tx.execute<{ id: Id<"inboundMessage"> }>(sql`
    insert into inbound_messages (id, user_id, wa_session_id, wa_msg_id, sender, contact_id, body, content, live, sent_at)
    select ${newId("inboundMessage")}, ${userId}, ${waSessionId}, ${waMsgId}, ${hide ? nameless : from[0]},
           ${inbound.contact?.id ?? null}, ${hide ? null : storable(inbound.text)}, ${inbound.content}, ${inbound.live},
           ${inbound.at.toISOString()}::timestamptz
     where not exists (select 1 from inbound_messages i where i.wa_session_id = ${waSessionId} and i.wa_msg_id = ${waMsgId}
                        and i.sender in (${from[0]}, ${nameless}))
    on conflict (wa_session_id, sender, wa_msg_id) do nothing returning id`);
  return row?.id ?? null;
}

/** Postgres stores no NUL, and whoever adds one to their STOP means it all the same. */
const storable = (text: string | null) => text?.replaceAll("\0", "") ?? null;

/** The sender of a message of somebody who was erased: the same again for the same person, and naming nobody. */
function namelessSender({ inner, outer }: Pads, userId: Id<"user">, identity: string): string {
  const hash = (pad: Buffer, data: Buffer | string) => createHash("sha256").update(pad).update(data).digest();
  return `erased:${hash(outer, hash(inner, `${userId}|${identity}`)).toString("hex")}`;
}
