import { eq, sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import { users } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";

/**
 * Makes an account an administrator's, or takes that away; no page can. It holds from the account's next request on.
 * @returns what it was before; null when no account has this address
 */
export async function setAdministrator(db: Db, email: string, isAdmin: boolean): Promise<{ before: boolean } | null> {
  return db.transaction(async (tx) => {
    const [user] = await tx
      .select({ id: users.id, isAdmin: users.isAdmin })
      .from(users)
      .where(sql`lower(${users.email}) = lower(${email})`)
      .for("update");
    if (!user) return null;
    if (user.isAdmin !== isAdmin) {
      await tx.update(users).set({ isAdmin }).where(eq(users.id, user.id));
      await recordAudit(tx, user.id, isAdmin ? "user.made_admin" : "user.admin_ended");
    }
    return { before: user.isAdmin };
  });
}
