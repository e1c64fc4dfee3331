import { and, eq, ne } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, isId, newId } from "#db/ids.ts";
import { campaigns, contactLists, waSessions } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { DomainError } from "../errors.ts";
import { publish } from "../events.ts";
import { templateVariables } from "./rules.ts";
import type { CreateCampaignInput } from "./schema.ts";

/** Saves a draft. @throws not_found for a list or phone that is not the user's, missing_variables */
export async function createCampaign(
  tx: Db,
  userId: Id<"user">,
  input: CreateCampaignInput,
): Promise<{ id: Id<"campaign"> }> {
  const values = await checkDraft(tx, userId, input);
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
  const values = await checkDraft(tx, userId, input);
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

async function checkDraft(tx: Db, userId: Id<"user">, input: CreateCampaignInput) {
  const { contactListId, waSessionId, templateText } = input;
  if (!isId("contactList", contactListId)) throw new DomainError("not_found");
  if (!isId("waSession", waSessionId)) throw new DomainError("not_found");
  const [list] = await tx
    .select({ columns: contactLists.columns })
    .from(contactLists)
    .where(and(eq(contactLists.id, contactListId), eq(contactLists.userId, userId)));
  const [session] = await tx
    .select({ id: waSessions.id })
    .from(waSessions)
    .where(and(eq(waSessions.id, waSessionId), eq(waSessions.userId, userId), ne(waSessions.status, "removed")));
  if (!list || !session) throw new DomainError("not_found");
  const known = ["name", "phone", ...list.columns];
  const unknown = templateVariables(templateText).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    const details = {
      names: unknown.map((name) => `{{${name}}}`).join(", "),
      known: known.map((name) => `{{${name}}}`).join(", "),
    };
    const problem = new DomainError("missing_variables", details);
    throw new DomainError("missing_variables", details, { templateText: problem.message });
  }
  return {
    name: input.name,
    contactListId,
    waSessionId,
    templateText,
    throttleMinMs: Math.round(input.throttleMinSeconds * 1_000),
    throttleMaxMs: Math.round(input.throttleMaxSeconds * 1_000),
  };
}
