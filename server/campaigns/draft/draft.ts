import { and, eq, ne } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, isId, newId } from "#db/ids.ts";
import { campaigns, waSessions } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import { type Details, DomainError, type RefusalCode } from "../../errors.ts";
import { publish } from "../../events.ts";
import { type Audience, asksForYes, type Purpose, templateVariables } from "../rules.ts";
import type { CreateCampaignInput } from "../schema.ts";
import { getOwnLists } from "./audience.ts";
import { readGroupChat } from "./group-chat.ts";

/**
 * Saves a draft.
 * @throws not_found for a list or phone that is not the user's, missing_variables, no_double_opt_in or no_yes_asked for a
 * confirmation, no_group_chat, group_chat_phone, group_chat_text or not_for_group_chat for a group's chat
 */
export async function createCampaign(
  tx: Db,
  userId: Id<"user">,
  input: CreateCampaignInput,
): Promise<{ id: Id<"campaign"> }> {
  const values = await checkDraft(tx, userId, input, { purpose: "message", audience: "list" });
  const id = newId("campaign");
  await tx.insert(campaigns).values({ id, userId, ...values });
  await recordAudit(tx, userId, "campaign.created", { campaignId: id });
  await publish(tx, userId, "campaign", id);
  return { id };
}

/** Changes a draft. @throws wrong_state once it was started */
export async function updateCampaign(
  tx: Db,
  userId: Id<"user">,
  input: CreateCampaignInput & { id: string },
): Promise<void> {
  const campaign = await getOwnCampaign(tx, userId, input.id);
  const values = await checkDraft(tx, userId, input, campaign);
  const changed = await tx
    .update(campaigns)
    .set(values)
    .where(and(eq(campaigns.id, campaign.id), eq(campaigns.userId, userId), eq(campaigns.status, "draft")))
    .returning({ id: campaigns.id });
  if (changed.length === 0) throw new DomainError("wrong_state", { status: campaign.status });
  await recordAudit(tx, userId, "campaign.updated", { campaignId: campaign.id });
  await publish(tx, userId, "campaign", campaign.id);
}

/** The user's campaign. @throws not_found */
export async function getOwnCampaign(tx: Db, userId: Id<"user">, id: string) {
  if (!isId("campaign", id)) throw new DomainError("not_found");
  const [campaign] = await tx
    .select()
    .from(campaigns)
    .where(and(eq(campaigns.id, id), eq(campaigns.userId, userId)));
  if (!campaign) throw new DomainError("not_found");
  return campaign;
}

async function checkDraft(
  tx: Db,
  userId: Id<"user">,
  input: CreateCampaignInput,
  before: { purpose: Purpose; audience: Audience },
) {
  const { listIds, waSessionId, templateText, purpose = before.purpose, audience = before.audience } = input;
  if (!isId("waSession", waSessionId)) throw new DomainError("not_found");
  const lists = await getOwnLists(tx, userId, listIds);
  await getOwnLists(tx, userId, input.exceptListIds);
  const [session] = await tx
    .select({ id: waSessions.id })
    .from(waSessions)
    .where(and(eq(waSessions.id, waSessionId), eq(waSessions.userId, userId), ne(waSessions.status, "removed")));
  if (!session) throw new DomainError("not_found");
  const used = templateVariables(templateText);
  if (audience === "group_chat") {
    if (purpose === "confirmation") throw new DomainError("not_for_group_chat");
    const { otherPhone } = await readGroupChat(tx, userId, { listIds, waSessionId });
    if (otherPhone !== null) throw refusedField("waSessionId", "group_chat_phone", { phone: otherPhone });
    if (used.length > 0) throw refusedField("templateText", "group_chat_text", { names: inBraces(used) });
  }
  const known = [...new Set(["name", "phone", ...lists.flatMap(({ columns }) => columns)])];
  const unknown = used.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw refusedField("templateText", "missing_variables", { names: inBraces(unknown), known: inBraces(known) });
  }
  if (purpose === "confirmation") {
    if (lists.length !== 1 || !lists[0]?.doubleOptIn || input.tags.length > 0)
      throw new DomainError("no_double_opt_in");
    if (!asksForYes(templateText)) throw refusedField("templateText", "no_yes_asked", {});
  }
  return {
    name: input.name,
    listIds,
    tags: input.tags,
    narrow: input.narrow,
    exceptListIds: input.exceptListIds,
    exceptTags: input.exceptTags,
    waSessionId,
    purpose,
    audience,
    templateText,
    throttleMinMs: Math.round(input.throttleMinSeconds * 1_000),
    throttleMaxMs: Math.round(input.throttleMaxSeconds * 1_000),
  };
}

const inBraces = (names: string[]): string => names.map((name) => `{{${name}}}`).join(", ");

/** A refusal that stands beside the field it is about. */
function refusedField(field: keyof CreateCampaignInput, code: RefusalCode, details: Details): DomainError {
  return new DomainError(code, details, { [field]: new DomainError(code, details).message });
}
