import { createHash, randomBytes } from "node:crypto";
import { DrizzlePostgreSQLAdapter } from "@lucia-auth/adapter-drizzle";
import { Lucia, TimeSpan } from "lucia";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { loginSessions, users } from "#db/schema/index.ts";
import type { SignedInUser } from "../context.ts";
import type { Env } from "../env.ts";

interface UserAttributes {
  email: string;
  tz: string;
  isAdmin: boolean;
}

declare module "lucia" {
  interface Register {
    Lucia: ReturnType<typeof createLucia>;
    UserId: Id<"user">;
    DatabaseUserAttributes: UserAttributes;
  }
}

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

function createLucia(db: Db, env: Pick<Env, "appOrigin">) {
  const secure = env.appOrigin.startsWith("https:");
  return new Lucia(new DrizzlePostgreSQLAdapter(db, loginSessions, users), {
    sessionExpiresIn: new TimeSpan(30, "d"),
    sessionCookie: {
      // The __Host- prefix pins the cookie to this host, but browsers accept it over https alone.
      name: secure ? "__Host-session" : "masssender_session",
      attributes: { secure, sameSite: "lax", path: "/" },
    },
    getUserAttributes: ({ email, tz, isAdmin }) => ({ email, tz, isAdmin }),
  });
}

type Settings = Pick<Env, "appOrigin">;

/** Opens a login session under a new id and answers the Set-Cookie header. The table keeps the token's hash alone. */
export async function openLoginSession(db: Db, env: Settings, userId: Id<"user">): Promise<string> {
  const lucia = createLucia(db, env);
  const token = randomBytes(32).toString("base64url");
  await lucia.createSession(userId, {}, { sessionId: sha256(token) });
  return lucia.createSessionCookie(token).serialize();
}

/** Who the cookie header signs in. `renewed` is a Set-Cookie header when the session's life was prolonged. */
export async function readLoginSession(
  db: Db,
  env: Settings,
  cookieHeader: string,
): Promise<{ user: SignedInUser; sessionId: string; renewed: string | null } | null> {
  const lucia = createLucia(db, env);
  const token = lucia.readSessionCookie(cookieHeader);
  if (!token) return null;
  const { session, user } = await lucia.validateSession(sha256(token));
  if (!session) return null;
  return {
    user: { id: user.id, email: user.email, tz: user.tz, isAdmin: user.isAdmin },
    sessionId: session.id,
    renewed: session.fresh ? lucia.createSessionCookie(token).serialize() : null,
  };
}

/** Ends one session and answers the Set-Cookie header that clears the cookie. */
export async function closeLoginSession(db: Db, env: Settings, sessionId: string | null): Promise<string> {
  const lucia = createLucia(db, env);
  if (sessionId) await lucia.invalidateSession(sessionId);
  return lucia.createBlankSessionCookie().serialize();
}

export async function closeAllLoginSessions(db: Db, env: Settings, userId: Id<"user">): Promise<void> {
  await createLucia(db, env).invalidateUserSessions(userId);
}
