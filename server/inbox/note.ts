import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { publish } from "../events.ts";
import { knownIdentities, textArray } from "../opt-outs/known-identities.ts";
import type { KnownInbound } from "../opt-outs/receive-inbound.ts";
import { joinConversations, personNow } from "./join.ts";

/**
 * A message that was just kept belongs to the conversation of its phone with its person, which begins with it if there was
 * none, and is unread. Of somebody who was erased there is none.
 * @param tx the transaction that keeps the message, with `keepPairs`
 */
export async function noteInbound(tx: Db, inbound: KnownInbound): Promise<void> {
  const { userId, waSessionId, known, from, at } = inbound;
  const before = await joinConversations(tx, userId, waSessionId, known);
  const person = before === null ? await personNow(tx, userId, known) : "";
  // By WhatsApp's clock, which may be ahead of this one.
  const written = sql`least(${at.toISOString()}::timestamptz, now())`;
  const news = sql`unread = v.unread + 1, last_at = greatest(v.last_at, ${written}),
    chat = case when v.last_inbound_at > ${written} then v.chat else ${from[0]} end,
    last_inbound_at = greatest(v.last_inbound_at, ${written})`;
  const [noted] =
    before === null
      ? await tx.execute<{ id: string }>(sql`
          insert into conversations as v (id, user_id, wa_session_id, person, identities, chat, last_at, last_inbound_at, unread)
          values (${newId("conversation")}, ${userId}, ${waSessionId}, ${person}, ${textArray(known)}, ${from[0]}, ${written}, ${written}, 1)
          on conflict (wa_session_id, person) do update set ${news} returning id`)
      : await tx.execute<{ id: string }>(sql`update conversations v set ${news} where id = ${before} returning id`);
  if (noted) await publish(tx, userId, "inbox", noted.id);
}

/**
 * Something is about to go to somebody: their conversation is the newest, if there is one.
 * @param tx holds no campaign, message or wallet
 */
export async function noteOutbound(
  tx: Db,
  { userId, waSessionId, to }: { userId: Id<"user">; waSessionId: Id<"waSession">; to: string },
): Promise<void> {
  const known = await knownIdentities(tx, userId, [to]);
  const [noted] = await tx.execute<{ id: string }>(sql`
    update conversations set last_at = greatest(last_at, now())
     where wa_session_id = ${waSessionId} and person = any(${textArray(known)}) returning id`);
  if (noted) await publish(tx, userId, "inbox", noted.id);
}
