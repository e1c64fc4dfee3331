import type { Sql } from "#db/client.ts";
import type { Owner } from "#server/wa/report.ts";

/** What a held session reads of its own rows. */
export const sessionRows = (sql: Sql, owner: Owner) => ({
  /** Whose phone is to be asked for a code, E.164; null when a QR is wanted. */
  async codeFor(): Promise<string | null> {
    const [row] = await sql<{ phone: string | null }[]>`
      select pairing_phone as phone from wa_sessions where id = ${owner.sessionId} and link_by = 'code'`;
    return row?.phone ?? null;
  },
  /** Whether nobody took the session over: another worker under a newer lease. */
  async leaseIsOurs(): Promise<boolean> {
    const held = await sql`select 1 from wa_sessions where id = ${owner.sessionId} and owner_id = ${owner.workerId}
      and epoch = ${owner.epoch} and lease_until > now()`;
    return held.length > 0;
  },
  /**
   * The sealed message that was sent under this id, to be handed over once more, and counted so: a refusal of that is none of
   * what was accepted before. Not when its recipient has opted out since: nothing goes there again.
   */
  async encodedMessage(waMsgId: string): Promise<Buffer | undefined> {
    const [row] = await sql<{ encoded: Buffer | null }[]>`
      update messages set submissions = submissions + 1
       where wa_session_id = ${owner.sessionId} and wa_msg_id = ${waMsgId} and encoded is not null
         and (kind = 'opt_out' or not is_suppressed(user_id, recipient_key))
      returning encoded`;
    return row?.encoded ?? undefined;
  },
});
