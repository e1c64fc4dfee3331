import { type SQL, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import type { campaigns } from "#db/schema/index.ts";
import type { Caps } from "../../env.ts";
import { DomainError } from "../../errors.ts";
import type { SessionKeys } from "../../keys/seal.ts";
import { mediaLimits } from "../../media/rules.ts";
import { waMsgId } from "../../messages/wa-msg-id.ts";
import { renderTemplate, TEMPLATE_MAX, templateValues } from "../../templates/rules.ts";
import { POINTS_PER_MESSAGE } from "../../wallet/rules.ts";
import { type Recipient, readAudience } from "../draft/audience.ts";
import type { Verdict } from "../draft/facts.ts";
import { groupProblem, readGroupChat } from "../draft/group-chat.ts";

type Campaign = typeof campaigns.$inferSelect;

/** A recipient with the text they get; null for who is left out. */
export type Addressed = Recipient & { text: string | null };

/**
 * Everyone a campaign is aimed at, with their own text, or why they get none.
 * @param wanted those alone of whom the rule says this
 * @throws what `readAudience` throws, group_chat_phone or member_opted_out for a group's chat, and text_too_long or
 * text_empty for the first person whose text cannot be sent
 */
export async function readRecipients(
  tx: Db,
  caps: Caps,
  campaign: Campaign,
  wanted?: readonly Verdict[],
): Promise<Addressed[]> {
  const people =
    campaign.audience === "list"
      ? await readAudience(tx, campaign.userId, campaign, caps.recipientsPerCampaign, wanted)
      : [await theGroup(tx, campaign)];
  const addressed = people.map((person) => address(campaign, person));
  for (const person of addressed) {
    const problem = textProblem(campaign, person);
    if (problem) throw problem;
  }
  return addressed;
}

/** What a person gets. */
export function address({ templateText }: Pick<Campaign, "templateText">, person: Recipient): Addressed {
  const text = person.verdict === "queued" ? renderTemplate(templateText, templateValues(person)) : null;
  return { ...person, text };
}

/** Why what became of the template for a person cannot be sent; null when it can. With a file it is a caption. */
export function textProblem({ mediaId }: Pick<Campaign, "mediaId">, { name, text }: Addressed): DomainError | null {
  if (text === null) return null;
  const limit = mediaId === null ? TEMPLATE_MAX : mediaLimits.captionChars;
  if (text.length > limit) return new DomainError("text_too_long", { name, length: text.length, limit });
  return text.trim() === "" && mediaId === null ? new DomainError("text_empty", { name }) : null;
}

/** The chat of a group, as a recipient. @throws no_group_chat, group_chat_phone, member_opted_out */
export async function theGroup(tx: Db, campaign: Campaign): Promise<Recipient> {
  const chat = await readGroupChat(tx, campaign.userId, campaign);
  const problem = groupProblem(chat);
  if (problem) throw new DomainError(problem.code, problem.details);
  const { recipientKey, name } = chat;
  return { contactId: null, recipientKey, name, phoneE164: "", attributes: {}, verdict: "queued" };
}

/**
 * Makes the rows of a campaign: a message in the queue for each who gets one, a row with the reason for each who does not. One
 * statement, whose columns are arrays: of a list of thousands nearly all may be left out, and the phone waits meanwhile.
 */
export async function keepRecipients(
  tx: Db,
  sessionKeys: SessionKeys,
  campaign: Campaign & { waSessionId: Id<"waSession"> },
  recipients: Addressed[],
): Promise<void> {
  const ids = recipients.map(() => newId("message"));
  const column = (of: (recipient: Addressed) => string | null): SQL => sql`${sql.param(recipients.map(of))}::text[]`;
  const leftOut = sql`r.left_out is not null`;
  await tx.execute(sql`
    insert into messages (id, user_id, wa_session_id, campaign_id, contact_id, kind, recipient_key, recipient_name, media_id,
                          resolved_text, wa_msg_id, status, error_code, ended_at, price_points)
    select r.id, ${campaign.userId}, ${campaign.waSessionId}, ${campaign.id}, r.contact_id, 'campaign', r.recipient_key, r.name,
           case when not (${leftOut}) then ${campaign.mediaId}::text end, r.text, r.wa_msg_id,
           case when ${leftOut} then 'skipped' else 'queued' end, r.left_out, case when ${leftOut} then now() end,
           ${POINTS_PER_MESSAGE}::int
      from unnest(${sql.param(ids)}::text[], ${sql.param(ids.map((id) => waMsgId(id, sessionKeys.current.key)))}::text[],
                  ${column((r) => r.contactId)}, ${column((r) => r.recipientKey)}, ${column((r) => r.name)},
                  ${column((r) => r.text)}, ${column((r) => (r.verdict === "queued" ? null : r.verdict))})
             r(id, wa_msg_id, contact_id, recipient_key, name, text, left_out)`);
}
