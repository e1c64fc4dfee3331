import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";

/** Facts that screens follow. An event is a hint: it names a thing that changed, never what it holds. */
export const topics = ["campaign", "session", "wallet", "contacts", "schedule", "inbox", "rules", "webhooks"] as const;
export type Topic = (typeof topics)[number];

export const liveEvent = z.object({ u: z.string(), topic: z.enum(topics), id: z.string() }).strict();
export type LiveEvent = z.infer<typeof liveEvent>;

export const LIVE_CHANNEL = "live";

/** Announces a change to the user's open screens. In a transaction it is heard at the commit, or never. */
export async function publish(db: Db, userId: Id<"user">, topic: Topic, id: string): Promise<void> {
  const event: LiveEvent = { u: userId, topic, id };
  await db.execute(sql`select pg_notify(${LIVE_CHANNEL}, ${JSON.stringify(event)})`);
}
