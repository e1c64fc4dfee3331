import { desc, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { inboundMessages } from "#db/schema/index.ts";
import { knownIdentities } from "../../opt-outs/known-identities.ts";
import { compose, contactOf, stranger } from "../compose.ts";
import { prepare } from "../matching/compile.ts";
import { fitAll } from "../matching/fit.ts";
import { type Decision, decide, LOOP, type Silence, silences, turnOf } from "../rules.ts";
import type { ReplayInput } from "../schema.ts";
import { obstacleOf, type Rule, readHouse, readRules } from "../situation.ts";
import { withDraft } from "./try.ts";

/** How many messages are gone through again. */
const REPLAYED = 100;

export interface Replayed {
  inboundId: Id<"inboundMessage">;
  at: Date;
  from: string;
  text: string;
  answers: { ruleId: Id<"autoRule">; name: string; text: string }[];
  /** Why nothing is said, in a sentence. */
  why: string | null;
}

/**
 * What these rules would have answered to the last messages that came in, the newest first: as if each had come live while
 * the rules were as they are now, one after the other, with the cooldowns and limits that follow from the answers before.
 */
export async function replayRules(tx: Db, userId: Id<"user">, { draft }: ReplayInput): Promise<Replayed[]> {
  const house = await readHouse(tx, userId);
  const rules = await withDraft(await readRules(tx, userId), draft);
  const past = pastAnswers();
  const replayed: Replayed[] = [];
  for (const inbound of await lastInbound(tx, userId)) {
    const { id, text, chat, waSessionId, at } = inbound;
    const known = await knownIdentities(tx, userId, [chat]);
    const contact = await contactOf(tx, userId, chat, known);
    const person = known[0] ?? chat;
    const fits = await fitAll(rules, prepare(text));
    const decision = decide(rules, (rule) => fits.get(rule) ?? false, {
      ...house,
      ...past.until(person, waSessionId, at, house.maxPerMinute),
      now: at,
      waSessionId,
      writtenAt: new Date(),
      // What stands in the way today would hide what the rules say.
      obstacle: await lastingObstacle(
        tx,
        { ...house, planActive: true, paused: false },
        { userId, waSessionId, known, contact, text },
      ),
    });
    const answers = [];
    for (const verdict of decision.verdicts) {
      const rule = verdict.answers && rules.find((one) => one.id === verdict.ruleId);
      if (!rule) continue;
      const response = turnOf(rule.responses, rule.given + past.givenBy(rule.id));
      const said = response && (await compose(tx, response, contact ?? stranger(known)));
      if (!said || "problem" in said) continue;
      past.note(rule, person, waSessionId, at);
      answers.push({ ruleId: rule.id, name: rule.name, text: said.text });
    }
    const from = contact?.name || (chat.startsWith("pn:") ? chat.slice(3) : "Hidden number");
    replayed.unshift({ inboundId: id, at, from, text, answers, why: answers.length > 0 ? null : whyNot(decision) });
  }
  return replayed;
}

/** The first reason that is about more than the words. */
function whyNot({ verdicts }: Decision): string {
  const said = verdicts.flatMap((verdict) => (verdict.answers ? [] : [verdict.why]));
  const telling = said.find((why) => why !== "no_match" && why !== "disabled" && why !== "other_phone");
  return telling ? silences[telling] : "No rule fits.";
}

const passing: ReadonlySet<Silence> = new Set(["breaker", "echo"]);

async function lastingObstacle(...asked: Parameters<typeof obstacleOf>): Promise<Silence | null> {
  const obstacle = await obstacleOf(...asked);
  return obstacle && passing.has(obstacle) ? null : obstacle;
}

/** The oldest first. */
async function lastInbound(tx: Db, userId: Id<"user">) {
  const rows = await tx
    .select({
      id: inboundMessages.id,
      text: sql<string>`${inboundMessages.body}`,
      chat: inboundMessages.sender,
      waSessionId: inboundMessages.waSessionId,
      at: inboundMessages.sentAt,
    })
    .from(inboundMessages)
    .where(sql`${eq(inboundMessages.userId, userId)} and ${inboundMessages.body} is not null`)
    .orderBy(desc(inboundMessages.id))
    .limit(REPLAYED);
  return rows.reverse();
}

interface Given {
  rule: Rule;
  person: string;
  waSessionId: Id<"waSession">;
  at: number;
}

/** What was answered so far in a replay, counted as answers that were given are. */
function pastAnswers() {
  const given: Given[] = [];
  const MINUTE = 60_000;
  const HOUR = 60 * MINUTE;
  return {
    note: (rule: Rule, person: string, waSessionId: Id<"waSession">, at: Date) => {
      given.push({ rule, person, waSessionId, at: at.getTime() });
    },
    givenBy: (ruleId: Id<"autoRule">) => given.filter(({ rule }) => rule.id === ruleId).length,
    until(person: string, waSessionId: Id<"waSession">, now: Date, atMost: number) {
      const since = (ms: number) => given.filter(({ at }) => at > now.getTime() - ms);
      const theirs = given.filter((one) => one.person === person);
      const messages = (ms: number) =>
        new Set(
          since(ms)
            .filter((one) => one.person === person)
            .map(({ at }) => at),
        ).size;
      const hour = since(HOUR);
      return {
        coolsUntil: new Map(theirs.map(({ rule, at }) => [rule.id, new Date(at + rule.cooldownSeconds * 1_000)])),
        givenInHour: new Map(hour.map(({ rule }) => [rule.id, hour.filter((one) => one.rule.id === rule.id).length])),
        phone: { inMinute: since(MINUTE).filter((one) => one.waSessionId === waSessionId).length, atMost },
        person: { inMinute: Math.min(messages(MINUTE), LOOP.inMinute), inHour: messages(HOUR) },
      };
    },
  };
}
