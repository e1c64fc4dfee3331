import { and, asc, desc, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { consentEvents, contactListMembers, contactLists, contacts, imports, users } from "#db/schema/index.ts";
import { DomainError } from "../../errors.ts";
import { isSuppressed } from "../../opt-outs/is-suppressed.ts";
import type { TimelineInput } from "../schema.ts";

const EVIDENCE_SHOWN = 100;
const DUPLICATES_SHOWN = 20;
/** So many people whose name begins alike are looked at for the same name. */
const NAMESAKES_READ = 200;
const TIMELINE_PAGE = 50;

/** A contact of the user. @throws DomainError not_found */
export async function ownContact(tx: Db, userId: Id<"user">, id: Id<"contact">) {
  const [contact] = await tx
    .select()
    .from(contacts)
    .where(and(eq(contacts.id, id), eq(contacts.userId, userId)));
  if (!contact) throw new DomainError("not_found");
  return contact;
}

/** Everything known of a person: their lists, how they came to agree, and who else may be them. @throws DomainError not_found */
export async function readContact(tx: Db, userId: Id<"user">, id: Id<"contact">) {
  const { userId: _own, ...contact } = await ownContact(tx, userId, id);
  const identity = `pn:${contact.phoneE164}`;
  const [out] = await tx.execute<{ suppressed: boolean }>(
    sql`select ${isSuppressed(sql`${userId}::text`, sql`${identity}::text`)} as suppressed`,
  );
  const lists = await tx
    .select({ id: contactLists.id, name: contactLists.name })
    .from(contactListMembers)
    .innerJoin(contactLists, eq(contactLists.id, contactListMembers.contactListId))
    .where(and(eq(contactListMembers.contactId, id), eq(contactListMembers.userId, userId)))
    .orderBy(asc(contactLists.id));
  const evidence = await tx
    .select({
      id: consentEvents.id,
      kind: consentEvents.kind,
      source: consentEvents.source,
      statement: sql<string | null>`coalesce(${consentEvents.statement}, ${imports.consentStatement})`,
      importId: consentEvents.importId,
      fileName: imports.fileName,
      rowNo: consentEvents.rowNo,
      at: consentEvents.at,
      /** Who imported or wrote it down; null for what the person did themself. */
      by: sql<string | null>`case when ${consentEvents.source} in ('import', 'manual') then ${users.email} end`,
    })
    .from(consentEvents)
    .innerJoin(users, eq(users.id, consentEvents.userId))
    .leftJoin(imports, eq(imports.id, consentEvents.importId))
    .where(and(eq(consentEvents.contactId, id), eq(consentEvents.userId, userId)))
    .orderBy(desc(consentEvents.id))
    .limit(EVIDENCE_SHOWN);
  return {
    ...contact,
    optedOut: out?.suppressed ?? false,
    lists,
    evidence,
    duplicates: await alsoThem(tx, userId, contact),
  };
}

/** Other contacts that may be the same person: they have the same name and share a list. */
async function alsoThem(tx: Db, userId: Id<"user">, { id, name }: { id: Id<"contact">; name: string }) {
  const rows = await tx.execute<{ id: Id<"contact">; name: string; phoneE164: string; why: "same_name" }>(sql`
    select o.id, o.name, o.phone_e164 as "phoneE164", 'same_name' as why
      from find_contacts(${name}, '[]', null, null, null, null, null, ${NAMESAKES_READ}) as f(id) join contacts o on o.id = f.id
     where o.user_id = ${userId} and o.id <> ${id} and search_fold(o.name) = search_fold(${name})
       and exists (select 1 from contact_list_members m join contact_list_members n on n.contact_list_id = m.contact_list_id
                    where m.contact_id = ${id} and n.contact_id = o.id)
     order by o.id limit ${DUPLICATES_SHOWN}`);
  return [...rows];
}

export type TimelineKind =
  | "imported"
  | "added"
  | "consent"
  | "asked"
  | "confirmed"
  | "withdrawn"
  | "opted_out"
  | "opted_in"
  | "message"
  | "reply";

interface TimelineRow {
  at: Date;
  kind: TimelineKind;
  /** What was written or said; empty when it was wiped, or when the kind says it all. */
  text: string;
  campaign: { id: Id<"campaign">; name: string } | null;
  status: string | null;
  import: { id: Id<"import">; fileName: string } | null;
}

/** What happened with a person, newest first. The cursor is the place of the last one shown. @throws DomainError not_found */
export async function readTimeline(tx: Db, userId: Id<"user">, { id, cursor }: TimelineInput) {
  await ownContact(tx, userId, id);
  const before = readCursor(cursor);
  const found = await tx.execute<{
    at: string;
    place: string;
    kind: TimelineKind;
    text: string | null;
    status: string | null;
    campaign: TimelineRow["campaign"];
    import: TimelineRow["import"];
  }>(sql`
    with happened as (
      select c.created_at as at, '0' as rank, c.id as ref, case when i.id is null then 'added' else 'imported' end as kind,
             null as text, null as status, null::jsonb as campaign, ${importOf} as import
        from contacts c left join imports i on i.id = c.import_id where c.id = ${id} and c.user_id = ${userId}
      union all
      select e.at, '1', lpad(e.id::text, 19, '0'), case e.kind when 'given' then 'consent' else e.kind end,
             coalesce(e.statement, i.consent_statement), null, null, ${importOf}
        from consent_events e left join imports i on i.id = e.import_id where e.contact_id = ${id} and e.user_id = ${userId}
      union all
      select coalesce(m.sent_at, m.ended_at, m.created_at), '2', m.id, 'message', m.resolved_text, m.status,
             case when c.id is not null then jsonb_build_object('id', c.id, 'name', c.name) end, null
        from messages m left join campaigns c on c.id = m.campaign_id where m.contact_id = ${id} and m.user_id = ${userId}
      union all
      select r.sent_at, '3', r.id, 'reply', r.body, null, null, null
        from inbound_messages r where r.contact_id = ${id} and r.user_id = ${userId})
    select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, rank || ref as place, kind, text, status, campaign, import
      from happened ${before ? sql`where (at, rank || ref) < (${before.at}::timestamptz, ${before.place})` : sql``}
     order by happened.at desc, rank || ref desc limit ${TIMELINE_PAGE + 1}`);
  const page = found.slice(0, TIMELINE_PAGE);
  const last = page.at(-1);
  const rows = page.map(
    ({ at, kind, text, status, campaign, import: file }): TimelineRow => ({
      at: new Date(at),
      kind,
      text: text ?? "",
      status,
      campaign,
      import: file,
    }),
  );
  return { rows, nextCursor: found.length > TIMELINE_PAGE && last ? `${last.at}|${last.place}` : null };
}

const importOf = sql`case when i.id is not null then jsonb_build_object('id', i.id, 'fileName', i.file_name) end`;

function readCursor(cursor: string | undefined) {
  const [at = "", place = ""] = cursor?.split("|") ?? [];
  return Number.isNaN(Date.parse(at)) ? null : { at, place };
}
