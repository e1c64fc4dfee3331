import { eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { type campaigns, contacts, wallets, waSessions } from "#db/schema/index.ts";
import { checkNumbers, readChecks } from "../../contacts/numbers/check-numbers.ts";
import type { Caps } from "../../env.ts";
import { type Details, DomainError, type RefusalCode } from "../../errors.ts";
import { mediaProblem } from "../../media/queries.ts";
import { templateValues, templateVariables } from "../../templates/rules.ts";
import { phoneProblem } from "../../wa/queries.ts";
import { missingPoints, POINTS_PER_MESSAGE } from "../../wallet/rules.ts";
import { readDay, readEstimate } from "../estimate/read.ts";
import { hoursInWords } from "../estimate/rules.ts";
import { noVerdicts, reachProblem } from "../rules.ts";
import { address, textProblem } from "../run/recipients.ts";
import { readTests } from "../trial/test-send.ts";
import { countAudience, isAimedAt, judgePeople, type Recipient } from "./audience.ts";
import { getOwnCampaign } from "./draft.ts";
import { readGroupChat } from "./group-chat.ts";
import { draftProblems } from "./problems.ts";

/** Of people about whom WhatsApp is not asked. */
const UNASKED = { unasked: 0, leftToday: 0, state: "unasked" as const };

/** How many people a test can choose from. */
const FIRST = 25;

/** `step`: where in the wizard it is mended, if there. */
interface Problem {
  code: RefusalCode;
  details: Details;
  step?: "audience" | "message";
}

/** Problems of a draft without anybody, or any group, to look at. */
const nobodyToRead: ReadonlySet<RefusalCode> = new Set(["no_audience", "no_group_chat", "not_for_group_chat"]);

/**
 * What a start would do: who gets a message, who does not and why, the points, how long it takes, and every reason it would
 * be refused. Of what is scheduled it tells the same, as of now.
 */
export async function reviewCampaign(tx: Db, caps: Caps, userId: Id<"user">, input: { id: string }) {
  const campaign = await getOwnCampaign(tx, userId, input.id);
  const limit = caps.recipientsPerCampaign;
  const ofDraft = await draftProblems(tx, campaign);
  const aimless = ofDraft.some(({ code }) => nobodyToRead.has(code));
  const reach =
    campaign.audience === "group_chat"
      ? await reviewGroup(tx, campaign, aimless)
      : await reviewPeople(tx, campaign, limit, aimless);
  const session = campaign.waSessionId && (await readSession(tx, campaign.waSessionId));
  const money = await readMoney(tx, userId, reach.sendable * POINTS_PER_MESSAGE);
  const { now, hours, numberTz, sentToday } = await readDay(tx, campaign);

  const file = await mediaProblem(tx, campaign.mediaId);
  const problems: Problem[] = file ? [...ofDraft, { ...file, step: "message" }] : [...ofDraft];
  const refuse = (code: RefusalCode, details: Details = {}) => problems.push({ code, details });
  const away = await phoneProblem(tx, userId, session || null);
  if (away && !ofDraft.some(({ code }) => code === "no_phone")) problems.push(away);
  if (!money.active) refuse("plan_expired");
  problems.push(...reach.problems);
  if (money.points.missing > 0) refuse("insufficient_points", money.points);

  return {
    ...reach,
    points: money.points,
    capPerCampaign: limit,
    leftToday: Math.max(0, caps.messagesPerDay - sentToday),
    /** The zone of the phone number's day. */
    dayTz: numberTz,
    hours: { words: hoursInWords(hours), always: hours.windows === null && !hours.paused },
    now,
    estimate: await readEstimate(tx, caps, campaign, { queued: reach.sendable, from: campaign.scheduledFor }),
    session: session ? { status: session.status, phone: session.phone } : null,
    tests: await readTests(tx, caps, campaign),
    problems: problems.map(({ code, details, step }) => ({
      code,
      step: step ?? null,
      sentence: new DomainError(code, details).message,
    })),
  };
}

async function readMoney(tx: Db, userId: Id<"user">, need: number) {
  const [wallet] = await tx
    .select({
      balance: wallets.balance,
      held: wallets.held,
      active: sql<boolean>`${wallets.planExpiresAt} > app_now()`,
    })
    .from(wallets)
    .where(eq(wallets.userId, userId));
  const { active, ...points } = wallet ?? { balance: 0, held: 0, active: false };
  const available = points.balance - points.held;
  return { active, points: { need, available, held: points.held, missing: missingPoints(need, points) } };
}

async function readSession(tx: Db, id: Id<"waSession">) {
  const [session] = await tx
    .select({ status: waSessions.status, phone: waSessions.phone, restrictedUntil: waSessions.restrictedUntil })
    .from(waSessions)
    .where(eq(waSessions.id, id));
  return session ?? null;
}

type Campaign = typeof campaigns.$inferSelect;

/** Each person it is aimed at who agreed. */
async function reviewPeople(tx: Db, campaign: Campaign, limit: number, aimless: boolean) {
  const { userId, purpose, waSessionId, templateText } = campaign;
  // Before people are counted: an answer that comes meanwhile must not be told as there, and its people as they were.
  const numbers = waSessionId
    ? await readChecks(tx, userId, {
        sessionId: waSessionId,
        campaignId: campaign.id,
        people: isAimedAt(userId, campaign),
      })
    : UNASKED;
  const { queued: sendable, ...excluded } = await countAudience(tx, userId, campaign);
  const recipients = Object.values(excluded).reduce((sum, n) => sum + n, sendable);
  const problem = aimless ? null : reachProblem({ queued: sendable, ...excluded }, limit);
  const waiting = purpose === "message" && excluded.not_confirmed > 0;
  // Of those who get it, who are not many now: what is left out is counted, and looked at in the dry run.
  const people = aimless || problem ? [] : await judgePeople(tx, userId, campaign, { wanted: ["queued"] });
  const unfit = people
    .map((person) => textProblem(campaign, address(campaign, person)))
    .find((found) => found !== null);
  const problems: Problem[] = problem ? [problem] : [];
  if (unfit) problems.push({ code: unfit.code, details: unfit.details, step: "message" });
  return {
    recipients,
    sendable,
    excluded,
    /** How many are on more than one of the chosen lists; they get it once. */
    onSeveralLists: campaign.listIds.length > 1 ? await countOnSeveralLists(tx, campaign) : 0,
    /** Of those who have not confirmed: how many can still be asked to. */
    askable: waiting ? (await countAudience(tx, userId, { ...campaign, purpose: "confirmation" })).queued : 0,
    group: null,
    numbers,
    missingValues: missingValues(templateText, people),
    /** The first who get it: whose values a test can show. */
    first: people.slice(0, FIRST).flatMap(({ contactId, name }) => (contactId ? [{ contactId, name }] : [])),
    problems,
  };
}

async function countOnSeveralLists(tx: Db, campaign: Campaign): Promise<number> {
  const [row] = await tx
    .select({ n: sql<number>`count(*)::int` })
    .from(contacts)
    .where(
      sql`${isAimedAt(campaign.userId, campaign)} and (select count(*) from contact_list_members m
            where m.contact_id = contacts.id and m.contact_list_id = any(${sql.param(campaign.listIds)}::text[])) > 1`,
    );
  return row?.n ?? 0;
}

/** The chat of a group: one recipient, and everybody in it reads along. */
async function reviewGroup(tx: Db, campaign: Campaign, aimless: boolean) {
  const chat = aimless ? null : await readGroupChat(tx, campaign.userId, campaign);
  const { queued: _one, ...excluded } = noVerdicts();
  return {
    recipients: 1,
    sendable: 1,
    excluded,
    onSeveralLists: 0,
    askable: 0,
    group: { members: chat?.members ?? 0, hidden: chat?.hidden ?? 0 },
    numbers: UNASKED,
    missingValues: [],
    first: [],
    problems: [] as Problem[],
  };
}

/**
 * Asks WhatsApp which people of a draft have an account, before anything is sent.
 * @throws not_found, wrong_state once it was started, not_for_group_chat, account_restricted, session_not_linked, session_busy
 */
export async function checkCampaignNumbers(tx: Db, userId: Id<"user">, input: { id: string }) {
  const campaign = await getOwnCampaign(tx, userId, input.id);
  const { id, status, waSessionId, audience } = campaign;
  if (status !== "draft" && status !== "scheduled") throw new DomainError("wrong_state", { status });
  if (audience === "group_chat") throw new DomainError("not_for_group_chat");
  if (waSessionId === null) throw new DomainError("session_not_linked");
  return checkNumbers(tx, userId, { sessionId: waSessionId, campaignId: id, people: isAimedAt(userId, campaign) });
}

function missingValues(template: string, people: Recipient[]) {
  return templateVariables(template)
    .map((variable) => ({
      variable,
      count: people.filter((recipient) => !templateValues(recipient).get(variable)?.trim()).length,
    }))
    .filter((missing) => missing.count > 0);
}
