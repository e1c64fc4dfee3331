import { and, asc, eq, ne, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { messageTemplates } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { DomainError } from "../errors.ts";
import type { RenameTemplateInput, SaveTemplateInput } from "./schema.ts";

/** How many texts a user keeps. */
const TEMPLATES_AT_MOST = 200;

/** The user's texts, by name. */
export function listTemplates(tx: Db, userId: Id<"user">) {
  return tx
    .select({ id: messageTemplates.id, name: messageTemplates.name, body: messageTemplates.body })
    .from(messageTemplates)
    .where(eq(messageTemplates.userId, userId))
    .orderBy(sql`lower(${messageTemplates.name})`, asc(messageTemplates.id))
    .limit(TEMPLATES_AT_MOST);
}

/** Keeps a text under a name. @throws template_name_taken, too_many_templates */
export async function saveTemplate(
  tx: Db,
  userId: Id<"user">,
  { name, body }: SaveTemplateInput,
): Promise<{ id: Id<"messageTemplate"> }> {
  await lockLibrary(tx, userId);
  await refuseTaken(tx, userId, name, null);
  const kept = await tx.$count(messageTemplates, eq(messageTemplates.userId, userId));
  if (kept >= TEMPLATES_AT_MOST) throw new DomainError("too_many_templates", { limit: TEMPLATES_AT_MOST });
  const id = newId("messageTemplate");
  await tx.insert(messageTemplates).values({ id, userId, name, body });
  await recordAudit(tx, userId, "template.saved", { templateId: id });
  return { id };
}

/** @throws not_found, template_name_taken */
export async function renameTemplate(tx: Db, userId: Id<"user">, { id, name }: RenameTemplateInput): Promise<void> {
  await lockLibrary(tx, userId);
  await refuseTaken(tx, userId, name, id);
  const renamed = await tx
    .update(messageTemplates)
    .set({ name, changedAt: sql`now()` })
    .where(and(eq(messageTemplates.id, id), eq(messageTemplates.userId, userId)))
    .returning({ id: messageTemplates.id });
  if (renamed.length === 0) throw new DomainError("not_found");
  await recordAudit(tx, userId, "template.renamed", { templateId: id });
}

/** Campaigns that used the text keep it. @throws not_found */
export async function removeTemplate(tx: Db, userId: Id<"user">, { id }: { id: Id<"messageTemplate"> }): Promise<void> {
  const removed = await tx
    .delete(messageTemplates)
    .where(and(eq(messageTemplates.id, id), eq(messageTemplates.userId, userId)))
    .returning({ id: messageTemplates.id });
  if (removed.length === 0) throw new DomainError("not_found");
  await recordAudit(tx, userId, "template.removed", { templateId: id });
}

async function refuseTaken(tx: Db, userId: Id<"user">, name: string, but: Id<"messageTemplate"> | null): Promise<void> {
  const [other] = await tx
    .select({ id: messageTemplates.id })
    .from(messageTemplates)
    .where(
      and(
        eq(messageTemplates.userId, userId),
        eq(messageTemplates.name, name),
        but ? ne(messageTemplates.id, but) : undefined,
      ),
    );
  if (!other) return;
  const { message } = new DomainError("template_name_taken", { name });
  throw new DomainError("template_name_taken", { name }, { name: message });
}

/** One change of a user's texts at a time: two of the same name would both find it free. */
async function lockLibrary(tx: Db, userId: Id<"user">): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`templates|${userId}`}, 0))`);
}
