import { and, desc, eq, isNotNull, sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { messages, waSessions } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import type { Caps, Env } from "../../env.ts";
import { DomainError } from "../../errors.ts";
import { publish } from "../../events.ts";
import { mediaProblem } from "../../media/queries.ts";
import { reasonSentence } from "../../messages/rules.ts";
import { waMsgId } from "../../messages/wa-msg-id.ts";
import { phoneProblem } from "../../wa/queries.ts";
import { judgePeople } from "../draft/audience.ts";
import { getOwnCampaign } from "../draft/draft.ts";
import { draftProblems } from "../draft/problems.ts";
import { address, textProblem, theGroup } from "../run/recipients.ts";
import { readWaiting } from "../run/waiting.ts";
import type { SendTestInput } from "./schema.ts";

/** A test is a look at the phone, no way to send for nothing. */
export const TESTS_AN_HOUR = 10;
const SHOWN = 3;

type Campaign = Awaited<ReturnType<typeof getOwnCampaign>>;

/**
 * Sends the message of a draft to the linked phone's own number, as one person of the audience would get it, its file too.
 * It goes the way of every message (hours, the number's day, one at a time), costs nothing, and goes to nobody else.
 * @throws not_found for somebody who would not get the campaign, wrong_state once it was started, account_restricted,
 * session_not_linked, too_many_tests, no_recipients, and what keeps the message from being sent
 */
export async function sendTest(
  tx: Db,
  env: Pick<Env, "sessionKeys">,
  userId: Id<"user">,
  input: SendTestInput,
): Promise<{ id: Id<"message"> }> {
  const campaign = await getOwnCampaign(tx, userId, input.id);
  const { status, waSessionId, mediaId } = campaign;
  if (status !== "draft" && status !== "scheduled") throw new DomainError("wrong_state", { status });
  if (waSessionId === null) throw new DomainError("no_phone");
  const problem = (await draftProblems(tx, campaign)).find(({ code }) => code !== "no_name");
  const unfit = problem ?? (await mediaProblem(tx, mediaId));
  if (unfit) throw new DomainError(unfit.code, unfit.details);
  await spendTest(tx, userId);
  const [session] = await tx
    .select({ phone: waSessions.phone, status: waSessions.status, restrictedUntil: waSessions.restrictedUntil })
    .from(waSessions)
    .where(and(eq(waSessions.id, waSessionId), eq(waSessions.userId, userId)))
    .for("no key update");
  const away = await phoneProblem(tx, userId, session);
  if (away) throw new DomainError(away.code, away.details);
  if (!session?.phone) throw new DomainError("session_not_linked");
  const shown = address(campaign, await whoseValues(tx, campaign, input.contactId));
  const unsendable = textProblem(campaign, shown);
  if (unsendable) throw unsendable;
  const id = newId("message");
  await tx.insert(messages).values({
    id,
    userId,
    waSessionId,
    kind: "test",
    testOf: campaign.id,
    recipientKey: `pn:${session.phone}`,
    recipientName: shown.name,
    resolvedText: shown.text,
    mediaId,
    waMsgId: waMsgId(id, env.sessionKeys.current.key),
    pricePoints: 0,
  });
  await tx.execute(sql`select book_pump(${waSessionId})`);
  await recordAudit(tx, userId, "campaign.tested", { campaignId: campaign.id });
  await publish(tx, userId, "campaign", campaign.id);
  return { id };
}

/** One more test in this hour, from whichever phone. It comes before every row lock. */
async function spendTest(tx: Db, userId: Id<"user">): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`tests|${userId}`}, 0))`);
  const [row] = await tx.execute(sql`
    select count(*)::int as sent, ceil(extract(epoch from min(created_at) + interval '1 hour' - now()) / 60)::int as minutes
      from (select created_at from messages where user_id = ${userId} and test_of is not null
               and created_at > now() - interval '1 hour' order by created_at desc limit ${TESTS_AN_HOUR}) recent`);
  const { sent, minutes } = z.object({ sent: z.number(), minutes: z.number().nullable() }).parse(row);
  if (sent >= TESTS_AN_HOUR) throw new DomainError("too_many_tests", { limit: TESTS_AN_HOUR, minutes: minutes ?? 60 });
}

/** Somebody who would get it: the named one, or the first. */
async function whoseValues(tx: Db, campaign: Campaign, contactId: Id<"contact"> | undefined) {
  if (campaign.audience === "group_chat") return theGroup(tx, campaign);
  const people = await judgePeople(tx, campaign.userId, campaign, { wanted: ["queued"] });
  const found = contactId ? people.find((each) => each.contactId === contactId) : people[0];
  if (!found) throw new DomainError(contactId ? "not_found" : "no_recipients");
  return found;
}

/** The last tests of a campaign, newest first, and why one that is queued still waits. */
export async function readTests(tx: Db, caps: Caps, campaign: Campaign) {
  const rows = await tx
    .select({
      id: messages.id,
      as: messages.recipientName,
      status: messages.status,
      errorCode: messages.errorCode,
      createdAt: messages.createdAt,
    })
    .from(messages)
    .where(and(eq(messages.testOf, campaign.id), eq(messages.userId, campaign.userId), isNotNull(messages.testOf)))
    .orderBy(desc(messages.id))
    .limit(SHOWN);
  const queued = rows.some(({ status }) => status === "queued" || status === "sending");
  const { waSessionId, userId } = campaign;
  return {
    rows: rows.map(({ errorCode, ...row }) => ({ ...row, reason: errorCode ? reasonSentence(errorCode) : null })),
    waiting: queued && waSessionId ? await readWaiting(tx, userId, waSessionId, caps.messagesPerDay) : null,
  };
}
