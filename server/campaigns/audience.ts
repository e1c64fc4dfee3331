import { and, asc, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { contactListMembers, contacts } from "#db/schema/index.ts";
import { suppressedNumbers } from "../opt-outs/is-suppressed.ts";
import { judgeRecipient } from "./rules.ts";

/** Far above any cap: a list beyond it is refused before its rows are read. */
const READ_AT_MOST = 20_000;

export interface Recipient {
  contactId: Id<"contact">;
  name: string;
  phoneE164: string;
  attributes: Record<string, string>;
  verdict: ReturnType<typeof judgeRecipient>;
}

/** Everyone on a list, in the list's order, with who gets a message and who does not. */
export async function readAudience(tx: Db, userId: Id<"user">, contactListId: Id<"contactList">): Promise<Recipient[]> {
  const rows = await tx
    .select({
      contactId: contacts.id,
      name: contacts.name,
      phoneE164: contacts.phoneE164,
      attributes: contacts.attributes,
      consent: contacts.consent,
      onWhatsapp: contacts.onWhatsapp,
      suppressed: sql<boolean>`'pn:' || ${contacts.phoneE164} in ${suppressedNumbers(userId)}`,
    })
    .from(contactListMembers)
    .innerJoin(contacts, eq(contacts.id, contactListMembers.contactId))
    .where(and(eq(contactListMembers.contactListId, contactListId), eq(contacts.userId, userId)))
    .orderBy(asc(contacts.id))
    .limit(READ_AT_MOST);
  return rows.map(({ consent, suppressed, onWhatsapp, ...row }) => ({
    ...row,
    verdict: judgeRecipient({ consent, suppressed, onWhatsapp }),
  }));
}
