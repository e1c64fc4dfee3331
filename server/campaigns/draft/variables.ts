import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { OWN_VARIABLES } from "../../templates/rules.ts";
import { type Aim, getOwnLists } from "./audience.ts";

/** More names than anybody looks through. */
const NAMES_AT_MOST = 200;

/**
 * The variables that a text to these people may use: name and number, the columns of the chosen lists, and what is known of
 * the people with a chosen tag. @throws not_found
 */
export async function knownVariables(
  tx: Db,
  userId: Id<"user">,
  { listIds, tags, narrow }: Pick<Aim, "listIds" | "tags" | "narrow">,
): Promise<string[]> {
  const lists = await getOwnLists(tx, userId, listIds);
  const columns = listIds.flatMap((id) => lists.find((list) => list.id === id)?.columns ?? []);
  // With `narrow` a tag brings nobody who is not on a list.
  const tagged = tags.length > 0 && !(narrow && listIds.length > 0) ? await attributesOf(tx, userId, tags) : [];
  return [...new Set([...OWN_VARIABLES, ...columns, ...tagged])];
}

async function attributesOf(tx: Db, userId: Id<"user">, tags: readonly string[]): Promise<string[]> {
  const rows = await tx.execute<{ name: string }>(sql`
    select distinct keys.key as name from contacts, jsonb_object_keys(attributes) as keys(key)
     where user_id = ${userId} and tags <> '{}' and tags && ${sql.param([...tags])}::text[] order by 1 limit ${NAMES_AT_MOST}`);
  return rows.map(({ name }) => name);
}
