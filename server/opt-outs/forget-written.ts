import { type SQL, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { forgetInWebhooks } from "../webhooks/forget.ts";
import { textArray } from "./known-identities.ts";
import { hashOf, type Pads } from "./tombstones.ts";

/** SQL: what is left of a message whose recipient is forgotten. */
export const namelessMessage = sql`
  recipient_key = 'erased:' || id, recipient_name = '', resolved_text = null, encoded = null, contact_id = null`;

/**
 * What somebody wrote loses its text and who wrote it. The rows stay, nameless as those of whoever writes after an erasure: a
 * message that comes again is still known.
 * @param theirs SQL: which messages are of that person
 */
export async function forgetInbound(tx: Db, pads: Pads, userId: Id<"user">, theirs: SQL): Promise<void> {
  const sender = hashOf(pads, sql`${userId}::text`, sql`sender`);
  await tx.execute(sql`
    update inbound_messages set sender = 'erased:' || encode(${sender}, 'hex'), body = null, contact_id = null
     where user_id = ${userId} and ${theirs}`);
}

/**
 * An erased person turns out to have been in a chat under an identity that nobody knew to be theirs: what was said in it, by
 * either side, is forgotten as the erasure would have done. What is still open keeps its text until it has ended.
 * @param tx holds no row lock
 */
export async function forgetWritten(
  tx: Db,
  pads: Pads,
  userId: Id<"user">,
  identities: readonly string[],
): Promise<void> {
  const theirs = sql`any(${textArray(identities)})`;
  const phones = sql`(select s.id from wa_sessions s where s.user_id = ${userId})`;
  await tx.execute(sql`delete from auto_cooldowns where user_id = ${userId} and person = ${theirs}`);
  await tx.execute(sql`
    update messages set ${namelessMessage} where id in (
      select m.id from messages m
       where m.wa_session_id in ${phones} and m.kind in ('opt_out', 'auto_reply', 'manual') and m.recipient_key = ${theirs}
         and m.status not in ('queued', 'sending', 'unknown')
       order by m.id for update)`);
  await forgetInbound(tx, pads, userId, sql`wa_session_id in ${phones} and sender = ${theirs}`);
  await forgetInWebhooks(tx, userId, null, sql`(select unnest(${textArray(identities)}))`);
}
