import { and, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { type AutoResponse, contacts, media } from "#db/schema/index.ts";
import { mediaLimits } from "../media/rules.ts";
import { textArray } from "../opt-outs/known-identities.ts";
import { type Addressee, renderTemplate, TEMPLATE_MAX, templateValues } from "../templates/rules.ts";
import type { Silence } from "./rules.ts";

/** A contact as far as an answer needs it. */
export interface Answered extends Addressee {
  id: Id<"contact">;
  consent: boolean;
}

/** Who of the user's contacts a person is; null: none. @param chat the identity they wrote from: its contact comes first */
export async function contactOf(
  tx: Db,
  userId: Id<"user">,
  chat: string,
  known: readonly string[],
): Promise<Answered | null> {
  const phones = known.flatMap((identity) => (identity.startsWith("pn:") ? [identity.slice(3)] : []));
  if (phones.length === 0) return null;
  const [contact] = await tx
    .select({
      id: contacts.id,
      name: contacts.name,
      phoneE164: contacts.phoneE164,
      attributes: contacts.attributes,
      consent: contacts.consent,
    })
    .from(contacts)
    .where(and(eq(contacts.userId, userId), sql`${contacts.phoneE164} = any(${textArray(phones)})`))
    .orderBy(sql`'pn:' || ${contacts.phoneE164} = ${chat} desc`, contacts.id)
    .limit(1);
  return contact ?? null;
}

/** Somebody who is no contact has a number at most. */
export const stranger = (known: readonly string[]): Addressee => ({
  name: "",
  phoneE164: known.find((identity) => identity.startsWith("pn:"))?.slice(3) ?? "",
  attributes: {},
});

/** What a person would be answered, or why that cannot be said. */
export async function compose(
  tx: Db,
  { text, mediaId }: AutoResponse,
  person: Addressee,
): Promise<{ text: string } | { problem: Silence }> {
  const said = renderTemplate(text, templateValues(person)).trim();
  if (said === "" && mediaId === null) return { problem: "empty_text" };
  if (said.length > (mediaId === null ? TEMPLATE_MAX : mediaLimits.captionChars)) return { problem: "text_too_long" };
  if (mediaId !== null) {
    const [file] = await tx.select({ removedAt: media.removedAt }).from(media).where(eq(media.id, mediaId));
    if (!file || file.removedAt !== null) return { problem: "file_gone" };
  }
  return { text: said };
}
