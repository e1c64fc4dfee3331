import { and, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { contacts, suppressions } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import { DomainError } from "../../errors.ts";
import { publish } from "../../events.ts";
import { joinPeople } from "../../inbox/join.ts";
import { knownIdentities, lockPairs } from "../../opt-outs/known-identities.ts";
import { lockContacts } from "../lock.ts";
import { lockCampaignsOf, skipMessages, skipQueued } from "../remove.ts";
import type { MergeInput } from "../schema.ts";
import { ownContact } from "./read.ts";

type Contact = typeof contacts.$inferSelect;

/**
 * Makes one person of two contacts. What is known of the kept one counts, the other fills its blanks. They agree only if
 * nobody of the two withdrew; an opt-out of either holds for both numbers. What they got and wrote becomes one history, and a
 * campaign reaches them once.
 * @throws DomainError not_found, invalid_input
 */
export async function mergeContacts(tx: Db, userId: Id<"user">, { keepId, otherId }: MergeInput): Promise<void> {
  if (keepId === otherId) throw new DomainError("invalid_input", {}, { otherId: "Choose two different contacts." });
  await lockContacts(tx, userId);
  await lockPairs(tx, userId);
  const [keep, other] = [await ownContact(tx, userId, keepId), await ownContact(tx, userId, otherId)];
  const known = await knownIdentities(tx, userId, [`pn:${keep.phoneE164}`, `pn:${other.phoneE164}`]);
  await joinPeople(tx, userId, known, keep.phoneE164);
  await oneMessageEach(tx, userId, keep, other);
  await shareOptOut(tx, userId, keep, other);
  await rememberNumber(tx, userId, keep, other);
  const consent = await agreedBetween(tx, keep, other);
  await joinHistory(tx, userId, keep, other);
  await tx.delete(contacts).where(and(eq(contacts.id, otherId), eq(contacts.userId, userId)));
  await tx
    .update(contacts)
    .set({
      name: keep.name || other.name,
      attributes: {
        ...other.attributes,
        ...Object.fromEntries(Object.entries(keep.attributes).filter(([, value]) => value !== "")),
      },
      tags: [...new Set([...keep.tags, ...other.tags])].toSorted(),
      ...consent,
    })
    .where(and(eq(contacts.id, keepId), eq(contacts.userId, userId)));
  if (!consent.consent) await skipQueued(tx, userId, [keepId], "no_consent");
  await recordAudit(tx, userId, "contacts.merged", { contactId: keepId, otherId });
  await publish(tx, userId, "contacts", keepId);
}

/** What the two have agreed to as one: never more than either would allow. */
async function agreedBetween(
  tx: Db,
  keep: Contact,
  other: Contact,
): Promise<Pick<Contact, "consent" | "consentAt" | "confirmedAt">> {
  const both = [keep, other];
  const agreed = both.filter(({ consent }) => consent);
  const withdrawn = await tx.execute(sql`
    select 1 from consent_events e join contacts c on c.id = e.contact_id
     where not c.consent and e.kind = 'withdrawn' and c.id in (${keep.id}, ${other.id}) limit 1`);
  const consent = agreed.length === 2 || (agreed.length === 1 && withdrawn.length === 0);
  if (!consent) {
    const refused = both.filter((contact) => !contact.consent).map(({ consentAt }) => consentAt);
    return { consent, consentAt: latest(refused), confirmedAt: null };
  }
  return {
    consent,
    consentAt: earliest(agreed.map(({ consentAt }) => consentAt)),
    confirmedAt: earliest(agreed.map(({ confirmedAt }) => confirmedAt)),
  };
}

const times = (dates: (Date | null)[]) =>
  dates.filter((date) => date !== null).toSorted((a, b) => a.getTime() - b.getTime());
const earliest = (dates: (Date | null)[]): Date | null => times(dates)[0] ?? null;
const latest = (dates: (Date | null)[]): Date | null => times(dates).at(-1) ?? null;

/** Where a campaign has a message for each of the two, one is left out: the kept one's stays, unless the other's has left. */
async function oneMessageEach(tx: Db, userId: Id<"user">, keep: Contact, other: Contact): Promise<void> {
  const campaignIds = await lockCampaignsOf(tx, userId, [keep.id, other.id]);
  const twice = await tx.execute<{ id: Id<"message"> }>(sql`
    select case when o.status = 'queued' then o.id else k.id end as id
      from messages k join messages o on o.campaign_id = k.campaign_id
     where k.user_id = ${userId} and k.contact_id = ${keep.id} and o.contact_id = ${other.id}
       and ((o.status = 'queued' and k.status not in ('skipped', 'cancelled'))
         or (k.status = 'queued' and o.status not in ('skipped', 'cancelled')))
     order by 1`);
  await skipMessages(
    tx,
    twice.map(({ id }) => id),
    "merged",
  );
  for (const id of campaignIds) await publish(tx, userId, "campaign", id);
}

async function shareOptOut(tx: Db, userId: Id<"user">, keep: Contact, other: Contact): Promise<void> {
  const identities = [keep, other].map(({ phoneE164 }) => `pn:${phoneE164}`);
  const [out] = await tx.execute<{ either: boolean }>(sql`
    select is_suppressed(${userId}, ${identities[0]}) or is_suppressed(${userId}, ${identities[1]}) as either`);
  if (!out?.either) return;
  await tx
    .insert(suppressions)
    .values(identities.map((identity) => ({ id: newId("suppression"), userId, identity, source: "manual" as const })))
    .onConflictDoNothing();
}

/** Keeps the number that no contact has any more as another of the kept one's: for who writes from it, and for an erasure. */
async function rememberNumber(tx: Db, userId: Id<"user">, keep: Contact, other: Contact): Promise<void> {
  await tx.execute(sql`
    insert into identity_pairs (user_id, pn, lid) values (${userId}, ${`pn:${keep.phoneE164}`}, ${`pn:${other.phoneE164}`})
    on conflict (user_id, lid) do update set pn = excluded.pn`);
}

async function joinHistory(tx: Db, userId: Id<"user">, keep: Contact, other: Contact): Promise<void> {
  await tx.execute(sql`
    insert into contact_list_members (contact_list_id, contact_id, user_id)
    select contact_list_id, ${keep.id}, ${userId} from contact_list_members
     where contact_id = ${other.id} and user_id = ${userId} on conflict do nothing`);
  await tx.execute(sql`delete from contact_list_members where contact_id = ${other.id} and user_id = ${userId}`);
  for (const table of ["consent_events", "messages", "inbound_messages"] as const) {
    await tx.execute(
      sql`update ${sql.identifier(table)} set contact_id = ${keep.id} where contact_id = ${other.id} and user_id = ${userId}`,
    );
  }
}
