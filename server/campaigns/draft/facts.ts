import { type Column, type SQL, sql } from "drizzle-orm";
import type { Id } from "#db/ids.ts";
import { contacts } from "#db/schema/index.ts";
import { maybeArrived } from "../../messages/maybe-arrived.ts";
import { suppressedNumbers } from "../../opt-outs/is-suppressed.ts";
import { judgeRecipient, type LeftOutReason, type Purpose, type RecipientFacts } from "../rules.ts";

/** What the rule says of a person: they get a message, or why not. */
export type Verdict = "queued" | LeftOutReason;

/** SQL: an array of texts. */
export const texts = (values: readonly string[]): SQL => sql`${sql.param([...values])}::text[]`;

/**
 * SQL: whether a contact was asked for their YES. A question that certainly never left (cancelled, or refused before
 * WhatsApp took it) was none: who waits for it could never be asked again.
 */
const wasAsked = sql<boolean>`(exists (
    select 1 from consent_events e where e.contact_id = contacts.id and e.kind = 'asked')
  and not coalesce((
    select bool_and(m.status in ('skipped', 'cancelled') or (m.status = 'failed' and not ${maybeArrived(sql`m.error_code`)}))
      from messages m join campaigns q on q.id = m.campaign_id where m.contact_id = contacts.id and q.purpose = 'confirmation'), false))`;

/**
 * SQL: whether somebody has to confirm before they get this campaign: they are on a list that waits for a YES, and on none of
 * the chosen lists that does not. A tag is no way around it.
 */
const needsYes = (listIds: readonly string[]): SQL<boolean> => sql<boolean>`(exists (
    select 1 from contact_list_members m join contact_lists l on l.id = m.contact_list_id
     where m.contact_id = contacts.id and l.double_opt_in)
  and not exists (
    select 1 from contact_list_members m join contact_lists l on l.id = m.contact_list_id
     where m.contact_id = contacts.id and not l.double_opt_in and l.id = any(${texts(listIds)})))`;

/** SQL: what `judgeRecipient` judges by, of each contact. */
export const factsOf = (
  userId: Id<"user">,
  { listIds, purpose }: { listIds: readonly string[]; purpose: Purpose },
) => ({
  consent: contacts.consent,
  onWhatsapp: contacts.onWhatsapp,
  suppressed: sql<boolean>`'pn:' || contacts.phone_e164 in ${suppressedNumbers(userId)}`.as("suppressed"),
  needsYes: (purpose === "confirmation" ? sql<boolean>`false` : needsYes(listIds)).as("needs_yes"),
  confirmed: sql<boolean>`contacts.confirmed_at is not null`.as("confirmed"),
  asked: (purpose === "confirmation" ? wasAsked : sql<boolean>`false`).as("asked"),
});

// Each fact a digit. Of WhatsApp there are three: not asked, no, yes.
const digits = { consent: 1, suppressed: 2, needsYes: 4, confirmed: 8, asked: 16 } as const;
const ON_WHATSAPP = 32;
const onWhatsapp = [null, false, true];

const combinations: readonly { code: number; facts: RecipientFacts }[] = onWhatsapp.flatMap((known, place) =>
  Array.from({ length: ON_WHATSAPP }, (_, rest) => {
    const has = (name: keyof typeof digits) => (rest & digits[name]) !== 0;
    return {
      code: place * ON_WHATSAPP + rest,
      facts: {
        consent: has("consent"),
        suppressed: has("suppressed"),
        needsYes: has("needsYes"),
        confirmed: has("confirmed"),
        asked: has("asked"),
        onWhatsapp: known,
      },
    };
  }),
);

/**
 * SQL: whether the rule says one of these things of a person with these facts. Every combination of facts is put to
 * `judgeRecipient`, so that there is one rule and the database can choose by it.
 */
export function judgedAs(
  facts: Record<keyof RecipientFacts, Column | SQL.Aliased>,
  wanted: readonly Verdict[],
  purpose: Purpose,
): SQL {
  const codes = combinations.filter((each) => wanted.includes(judgeRecipient(each.facts, purpose)));
  const of = (name: keyof typeof digits) => sql`${facts[name]}::int * ${sql.raw(String(digits[name]))}`;
  const code = sql`${of("consent")} + ${of("suppressed")} + ${of("needsYes")} + ${of("confirmed")} + ${of("asked")}
    + coalesce(${facts.onWhatsapp}::int + 1, 0) * ${sql.raw(String(ON_WHATSAPP))}`;
  return sql`(${code}) = any(${sql.param(codes.map((each) => each.code))}::int[])`;
}
