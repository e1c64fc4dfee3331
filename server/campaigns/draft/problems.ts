import { and, eq, ne } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { type campaigns, waSessions } from "#db/schema/index.ts";
import type { Details, RefusalCode } from "../../errors.ts";
import { asksForYes, inBraces, templateVariables } from "../../templates/rules.ts";
import { getOwnLists } from "./audience.ts";
import { groupProblem, readGroupChat } from "./group-chat.ts";
import { knownVariables } from "./variables.ts";

type Campaign = typeof campaigns.$inferSelect;

/** What keeps a draft from starting, as a refusal, and the step of the wizard where that is mended. */
export interface DraftProblem {
  code: RefusalCode;
  details: Details;
  step: "audience" | "message";
}

/**
 * Everything in what the draft holds that keeps it from starting, the group's chat included, in the order of the steps. How
 * many it would reach, points, plan and the phone's link are no matter of the draft: the review and the start look at those.
 */
export async function draftProblems(tx: Db, campaign: Campaign): Promise<DraftProblem[]> {
  return [...(await audienceProblems(tx, campaign)), ...(await messageProblems(tx, campaign))];
}

async function audienceProblems(tx: Db, campaign: Campaign): Promise<DraftProblem[]> {
  const { userId, name, listIds, tags, waSessionId, audience, purpose } = campaign;
  const problems: DraftProblem[] = [];
  const refuse = (code: RefusalCode, details: Details = {}) => problems.push({ code, details, step: "audience" });
  if (name === "") refuse("no_name");
  if (listIds.length + tags.length === 0) refuse("no_audience");
  else if (purpose === "confirmation") {
    const lists = await getOwnLists(tx, userId, listIds);
    if (audience === "group_chat") refuse("not_for_group_chat");
    else if (lists.length !== 1 || !lists[0]?.doubleOptIn || tags.length > 0) refuse("no_double_opt_in");
  } else if (audience === "group_chat") {
    const problem = await chatProblem(tx, campaign);
    if (problem) refuse(problem.code, problem.details);
  }
  if (waSessionId === null || !(await isThere(tx, userId, waSessionId))) refuse("no_phone");
  return problems;
}

/** Of a group's chat: one group, nobody in it opted out, and the phone that is in it. */
async function chatProblem(tx: Db, { userId, listIds, tags, waSessionId }: Campaign) {
  const [list, another] = await getOwnLists(tx, userId, listIds);
  if (!list?.groupKey || !list.waSessionId || another || tags.length > 0) {
    return { code: "no_group_chat" as const, details: {} };
  }
  return groupProblem(await readGroupChat(tx, userId, { listIds, waSessionId }));
}

async function isThere(tx: Db, userId: Id<"user">, id: Id<"waSession">): Promise<boolean> {
  const [session] = await tx
    .select({ id: waSessions.id })
    .from(waSessions)
    .where(and(eq(waSessions.id, id), eq(waSessions.userId, userId), ne(waSessions.status, "removed")));
  return session !== undefined;
}

async function messageProblems(tx: Db, campaign: Campaign): Promise<DraftProblem[]> {
  const { userId, templateText, mediaId, purpose, audience, throttleMinMs, throttleMaxMs } = campaign;
  const problems: DraftProblem[] = [];
  const refuse = (code: RefusalCode, details: Details = {}) => problems.push({ code, details, step: "message" });
  const used = templateVariables(templateText);
  if (templateText === "" && mediaId === null) refuse("no_text");
  else if (purpose === "confirmation" && !asksForYes(templateText)) refuse("no_yes_asked");
  if (audience === "group_chat") {
    if (used.length > 0) refuse("group_chat_text", { names: inBraces(used) });
  } else if (used.length > 0 && campaign.listIds.length + campaign.tags.length > 0) {
    const known = await knownVariables(tx, userId, campaign);
    const unknown = used.filter((name) => !known.includes(name));
    if (unknown.length > 0) refuse("missing_variables", { names: inBraces(unknown), known: inBraces(known) });
  }
  if (throttleMinMs > throttleMaxMs) refuse("pace_upside_down");
  return problems;
}
