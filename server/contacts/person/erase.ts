import { and, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { importFiles, importRows, imports } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import { DomainError } from "../../errors.ts";
import { publish } from "../../events.ts";
import { forgetConversations } from "../../inbox/join.ts";
import { moveMessage } from "../../messages/move.ts";
import { forgetInbound, namelessMessage } from "../../opt-outs/forget-written.ts";
import { knownIdentities } from "../../opt-outs/known-identities.ts";
import { entomb, type Pads } from "../../opt-outs/tombstones.ts";
import { forgetInWebhooks } from "../../webhooks/forget.ts";
import { lockContacts, lockErasure } from "../lock.ts";
import { deleteContacts, lockCampaignsOf, skipMessages, these } from "../remove.ts";
import type { EraseInput } from "../schema.ts";
import { ownContact } from "./read.ts";

interface Person {
  id: Id<"contact">;
  name: string;
  phoneE164: string;
  /** Number, LIDs, and numbers of contacts that were merged into this one; canonical. */
  identities: string[];
}

/**
 * Forgets a person: contact, evidence, messages, replies, uploaded rows, answers of WhatsApp. Figures stay (a campaign keeps
 * its counts and costs), and a fingerprint by which they stay suppressed. It cannot be undone; `confirm` is their name or
 * number, typed by the user.
 * @throws DomainError not_found, invalid_input, erase_waits
 */
export async function eraseContact(tx: Db, pads: Pads, userId: Id<"user">, { id, confirm }: EraseInput): Promise<void> {
  await lockContacts(tx, userId);
  await lockErasure(tx, userId);
  const contact = await ownContact(tx, userId, id);
  if (!isConfirmed(confirm, contact)) {
    throw new DomainError(
      "invalid_input",
      {},
      { confirm: "This is not their name or number. Type it as it is shown." },
    );
  }
  const person = { ...contact, identities: await identitiesOf(tx, userId, contact.phoneE164) };
  await refuseWhileReading(tx, userId);
  await forgetMessages(tx, userId, person);
  await forgetUploads(tx, userId, person);
  const inIdentities = these(person.identities);
  await forgetInbound(tx, pads, userId, sql`(contact_id = ${id} or sender in ${inIdentities})`);
  await forgetConversations(tx, userId, person.identities);
  await tx.execute(sql`delete from auto_cooldowns where user_id = ${userId} and person in ${inIdentities}`);
  await tx.execute(sql`
    delete from identity_pairs where user_id = ${userId} and (pn in ${inIdentities} or lid in ${inIdentities})`);
  await tx.execute(sql`delete from suppressions where user_id = ${userId} and identity in ${inIdentities}`);
  await tx.execute(sql`
    delete from wa_commands where user_id = ${userId} and exists (
      select 1 from ${these(bare(person))} as them(known) where strpos(input::text || coalesce(result::text, ''), known) > 0)`);
  await forgetInWebhooks(tx, userId, id, inIdentities);
  await deleteContacts(tx, userId, [id]);
  await entomb(tx, pads, userId, person.identities);
  await recordAudit(tx, userId, "contacts.erased", { contactId: id });
  await publish(tx, userId, "contacts", id);
}

const digitsOf = (text: string) => text.replace(/\D/g, "");
const plain = (text: string) => text.normalize("NFKC").replace(/\s+/g, " ").trim().toLowerCase();

function isConfirmed(typed: string, { name, phoneE164 }: { name: string; phoneE164: string }): boolean {
  return plain(typed) === plain(name) || digitsOf(typed) === digitsOf(phoneE164);
}

async function identitiesOf(tx: Db, userId: Id<"user">, phoneE164: string): Promise<string[]> {
  return knownIdentities(tx, userId, [`pn:${phoneE164}`]);
}

/** The number and LIDs as they stand inside a JID or a sentence. */
const bare = ({ identities }: Person): string[] => identities.map((identity) => identity.replace(/^(pn:\+|lid:)/, ""));

/** A file that is being read holds nobody knows whom yet. */
async function refuseWhileReading(tx: Db, userId: Id<"user">): Promise<void> {
  const [reading] = await tx
    .select({ fileName: imports.fileName })
    .from(imports)
    .where(and(eq(imports.userId, userId), eq(imports.status, "reading")))
    .limit(1);
  if (reading) throw new DomainError("erase_waits", { why: `The file ${reading.fileName} is being read` });
}

/** Messages lose who they were for and what they said; those that have not left never will. */
async function forgetMessages(tx: Db, userId: Id<"user">, { id, identities }: Person): Promise<void> {
  const theirs = sql`user_id = ${userId} and (contact_id = ${id} or recipient_key in ${these(identities)})`;
  const campaignIds = await lockCampaignsOf(tx, userId, [id]);
  // Before the first points are given back: everything that changes here is locked before the wallet, in one order.
  await tx.execute(sql`select from messages where ${theirs} or (${testsOf(userId)}) order by id for update`);
  await forgetTests(tx, userId);
  const open = await tx.execute<{ id: Id<"message">; status: "queued" | "sending" | "unknown" }>(
    sql`select id, status from messages where status in ('queued', 'sending', 'unknown') and ${theirs} order by id`,
  );
  if (open.some(({ status }) => status === "sending")) {
    throw new DomainError("erase_waits", { why: "A message to this person is on its way" });
  }
  const code = "contact_erased";
  await skipMessages(
    tx,
    open.filter(({ status }) => status === "queued").map((row) => row.id),
    code,
  );
  for (const { id: unknown } of open.filter(({ status }) => status === "unknown")) {
    await moveMessage(tx, unknown, { from: "unknown", to: "failed", points: "release", errorCode: code });
  }
  await tx.execute(sql`update messages set ${namelessMessage} where ${theirs}`);
  for (const campaignId of campaignIds) await publish(tx, userId, "campaign", campaignId);
}

const testsOf = (userId: Id<"user">) => sql`user_id = ${userId} and test_of is not null`;

/** Tests went to the user's own phone; whose values they showed is not kept, so all of them lose what they said. */
async function forgetTests(tx: Db, userId: Id<"user">): Promise<void> {
  const tests = testsOf(userId);
  const [open] = await tx.execute(sql`select 1 from messages where ${tests} and status = 'sending' limit 1`);
  if (open) throw new DomainError("erase_waits", { why: "A test to your own phone is on its way" });
  await tx.execute(sql`
    update messages set status = 'skipped', error_code = 'contact_erased', ended_at = now() where ${tests} and status = 'queued'`);
  await tx.execute(sql`update messages set recipient_name = '', resolved_text = null, encoded = null where ${tests}`);
}

/**
 * Uploaded rows with their number, in whatever spelling, are blanked and still counted. The file is dropped with them: what
 * it holds was read already, and it cannot be cleaned.
 */
async function forgetUploads(tx: Db, userId: Id<"user">, { id, name, phoneE164 }: Person): Promise<void> {
  // Without the country's code, whose length nobody knows here: the last nine digits find every spelling.
  const tail = digitsOf(phoneE164).slice(-9);
  const rows = await tx.execute<{ importId: Id<"import">; rowNo: number; decided: boolean }>(sql`
    select r.import_id as "importId", r.row_no as "rowNo", i.status not in ('mapping', 'staged') as decided
      from import_rows r join imports i on i.id = r.import_id
     where r.user_id = ${userId} and (
       r.phone_e164 = ${phoneE164} or r.contact_id = ${id} or (r.phone_e164 is null and exists (
         select 1 from jsonb_array_elements_text(r.cells) as cell
          where regexp_replace(cell, '[^0-9]', '', 'g') like '%' || ${tail} or search_fold(cell) = nullif(search_fold(${name}), ''))))`);
  for (const { importId, rowNo, decided } of rows) {
    const row = and(eq(importRows.importId, importId), eq(importRows.rowNo, rowNo), eq(importRows.userId, userId));
    const forgotten = { phoneE164: null, column: null, reason: null, note: null, contactId: null, before: null };
    if (decided)
      await tx
        .update(importRows)
        .set({ ...forgotten, cells: null })
        .where(row);
    else {
      // Blank cells, in their number: the file may be judged anew.
      const cells = sql`(select jsonb_agg(''::text) from jsonb_array_elements(${importRows.cells}))`;
      await tx
        .update(importRows)
        .set({ ...forgotten, cells, verdict: "opted_out" })
        .where(row);
    }
  }
  // Of a file without a header its first person stands where the titles are.
  const isNumber = sql`regexp_replace(t.title, '[^0-9]', '', 'g') like '%' || ${tail}`;
  await tx.execute(sql`
    update imports i set titles = (
      select jsonb_agg(case when ${isNumber} or search_fold(t.title) = search_fold(${name}) then '' else t.title end order by t.at)
        from jsonb_array_elements_text(i.titles) with ordinality as t(title, at))
     where i.user_id = ${userId} and exists (select 1 from jsonb_array_elements_text(i.titles) as t(title) where ${isNumber})`);
  const touched = [...new Set(rows.map(({ importId }) => importId))];
  await tx.execute(sql`
    update imports i set counts = coalesce((
      select jsonb_object_agg(verdict, n) from (
        select verdict, count(*)::int as n from import_rows where import_id = i.id group by verdict) c), '{}')
     where i.user_id = ${userId} and i.status in ('mapping', 'staged') and i.id in ${these(touched)}`);
  // Beside the files they were found in: those of decided imports, whose rows may be gone, and workbooks of which one sheet
  // was read and another may hold them.
  await tx.delete(importFiles).where(
    sql`${importFiles.userId} = ${userId} and ${importFiles.importId} in (
      select i.id from imports i where i.user_id = ${userId} and (
        i.id in ${these(touched)} or i.status not in ('mapping', 'staged') or jsonb_array_length(i.sheets) > 1))`,
  );
}
