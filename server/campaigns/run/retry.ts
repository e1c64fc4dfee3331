import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import { type Id, idSchema, newId } from "#db/ids.ts";
import { messageEvents } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import { DomainError } from "../../errors.ts";
import { publish } from "../../events.ts";
import { obstacle } from "../../messages/obstacle.ts";
import { reasonSentence } from "../../messages/rules.ts";
import { holdPoints } from "../../wallet/hold.ts";
import { lockAsking } from "../draft/confirmation.ts";
import { getOwnCampaign } from "../draft/draft.ts";
import type { RowsInput } from "../schema.ts";
import { againProblem, isOpen, withPhone } from "./again.ts";
import { requireSender } from "./pause.ts";

const row = z.object({
  id: idSchema("message"),
  status: z.string(),
  errorCode: z.string().nullable(),
  obstacle: z.string().nullable(),
  hasText: z.boolean(),
  isKept: z.boolean(),
  points: z.number(),
});
type Row = z.infer<typeof row>;

/**
 * Queues messages that failed again, all that may be or the one that is named, under the ids they had and with new holds: what
 * was handed over before was refused or never written, and should it have arrived all the same, the id shows it once. Waiting
 * for an answer begins anew. A completed campaign runs again; a paused one stays paused, and they go when it is resumed.
 * @throws cannot_retry (the one that is named), nothing_to_retry, insufficient_points, wrong_state, account_restricted,
 * session_not_linked, plan_expired
 */
export async function retryFailed(tx: Db, userId: Id<"user">, input: RowsInput): Promise<{ messages: number }> {
  const { campaign, sessionId } = await lockForSending(tx, userId, input.id);
  const rows = pick(campaign, await readRows(tx, campaign.id, "failed", input.messageId), input);
  const points = rows.reduce((sum, found) => sum + found.points, 0);
  await tx.execute(sql`
    update messages set status = 'queued', error_code = null, ended_at = null, not_before = now(), transport_errors = 0,
           submissions = 0, encoded = null, sending_at = null, sending_epoch = null, redrive_at = null
     where id = any(${idsOf(rows)})`);
  await goOn(tx, campaign.id, points);
  await holdPoints(tx, userId, points);
  await record(tx, userId, campaign.id, rows, "retried");
  await tx.execute(sql`select book_pump(${sessionId})`);
  return { messages: rows.length };
}

/**
 * Hands over again what WhatsApp never answered for, all that may be or the one that is named: the very message under the
 * very id, so that it shows once however often it arrives. Its points stay held.
 * @throws cannot_retry (the one that is named), nothing_to_retry, wrong_state, account_restricted, session_not_linked, plan_expired
 */
export async function repeatUnknown(tx: Db, userId: Id<"user">, input: RowsInput): Promise<{ messages: number }> {
  const { campaign, sessionId } = await lockForSending(tx, userId, input.id);
  const rows = pick(campaign, await readRows(tx, campaign.id, "unknown", input.messageId), input);
  await tx.execute(sql`
    update messages set status = 'sending', redrive_at = now(), sending_at = now() where id = any(${idsOf(rows)})`);
  await goOn(tx, campaign.id, 0);
  await record(tx, userId, campaign.id, rows, "repeated");
  await tx.execute(sql`select book_pump(${sessionId})`);
  return { messages: rows.length };
}

/** What was cancelled is not sent after all. Sessions are locked before campaigns, campaigns before messages. */
async function lockForSending(tx: Db, userId: Id<"user">, id: string) {
  const own = await getOwnCampaign(tx, userId, id);
  if (own.purpose === "confirmation") await lockAsking(tx, userId);
  const sessionId = await requireSender(tx, userId, own);
  const [campaign] = await tx.execute<{ id: Id<"campaign">; status: string; pauseReason: string | null }>(sql`
    select id, status, pause_reason as "pauseReason" from campaigns where id = ${own.id} for no key update`);
  if (!campaign || !isOpen(campaign)) {
    throw new DomainError("wrong_state", { status: campaign?.status ?? own.status });
  }
  return { campaign: await withPhone(tx, { ...campaign, waSessionId: sessionId }), sessionId };
}

async function readRows(
  tx: Db,
  campaignId: Id<"campaign">,
  status: "failed" | "unknown",
  messageId: Id<"message"> | undefined,
): Promise<Row[]> {
  const only = messageId === undefined ? sql`true` : sql`m.id = ${messageId}`;
  const found = await tx.execute(sql`
    select m.id, m.status, m.error_code as "errorCode", ${obstacle} as obstacle, m.resolved_text is not null as "hasText",
           m.encoded is not null as "isKept", m.price_points as points
      from messages m join campaigns c on c.id = m.campaign_id
     where m.campaign_id = ${campaignId} and m.status = ${status} and ${only} order by m.id for no key update of m`);
  return found.map((each) => row.parse(each));
}

/** Those of the rows that have no problem. Who names one hears what its problem is. */
function pick(campaign: Parameters<typeof againProblem>[0], rows: Row[], input: RowsInput): Row[] {
  const able = rows.filter((found) => againProblem(campaign, found) === null);
  if (able.length > 0) return able;
  const [named] = input.messageId === undefined ? [] : rows;
  const problem = named && againProblem(campaign, named);
  if (problem) throw new DomainError("cannot_retry", { why: reasonSentence(problem) });
  throw new DomainError("nothing_to_retry");
}

async function goOn(tx: Db, campaignId: Id<"campaign">, points: number): Promise<void> {
  await tx.execute(sql`
    update campaigns set hold_open = hold_open + ${points}, consecutive_failures = 0,
           status = case status when 'completed' then 'running' else status end,
           finished_at = case status when 'completed' then null else finished_at end
     where id = ${campaignId}`);
}

async function record(
  tx: Db,
  userId: Id<"user">,
  campaignId: Id<"campaign">,
  rows: readonly Row[],
  kind: "retried" | "repeated",
): Promise<void> {
  const events = rows.map((each) => ({
    id: newId("messageEvent"),
    messageId: each.id,
    userId,
    kind,
    errorCode: each.errorCode,
  }));
  await tx.insert(messageEvents).values(events);
  await recordAudit(tx, userId, `campaign.${kind}`, { campaignId, messages: rows.length });
  await publish(tx, userId, "campaign", campaignId);
}

/** SQL: the rows' ids. */
const idsOf = (rows: readonly Row[]): SQL => sql`${sql.param(rows.map(({ id }) => id))}::text[]`;
