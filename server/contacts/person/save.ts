import { and, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { consentEvents, contactListMembers, contacts } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import { DomainError, refusals } from "../../errors.ts";
import { publish } from "../../events.ts";
import { suppressedNumbers } from "../../opt-outs/is-suppressed.ts";
import { isTombstoned, type Pads } from "../../opt-outs/tombstones.ts";
import { growColumns, ownContacts } from "../lists.ts";
import { lockContacts } from "../lock.ts";
import { judgePhone } from "../numbers/phone.ts";
import { ownList } from "../queries.ts";
import { skipQueued } from "../remove.ts";
import type { AddInput, UpdateInput } from "../schema.ts";
import { ownContact } from "./read.ts";

/**
 * Adds a person by hand, with the user's own words on how they agreed.
 * @throws DomainError invalid_input, phone_taken, opted_out, not_found (of a list)
 */
export async function addContact(
  tx: Db,
  pads: Pads,
  userId: Id<"user">,
  input: AddInput,
): Promise<{ id: Id<"contact"> }> {
  const phoneE164 = readPhone(input.phone);
  await lockContacts(tx, userId);
  await mayHave(tx, pads, userId, phoneE164);
  for (const listId of input.listIds) await ownList(tx, userId, listId);
  const id = newId("contact");
  const { name, tags, consentStatement } = input;
  const attributes = withoutBlanks(input.attributes);
  await tx
    .insert(contacts)
    .values({ id, userId, name, phoneE164, attributes, tags, consent: true, consentAt: sql`app_now()` });
  await noteConsent(tx, userId, [id], "given", consentStatement);
  if (input.listIds.length > 0) {
    await tx
      .insert(contactListMembers)
      .values(input.listIds.map((contactListId) => ({ contactListId, contactId: id, userId })))
      .onConflictDoNothing();
    await growColumns(tx, userId, [id], input.listIds);
  }
  await recordAudit(tx, userId, "contacts.added", { contactId: id });
  await publish(tx, userId, "contacts", id);
  return { id };
}

/**
 * Changes what is known of a person. With another number they are asked about WhatsApp anew, and what is queued for the old
 * number is not sent; what was sent stays as it was.
 * @throws DomainError not_found, invalid_input, phone_taken, opted_out, opted_out_number
 */
export async function updateContact(tx: Db, pads: Pads, userId: Id<"user">, input: UpdateInput): Promise<void> {
  const phoneE164 = input.phone === undefined ? undefined : readPhone(input.phone);
  await lockContacts(tx, userId);
  const before = await ownContact(tx, userId, input.id);
  const moved = phoneE164 !== undefined && phoneE164 !== before.phoneE164;
  if (moved) {
    if (await isOut(tx, userId, before.phoneE164)) {
      throw new DomainError("opted_out_number", {}, { phone: refusals.opted_out_number.message() });
    }
    await mayHave(tx, pads, userId, phoneE164);
    await skipQueued(tx, userId, [before.id], "number_changed");
  }
  await tx
    .update(contacts)
    .set({
      name: input.name ?? before.name,
      attributes: input.attributes ? withoutBlanks(input.attributes) : before.attributes,
      tags: input.tags ?? before.tags,
      ...(moved ? { phoneE164, onWhatsapp: null, onWhatsappAt: null } : {}),
    })
    .where(and(eq(contacts.id, before.id), eq(contacts.userId, userId)));
  if (input.attributes) {
    const on = await tx
      .select({ id: contactListMembers.contactListId })
      .from(contactListMembers)
      .where(and(eq(contactListMembers.contactId, before.id), eq(contactListMembers.userId, userId)));
    const listIds = on.map(({ id }) => id);
    await growColumns(tx, userId, [before.id], listIds);
  }
  await recordAudit(tx, userId, "contacts.updated", { contactId: before.id, numberChanged: moved });
  await publish(tx, userId, "contacts", before.id);
}

/**
 * Writes down, in the user's words, how people agreed. Who opted out is left as they are: only they can lift it.
 * @returns how many it was noted for, and how many opted out
 */
export async function recordConsent(
  tx: Db,
  userId: Id<"user">,
  { ids, statement }: { ids: Id<"contact">[]; statement: string },
): Promise<{ recorded: number; optedOut: number }> {
  await lockContacts(tx, userId);
  const rows = await tx.execute<{ id: Id<"contact">; out: boolean }>(sql`
    select c.id, 'pn:' || c.phone_e164 in ${suppressedNumbers(userId)} as out from contacts c
     where c.id in (select o.id from ${ownContacts(userId, ids)} o)`);
  const agreed = rows.filter(({ out }) => !out).map(({ id }) => id);
  await tx.execute(sql`
    update contacts set consent = true, consent_at = app_now()
     where user_id = ${userId} and not consent and id in (select jsonb_array_elements_text(${JSON.stringify(agreed)}::text::jsonb))`);
  await noteConsent(tx, userId, agreed, "given", statement);
  await recordAudit(tx, userId, "contacts.consent_recorded", { count: agreed.length });
  await publish(tx, userId, "contacts", userId);
  return { recorded: agreed.length, optedOut: rows.length - agreed.length };
}

/** Writes down that people agree no longer: nothing is sent to them any more, not even what is queued. */
export async function withdrawConsent(
  tx: Db,
  userId: Id<"user">,
  { ids, statement }: { ids: Id<"contact">[]; statement?: string | undefined },
): Promise<{ withdrawn: number }> {
  await lockContacts(tx, userId);
  const rows = await tx.execute<{ id: Id<"contact"> }>(sql`
    update contacts set consent = false, consent_at = app_now(), confirmed_at = null
     where consent and id in (select o.id from ${ownContacts(userId, ids)} o) returning id`);
  const withdrawn = rows.map(({ id }) => id);
  await noteConsent(tx, userId, withdrawn, "withdrawn", statement);
  await skipQueued(tx, userId, withdrawn, "no_consent");
  await recordAudit(tx, userId, "contacts.consent_withdrawn", { count: withdrawn.length });
  await publish(tx, userId, "contacts", userId);
  return { withdrawn: withdrawn.length };
}

async function noteConsent(
  tx: Db,
  userId: Id<"user">,
  ids: Id<"contact">[],
  kind: "given" | "withdrawn",
  statement: string | undefined,
): Promise<void> {
  if (ids.length === 0) return;
  await tx.insert(consentEvents).values(
    ids.map((contactId) => ({
      userId,
      contactId,
      kind,
      source: "manual" as const,
      statement: statement ?? null,
      at: sql`app_now()`,
    })),
  );
}

function readPhone(typed: string): string {
  const phone = judgePhone(typed);
  if (!phone.ok) throw new DomainError("invalid_input", {}, { phone: phone.reason });
  return phone.e164;
}

const withoutBlanks = (attributes: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(attributes).flatMap(([key, value]) => (value ? [[key, value]] : [])));

/** Whether the person behind a number asked not to be messaged. */
async function isOut(tx: Db, userId: Id<"user">, phoneE164: string): Promise<boolean> {
  const [row] = await tx.execute<{ out: boolean }>(sql`select is_suppressed(${userId}, ${`pn:${phoneE164}`}) as out`);
  return row?.out ?? false;
}

/** Whether a contact may get this number. The caller holds the lock. @throws phone_taken, opted_out */
async function mayHave(tx: Db, pads: Pads, userId: Id<"user">, phoneE164: string): Promise<void> {
  const [other] = await tx
    .select({ id: contacts.id, name: contacts.name })
    .from(contacts)
    .where(and(eq(contacts.userId, userId), eq(contacts.phoneE164, phoneE164)));
  if (other) {
    const details = { contactId: other.id, name: other.name };
    throw new DomainError("phone_taken", details, { phone: refusals.phone_taken.message(details) });
  }
  if ((await isOut(tx, userId, phoneE164)) || (await isTombstoned(tx, pads, userId, [`pn:${phoneE164}`]))) {
    throw new DomainError("opted_out", {}, { phone: refusals.opted_out.message() });
  }
}
