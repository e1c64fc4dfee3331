import type { Context } from "../service/context.ts";
import { node, SERVER, seconds } from "../wire/nodes.ts";
import type { Account } from "../world/schema.ts";
import { capAt, capStatus, lockAt } from "./rules.ts";

/** The reach-out lock as WhatsApp's own query language says it; without a lock the type is DEFAULT. */
export const lockFields = (ctx: Context, account: Account): object => {
  const lock = lockAt(account.limits, ctx.clock.now());
  return {
    is_active: lock !== null,
    time_enforcement_ends: lock ? seconds(lock.until) : "0",
    enforcement_type: lock?.type ?? "DEFAULT",
  };
};

/** The cap on new chats in the same words. What the real server says without a cap is not known: here, no quota. */
export const capFields = (ctx: Context, account: Account): object => {
  const cap = capAt(account.limits, ctx.clock.now());
  const quota = cap && {
    total_quota: cap.total,
    used_quota: cap.used,
    cycle_start_timestamp: seconds(cap.cycleBegan),
    cycle_end_timestamp: seconds(cap.cycleEnds),
  };
  return {
    ...quota,
    server_sent_timestamp: seconds(ctx.clock.now()),
    ote_status: "NOT_ELIGIBLE",
    mv_status: "NOT_ELIGIBLE",
    capping_status: capStatus(cap),
  };
};

const tell = (ctx: Context, account: Account, operation: string, data: object): void => {
  for (const device of account.devices.values()) {
    const id = ctx.random.uuid("mex", account.phone);
    const update = node("update", { op_name: operation }, Buffer.from(JSON.stringify({ data })));
    const attrs = { from: SERVER, type: "mex", id, t: seconds(ctx.clock.now()) };
    const stanza = node("notification", attrs, [update]);
    ctx.delivery.push(account, device, `notification:${id}`, stanza, { kind: "notification" });
  }
};

/** Tells every device that the account may not begin chats, or may again. */
export const tellLock = (ctx: Context, account: Account): void =>
  tell(ctx, account, "NotificationUserReachoutTimelockUpdate", {
    xwa2_notify_account_reachout_timelock: lockFields(ctx, account),
  });

/** Tells every device how many new chats are left. */
export const tellCap = (ctx: Context, account: Account): void =>
  tell(ctx, account, "MessageCappingInfoNotification", {
    xwa2_notify_new_chat_messages_capping_info_update: capFields(ctx, account),
  });
