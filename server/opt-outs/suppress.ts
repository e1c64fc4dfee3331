import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import type { consentEvents, suppressions } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { keepErasuresOut } from "../contacts/lock.ts";
import { judgePhone } from "../contacts/numbers/phone.ts";
import { publish } from "../events.ts";
import { keepPairs, knownIdentities, textArray } from "./known-identities.ts";
import { type Pads, tombstonedAmong } from "./tombstones.ts";

type Source = (typeof suppressions.$inferSelect)["source"];

/** What became of one number that was given to be suppressed. */
export type SuppressAnswer =
  | { phone: string; result: "suppressed" | "already"; phoneE164: string }
  | { phone: string; result: "invalid"; reason: string };

interface Evidence {
  statement?: string;
  importId?: Id<"import">;
  at?: Date;
}

interface Suppressed {
  known: string[];
  added: string[];
}

/**
 * Puts people on the list of those who are never messaged, under every identity known of them, with the evidence for those
 * who are contacts and were not on it. What is queued to them ends at once and gives its points back; what is on its way
 * stays for its fact. Twice is the same as once.
 * @param tx a transaction that holds `keepErasuresOut`; none of these people is tombstoned
 * @returns the identities that were not suppressed before, with those that were given and those learned of the same people
 */
export async function suppressIdentities(
  tx: Db,
  userId: Id<"user">,
  identities: readonly string[],
  source: Source,
  evidence: Evidence = {},
): Promise<Suppressed> {
  if (identities.length === 0) return { known: [], added: [] };
  await keepPairs(tx, userId);
  const enlisted = await enlist(tx, userId, identities, source, evidence);
  if (enlisted.added.length > 0) await skipQueued(tx, userId, enlisted.known);
  return enlisted;
}

/** The same for people whose opt-outs came about in several ways. */
export async function suppressEach(
  tx: Db,
  userId: Id<"user">,
  people: readonly { identity: string; source: Source }[],
): Promise<void> {
  await keepPairs(tx, userId);
  const fresh: string[] = [];
  for (const { identity, source } of people) {
    const { known, added } = await enlist(tx, userId, [identity], source, {});
    if (added.length > 0) fresh.push(...known);
  }
  // For all at once: who ends one campaign's messages after the other's comes to a campaign with the wallet in hand.
  if (fresh.length > 0) await skipQueued(tx, userId, fresh);
}

async function enlist(
  tx: Db,
  userId: Id<"user">,
  identities: readonly string[],
  source: Source,
  evidence: Evidence,
): Promise<Suppressed> {
  const known = await knownIdentities(tx, userId, identities);
  const rows = known.map((identity) => ({ id: newId("suppression"), identity }));
  const inserted = await tx.execute<{ identity: string }>(sql`
    insert into suppressions (id, user_id, identity, source)
    select id, ${userId}, identity, ${source}
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as given(id text, identity text)
    on conflict (user_id, identity) do nothing returning identity`);
  const added = inserted.map(({ identity }) => identity);
  if (added.length > 0) await appendEvidence(tx, userId, added, { kind: "opted_out", source, ...evidence });
  return { known, added };
}

/** Appends to the evidence of those contacts that go by one of these identities. */
export async function appendEvidence(
  tx: Db,
  userId: Id<"user">,
  identities: readonly string[],
  event: {
    kind: (typeof consentEvents.$inferSelect)["kind"];
    source: (typeof consentEvents.$inferSelect)["source"];
    statement?: string;
    importId?: Id<"import">;
    /** Now, unless told otherwise. */
    at?: Date;
  },
): Promise<void> {
  const phones = identities.flatMap((identity) => (identity.startsWith("pn:") ? [identity.slice(3)] : []));
  if (phones.length === 0) return;
  await tx.execute(sql`
    insert into consent_events (user_id, contact_id, kind, source, import_id, statement, at)
    select c.user_id, c.id, ${event.kind}, ${event.source}, ${event.importId ?? null}, ${event.statement ?? null},
           coalesce(${event.at?.toISOString() ?? null}::timestamptz, app_now())
      from contacts c where c.user_id = ${userId} and c.phone_e164 = any(${textArray(phones)})`);
}

async function skipQueued(tx: Db, userId: Id<"user">, identities: readonly string[]): Promise<void> {
  const changed = await tx.execute<{ id: Id<"campaign"> }>(
    sql`select skip_queued(${userId}, ${textArray(identities)}, 'opted_out') as id`,
  );
  for (const { id } of changed) await publish(tx, userId, "campaign", id);
  if (changed.length > 0) await publish(tx, userId, "wallet", userId);
}

/**
 * Suppresses one or many people by hand, and answers for each number. There is no way back by hand: only the person can lift
 * it (START). Somebody who was erased is "already": nothing is written of them again.
 */
export async function suppressPhones(
  tx: Db,
  pads: Pads,
  userId: Id<"user">,
  input: { phones: readonly string[] },
): Promise<SuppressAnswer[]> {
  await keepErasuresOut(tx, userId);
  await keepPairs(tx, userId);
  const judged = input.phones.map((phone) => ({ phone, verdict: judgePhone(phone) }));
  const given = judged.flatMap(({ verdict }) => (verdict.ok ? [`pn:${verdict.e164}`] : []));
  const erased = await tombstonedAmong(tx, pads, userId, await knownIdentities(tx, userId, given));
  const wanted = given.filter((identity) => !erased.has(identity));
  const { added } = await suppressIdentities(tx, userId, wanted, "manual");
  if (added.length > 0) {
    await recordAudit(tx, userId, "contacts.suppressed", { people: wanted.length, identities: added.length });
    await publish(tx, userId, "contacts", userId);
  }
  const fresh = new Set(added);
  return judged.map(({ phone, verdict }) => {
    if (!verdict.ok) return { phone, result: "invalid", reason: verdict.reason };
    // The same number twice in one list is suppressed by its first.
    const isNew = fresh.delete(`pn:${verdict.e164}`);
    return { phone, result: isNew ? "suppressed" : "already", phoneE164: verdict.e164 };
  });
}
