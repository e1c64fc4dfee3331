import { and, eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { contacts } from "#db/schema/index.ts";
import { instantOf } from "../../campaigns/schedule/rules.ts";
import { DomainError } from "../../errors.ts";
import { knownIdentities } from "../../opt-outs/known-identities.ts";
import { type Answered, compose, stranger } from "../compose.ts";
import { patternProblems } from "../matching/budget.ts";
import { prepare } from "../matching/compile.ts";
import { fitAll } from "../matching/fit.ts";
import { phonesOf } from "../queries.ts";
import { decide, type Silence, silences, turnOf, type Verdict } from "../rules.ts";
import type { SaveRuleInput, TryInput } from "../schema.ts";
import { countAnswers, obstacleOf, type Rule, readHouse, readRules } from "../situation.ts";

/** What a rule would do with a message. */
export interface Tried {
  ruleId: Id<"autoRule">;
  name: string;
  answers: boolean;
  /** Of an answer: when it would go; null is at once. Of a cooldown: when it ends. */
  at: Date | null;
  /** The answer, as this person would get it. */
  text: string | null;
  mediaId: Id<"media"> | null;
  /** Why it says nothing, in a sentence. */
  why: string | null;
  silence: Silence | null;
  /** The rule that answers instead. */
  by: string | null;
}

/**
 * What the rules would do with a message of somebody, by the same judgement as for one that came in; nothing is sent or
 * counted. With an unsaved rule in its place.
 * @throws not_found, bad_pattern, schedule_time
 */
export async function tryRules(tx: Db, userId: Id<"user">, input: TryInput): Promise<Tried[]> {
  const now = await readHouse(tx, userId);
  const house = { ...now, now: input.at === null ? now.now : whenOf(input.at, now.hours.tz) };
  const phones = await phonesOf(tx, userId);
  // Without a phone nothing comes in; what would happen can be seen all the same.
  const waSessionId = input.waSessionId ?? phones[0]?.id ?? newId("waSession");
  if (input.waSessionId && !phones.some(({ id }) => id === waSessionId)) throw new DomainError("not_found");
  const contact = input.contactId ? await ownContact(tx, userId, input.contactId) : null;
  const known = contact ? await knownIdentities(tx, userId, [`pn:${contact.phoneE164}`]) : [];
  const asked = { userId, waSessionId, known, contact, text: input.text };
  const rules = await withDraft(await readRules(tx, userId), input.draft);
  const fits = await fitAll(rules, prepare(input.text));
  const { verdicts } = decide(rules, (rule) => fits.get(rule) ?? false, {
    ...house,
    ...(await countAnswers(tx, asked, house.maxPerMinute)),
    waSessionId,
    writtenAt: new Date(),
    obstacle: await obstacleOf(tx, house, asked),
  });
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const person = contact ?? stranger(known);
  return Promise.all(verdicts.map((verdict) => tell(tx, byId, verdict, person)));
}

async function tell(
  tx: Db,
  rules: ReadonlyMap<Id<"autoRule">, Rule>,
  verdict: Verdict,
  person: Parameters<typeof compose>[2],
): Promise<Tried> {
  const rule = rules.get(verdict.ruleId);
  const of = { ruleId: verdict.ruleId, name: rule?.name ?? "", text: null, mediaId: null, by: null };
  const silent = (silence: Silence, more: { at?: Date; by?: string } = {}): Tried => ({
    ...of,
    answers: false,
    at: null,
    why: silences[silence],
    silence,
    ...more,
  });
  if (!verdict.answers) {
    const by = verdict.by && rules.get(verdict.by)?.name;
    return silent(verdict.why, { ...(verdict.until ? { at: verdict.until } : {}), ...(by ? { by } : {}) });
  }
  const response = rule && turnOf(rule.responses, rule.given);
  if (!response) return silent("empty_text");
  const said = await compose(tx, response, person);
  if ("problem" in said) return silent(said.problem);
  return { ...of, answers: true, at: verdict.at, text: said.text, mediaId: response.mediaId, why: null, silence: null };
}

function whenOf(wall: string, tz: string): Date {
  const at = instantOf(wall, tz);
  if (!at) throw new DomainError("schedule_time", { why: "There is no such date and time." });
  return at;
}

async function ownContact(tx: Db, userId: Id<"user">, id: Id<"contact">): Promise<Answered> {
  const [contact] = await tx
    .select({
      id: contacts.id,
      name: contacts.name,
      phoneE164: contacts.phoneE164,
      attributes: contacts.attributes,
      consent: contacts.consent,
    })
    .from(contacts)
    .where(and(eq(contacts.id, id), eq(contacts.userId, userId)));
  if (!contact) throw new DomainError("not_found");
  return contact;
}

/** The rules with one that is not saved yet: in the place of the one it changes, or after all others. @throws bad_pattern */
export async function withDraft(rules: readonly Rule[], draft: SaveRuleInput | null): Promise<Rule[]> {
  if (!draft) return [...rules];
  const problems = draft.match === "regex" ? await patternProblems(draft.patterns, draft.folds) : {};
  const [why] = Object.values(problems);
  if (why) throw new DomainError("bad_pattern", { why }, { "patterns[0]": why });
  const { id, ...fields } = draft;
  if (rules.some((rule) => rule.id === id)) {
    return rules.map((rule) => (rule.id === id ? { ...rule, ...fields } : rule));
  }
  const unsaved = { id: newId("autoRule"), userId: newId("user"), position: rules.length + 1, enabled: true, given: 0 };
  return [...rules, { ...fields, ...unsaved, enabledAt: new Date(0), createdAt: new Date(), changedAt: null }];
}
