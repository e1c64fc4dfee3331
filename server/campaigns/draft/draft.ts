import { and, eq, isNull, ne, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, isId, newId } from "#db/ids.ts";
import { campaigns, media, waSessions } from "#db/schema/index.ts";
import { recordAudit } from "../../audit/record.ts";
import { DomainError } from "../../errors.ts";
import { publish } from "../../events.ts";
import { DEFAULT_THROTTLE, type DraftInput, type UpdateCampaignInput } from "../schema.ts";
import { getOwnLists } from "./audience.ts";

/** What was saved, and the `draftVersion` by which the next change says what it changes. */
export interface SavedDraft {
  id: Id<"campaign">;
  version: number;
}

/**
 * Saves a new draft, whatever there is of it: what keeps it from starting is told by `draftProblems`.
 * @throws not_found for a list, phone or file that is not the user's
 */
export async function createCampaign(tx: Db, userId: Id<"user">, input: DraftInput): Promise<SavedDraft> {
  const values = await ownValues(tx, userId, input);
  const id = newId("campaign");
  await tx.insert(campaigns).values({
    id,
    userId,
    ...values,
    name: values.name ?? "",
    templateText: values.templateText ?? "",
    throttleMinMs: values.throttleMinMs ?? DEFAULT_THROTTLE.minMs,
    throttleMaxMs: values.throttleMaxMs ?? DEFAULT_THROTTLE.maxMs,
  });
  await recordAudit(tx, userId, "campaign.created", { campaignId: id });
  await publish(tx, userId, "campaign", id);
  return { id, version: 0 };
}

/**
 * Changes a draft, in the same lenient way.
 * @throws not_found, wrong_state once it is no draft any more, draft_changed when it is not the named version any more
 */
export async function updateCampaign(tx: Db, userId: Id<"user">, input: UpdateCampaignInput): Promise<SavedDraft> {
  const { id: _id, version, ...changes } = input;
  const { id } = await getOwnCampaign(tx, userId, input.id);
  const values = await ownValues(tx, userId, changes);
  const [campaign] = await tx
    .select({ status: campaigns.status, version: campaigns.draftVersion })
    .from(campaigns)
    .where(and(eq(campaigns.id, id), eq(campaigns.userId, userId)))
    .for("no key update");
  if (campaign?.status !== "draft") throw new DomainError("wrong_state", { status: campaign?.status ?? "removed" });
  if (version !== undefined && version !== campaign.version) throw new DomainError("draft_changed");
  await tx
    .update(campaigns)
    .set({ ...values, draftVersion: campaign.version + 1 })
    .where(eq(campaigns.id, id));
  await auditChange(tx, userId, id);
  await publish(tx, userId, "campaign", id);
  return { id, version: campaign.version + 1 };
}

/** A draft saves itself while somebody types: one audit row tells of the changes of ten minutes. */
async function auditChange(tx: Db, userId: Id<"user">, campaignId: Id<"campaign">): Promise<void> {
  const [told] = await tx.execute(sql`
    select 1 from audit_logs where user_id = ${userId} and action = 'campaign.updated'
       and created_at > now() - interval '10 minutes' and meta->>'campaignId' = ${campaignId} limit 1`);
  if (!told) await recordAudit(tx, userId, "campaign.updated", { campaignId });
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

/** The columns of what was given, all of it the user's own. */
async function ownValues(tx: Db, userId: Id<"user">, input: DraftInput) {
  const { throttleMinSeconds, throttleMaxSeconds, waSessionId, ...same } = input;
  await getOwnLists(tx, userId, [...(input.listIds ?? []), ...(input.exceptListIds ?? [])]);
  if (input.mediaId) await refuseOthersFile(tx, userId, input.mediaId);
  const phone = waSessionId ? await getOwnPhone(tx, userId, waSessionId) : waSessionId === undefined ? undefined : null;
  return {
    ...same,
    waSessionId: phone,
    throttleMinMs: throttleMinSeconds === undefined ? undefined : Math.round(throttleMinSeconds * 1_000),
    throttleMaxMs: throttleMaxSeconds === undefined ? undefined : Math.round(throttleMaxSeconds * 1_000),
  };
}

async function getOwnPhone(tx: Db, userId: Id<"user">, id: string): Promise<Id<"waSession">> {
  if (!isId("waSession", id)) throw new DomainError("not_found");
  const [session] = await tx
    .select({ id: waSessions.id })
    .from(waSessions)
    .where(and(eq(waSessions.id, id), eq(waSessions.userId, userId), ne(waSessions.status, "removed")));
  if (!session) throw new DomainError("not_found");
  return session.id;
}

async function refuseOthersFile(tx: Db, userId: Id<"user">, id: Id<"media">): Promise<void> {
  const [file] = await tx
    .select({ id: media.id })
    .from(media)
    .where(and(eq(media.id, id), eq(media.userId, userId), isNull(media.removedAt)));
  if (!file) throw new DomainError("not_found");
}
