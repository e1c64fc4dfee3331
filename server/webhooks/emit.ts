import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import type { WebhookData, WebhookType } from "./schema.ts";

/** Who is named in an event: an erasure finds them by these. */
export interface Named {
  contactId?: Id<"contact"> | null;
  /** Canonical: "pn:+62…", "lid:…". */
  identity?: string | null;
}

/**
 * Tells the user's endpoints that something happened: in the transaction of what it tells of, so that it is told if and only
 * if that is true. Costs one look into an index when no endpoint wants it. Changes of status of messages, campaigns and phones,
 * and what comes in, are told by triggers already.
 */
export async function emitWebhook<T extends WebhookType>(
  tx: Db,
  userId: Id<"user">,
  type: T,
  data: WebhookData<T>,
  named: Named = {},
): Promise<void> {
  await tx.execute(sql`
    select emit_webhook(${userId}, ${type}, ${JSON.stringify(data)}::text::jsonb, ${named.contactId ?? null}, ${named.identity ?? null})`);
}
