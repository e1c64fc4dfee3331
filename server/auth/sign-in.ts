import { eq, sql } from "drizzle-orm";
import { Argon2id } from "oslo/password";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { users } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { DomainError } from "../errors.ts";
import { passwordProblem } from "./rules.ts";
import type { ChangePasswordInput, LoginInput } from "./schema.ts";
import { countTry, forgetTries, uncountTry } from "./throttle.ts";

const argon2 = new Argon2id();
/** Verified for unknown accounts, so that the answer takes as long as for known ones. */
const NOBODY = argon2.hash("nobody has this password");

export const hashPassword = (password: string): Promise<string> => argon2.hash(password);

/**
 * The account that e-mail and password open. Failed tries count against the account at that address, and the address.
 * @throws wrong_credentials, too_many_tries
 */
export async function signIn(db: Db, input: LoginInput, ip: string): Promise<Id<"user">> {
  const subject = `${input.email.toLowerCase()}|${ip}`;
  await countTry(db, "login_address", ip);
  await countTry(db, "login_account", subject);
  const [user] = await db
    .select({ id: users.id, passwordHash: users.passwordHash })
    .from(users)
    .where(eq(sql`lower(${users.email})`, input.email.toLowerCase()));
  const matches = await argon2.verify(user?.passwordHash ?? (await NOBODY), input.password);
  if (!user || !matches) throw new DomainError("wrong_credentials");
  await uncountTry(db, "login_address", ip);
  await forgetTries(db, "login_account", subject);
  await recordAudit(db, user.id, "user.signed_in");
  return user.id;
}

/** Changes the password after checking the present one. The caller ends the account's login sessions. */
export async function changePassword(db: Db, userId: Id<"user">, input: ChangePasswordInput): Promise<void> {
  const [user] = await db
    .select({ email: users.email, passwordHash: users.passwordHash })
    .from(users)
    .where(eq(users.id, userId));
  if (!user) throw new DomainError("not_found");
  await countTry(db, "login_account", userId);
  if (!(await argon2.verify(user.passwordHash, input.current))) {
    throw new DomainError("invalid_input", {}, { current: "This is not your present password." });
  }
  const problem = passwordProblem(input.password, user.email);
  if (problem) throw new DomainError("invalid_input", {}, { password: problem });
  await db
    .update(users)
    .set({ passwordHash: await hashPassword(input.password) })
    .where(eq(users.id, userId));
  await forgetTries(db, "login_account", userId);
  await recordAudit(db, userId, "user.password_changed");
}
