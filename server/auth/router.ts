import { noInput, publicProcedure, router, signedInProcedure, userProcedure } from "../trpc.ts";
import { registerUser } from "../users/register.ts";
import { closeAllLoginSessions, closeLoginSession, openLoginSession } from "./login-sessions.ts";
import { changePasswordInput, createTokenInput, loginInput, registerInput, tokenRef } from "./schema.ts";
import { changePassword, signIn } from "./sign-in.ts";
import { countTry } from "./throttle.ts";
import { createToken, listTokens, revokeToken } from "./tokens.ts";

export const authRouter = router({
  me: publicProcedure.input(noInput).query(({ ctx }) => ctx.user),
  register: publicProcedure.input(registerInput).mutation(async ({ ctx, input }) => {
    await countTry(ctx.db, "register_address", ctx.ip);
    const userId = await registerUser(ctx.db, input, ctx.env.billing);
    ctx.setCookie(await openLoginSession(ctx.db, ctx.env, userId));
    return { id: userId };
  }),
  login: publicProcedure.input(loginInput).mutation(async ({ ctx, input }) => {
    const userId = await signIn(ctx.db, input, ctx.ip);
    ctx.setCookie(await openLoginSession(ctx.db, ctx.env, userId));
    return { id: userId };
  }),
  logout: signedInProcedure.input(noInput).mutation(async ({ ctx }) => {
    ctx.setCookie(await closeLoginSession(ctx.db, ctx.env, ctx.loginSessionId));
  }),
  changePassword: signedInProcedure.input(changePasswordInput).mutation(async ({ ctx, input }) => {
    await changePassword(ctx.db, ctx.userId, input);
    await closeAllLoginSessions(ctx.db, ctx.env, ctx.userId);
    ctx.setCookie(await openLoginSession(ctx.db, ctx.env, ctx.userId));
  }),
});

export const tokensRouter = router({
  list: userProcedure.input(noInput).query(({ ctx }) => listTokens(ctx.db, ctx.userId)),
  create: userProcedure.input(createTokenInput).mutation(({ ctx, input }) => createToken(ctx.db, ctx.userId, input)),
  revoke: userProcedure.input(tokenRef).mutation(({ ctx, input }) => revokeToken(ctx.db, ctx.userId, input)),
});
