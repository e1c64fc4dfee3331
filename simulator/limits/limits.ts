import type { Context } from "../service/context.ts";
import type { Account, Limits } from "../world/schema.ts";
import { tellCap, tellLock } from "./notices.ts";
import { beginsChat, capAt, capStatus, lockAt } from "./rules.ts";

/** The code WhatsApp refuses a message with that would begin a chat; that it is also the cap's is an assumption. */
const NO_NEW_CHAT = "463";

/** The limits as they stand now; what ended by itself is gone. */
export const limitsOf = (ctx: Context, { limits }: Account): Limits => {
  const now = ctx.clock.now();
  return { reachout: lockAt(limits, now), newChats: capAt(limits, now) };
};

const wrote = (ctx: Context, account: Account, peer: string): boolean =>
  [...(ctx.store.phone(account.phone).chats.get(peer)?.values() ?? [])].some(({ fromMe }) => !fromMe);

/** The code to refuse a message with because of the account's limits. A message that was taken before is never refused. */
export const limitRefusal = (ctx: Context, account: Account, peer: string, id: string): string | undefined => {
  const { reachout, newChats } = account.limits;
  if ((!reachout && !newChats) || peer === account.phone) return undefined;
  if (account.sent.get(peer)?.get(id)?.taken) return undefined;
  const now = limitsOf(ctx, account);
  const known = wrote(ctx, account, peer);
  const locked = now.reachout !== null && !known;
  const full = now.newChats !== null && now.newChats.used >= now.newChats.total && beginsChat(account, peer, known);
  if (!locked && !full) return undefined;
  const limit = locked ? "the reach-out lock" : "the cap on new chats";
  ctx.journal.record("refused", `${NO_NEW_CHAT} by ${limit}: message ${id}.`, { phone: account.phone });
  return NO_NEW_CHAT;
};

/** Counts a chat that a message about to be taken begins, and warns the account's devices when the cap is near. */
export const countNewChat = (ctx: Context, account: Account, peer: string): void => {
  if (!account.limits.newChats || peer === account.phone) return;
  const cap = capAt(account.limits, ctx.clock.now());
  if (!cap || !beginsChat(account, peer, wrote(ctx, account, peer))) return;
  const before = capStatus(cap);
  account.limits.newChats = { ...cap, used: cap.used + 1 };
  ctx.store.touch();
  if (capStatus(account.limits.newChats) !== before) tellCap(ctx, account);
};

/** What calls off the next alarm of an account. */
const alarms = new WeakMap<Account, () => void>();

/** The lock ends and the next cycle begins by themselves: the devices hear of it then. */
const arm = (ctx: Context, account: Account): void => {
  alarms.get(account)?.();
  const { reachout, newChats } = account.limits;
  const due = Math.min(reachout?.until ?? Infinity, newChats?.cycleEnds ?? Infinity);
  if (due < Infinity)
    alarms.set(
      account,
      ctx.clock.at(due, () => settle(ctx, account)),
    );
};

const settle = (ctx: Context, account: Account): void => {
  const before = account.limits;
  account.limits = limitsOf(ctx, account);
  ctx.store.touch();
  if (account.limits.reachout !== before.reachout) tellLock(ctx, account);
  if (account.limits.newChats !== before.newChats) tellCap(ctx, account);
  arm(ctx, account);
};

/** Sets or lifts limits; what is left out stays. The account's devices are told at once. */
export const setLimits = (ctx: Context, account: Account, changed: Partial<Limits>): Limits => {
  account.limits = { ...limitsOf(ctx, account), ...changed };
  ctx.store.saveNow();
  if (changed.reachout !== undefined) tellLock(ctx, account);
  if (changed.newChats !== undefined) tellCap(ctx, account);
  arm(ctx, account);
  return account.limits;
};

/** After a restart: the ends that were still to come. */
export const resumeLimits = (ctx: Context): void => {
  for (const account of ctx.store.accounts.values()) arm(ctx, account);
};
