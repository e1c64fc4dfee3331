import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import type { KnownInbound } from "../opt-outs/receive-inbound.ts";
import { readKeyword } from "../opt-outs/rules.ts";

/** A job that fails is run again, after 3, 7, 20 and 55 seconds: after five minutes there is nothing to answer. */
const TRIES = 5;
/** Before other jobs that are due: somebody is waiting. */
const PRIORITY = -10;

/**
 * Books the automatic answer to a message that was just kept, when there may be one: somebody wrote to the user alone, the
 * phone was connected, and a rule is at work. Whether and what is answered, the job decides.
 * @param tx the transaction that keeps the message
 */
export async function bookAnswer(tx: Db, inbound: KnownInbound & { id: Id<"inboundMessage"> }): Promise<void> {
  const { id, userId, live, group, erased, text } = inbound;
  if (!live || group !== null || erased || readKeyword(text)?.type === "stop") return;
  await tx.execute(sql`
    select book_job('inbox:answer', json_build_object('inboundId', ${id}::text), ${`answer:${id}`},
      p_max_attempts => ${TRIES}, p_priority => ${PRIORITY})
     where exists (select 1 from auto_rules where user_id = ${userId} and enabled)`);
}
