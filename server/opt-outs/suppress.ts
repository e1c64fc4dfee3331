import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { suppressions } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { judgePhone } from "../contacts/phone.ts";
import { DomainError } from "../errors.ts";
import { publish } from "../events.ts";

/**
 * Puts a person on the list of those who are never messaged, by hand. There is no way back by hand: only the person can
 * lift it (START). Twice is the same as once.
 * @throws DomainError invalid_input with what is wrong with the number
 */
export async function suppressPhone(
  tx: Db,
  userId: Id<"user">,
  input: { phone: string },
): Promise<{ phoneE164: string }> {
  const phone = judgePhone(input.phone);
  if (!phone.ok) throw new DomainError("invalid_input", {}, { phone: phone.reason });
  const id = newId("suppression");
  const added = await tx
    .insert(suppressions)
    .values({ id, userId, identity: `pn:${phone.e164}`, source: "manual" })
    .onConflictDoNothing()
    .returning({ id: suppressions.id });
  if (added.length > 0) {
    await recordAudit(tx, userId, "contacts.suppressed", { suppressionId: id });
    await publish(tx, userId, "contacts", id);
  }
  return { phoneE164: phone.e164 };
}
