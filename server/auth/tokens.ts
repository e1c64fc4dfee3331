import { randomBytes } from "node:crypto";
import { and, desc, eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { type Id, isId, newId } from "#db/ids.ts";
import { apiTokens, users } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import type { SignedInUser } from "../context.ts";
import { DomainError } from "../errors.ts";
import { sha256 } from "./login-sessions.ts";

/** Makes an API token. Its text is answered once; the table keeps the hash. */
export async function createToken(
  tx: Db,
  userId: Id<"user">,
  input: { name: string },
): Promise<{ id: Id<"apiToken">; token: string }> {
  const id = newId("apiToken");
  const token = `mst_${randomBytes(32).toString("base64url")}`;
  await tx.insert(apiTokens).values({ id, userId, name: input.name, tokenHash: sha256(token) });
  await recordAudit(tx, userId, "token.created", { tokenId: id });
  return { id, token };
}

export async function revokeToken(tx: Db, userId: Id<"user">, input: { id: string }): Promise<void> {
  if (!isId("apiToken", input.id)) throw new DomainError("not_found");
  const [gone] = await tx
    .delete(apiTokens)
    .where(and(eq(apiTokens.id, input.id), eq(apiTokens.userId, userId)))
    .returning({ id: apiTokens.id });
  if (!gone) throw new DomainError("not_found");
  await recordAudit(tx, userId, "token.revoked", { tokenId: gone.id });
}

export function listTokens(tx: Db, userId: Id<"user">) {
  return tx
    .select({
      id: apiTokens.id,
      name: apiTokens.name,
      createdAt: apiTokens.createdAt,
      lastUsedAt: apiTokens.lastUsedAt,
    })
    .from(apiTokens)
    .where(eq(apiTokens.userId, userId))
    .orderBy(desc(apiTokens.id));
}

/** Who a Bearer token belongs to; on the system path, since nobody is signed in yet. */
export async function findTokenUser(db: Db, token: string): Promise<SignedInUser | null> {
  const [row] = await db
    .update(apiTokens)
    .set({ lastUsedAt: sql`now()` })
    .from(users)
    .where(and(eq(apiTokens.tokenHash, sha256(token)), eq(users.id, apiTokens.userId)))
    .returning({ id: users.id, email: users.email, tz: users.tz, isAdmin: users.isAdmin });
  return row ?? null;
}
