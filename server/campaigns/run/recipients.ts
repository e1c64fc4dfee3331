import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { type campaigns, messages } from "#db/schema/index.ts";
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

const CHUNK = 1_000;

/** Makes the rows of a campaign: a message in the queue for each who gets one, a row with the reason for each who does not. */
export async function keepRecipients(
  tx: Db,
  sessionKeys: SessionKeys,
  campaign: Campaign & { waSessionId: Id<"waSession"> },
  recipients: Addressed[],
): Promise<void> {
  const rows = recipients.map((recipient) => {
    const id = newId("message");
    const leftOut = recipient.verdict !== "queued";
    return {
      id,
      userId: campaign.userId,
      waSessionId: campaign.waSessionId,
      campaignId: campaign.id,
      contactId: recipient.contactId,
      kind: "campaign" as const,
      recipientKey: recipient.recipientKey,
      recipientName: recipient.name,
      mediaId: leftOut ? null : campaign.mediaId,
      resolvedText: recipient.text,
      waMsgId: waMsgId(id, sessionKeys.current.key),
      status: leftOut ? ("skipped" as const) : ("queued" as const),
      errorCode: leftOut ? recipient.verdict : null,
      endedAt: leftOut ? new Date() : null,
      pricePoints: POINTS_PER_MESSAGE,
    };
  });
  for (let i = 0; i < rows.length; i += CHUNK) await tx.insert(messages).values(rows.slice(i, i + CHUNK));
}
