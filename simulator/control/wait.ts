import type { ParsedCondition } from "../contract/world.ts";
import type { Context } from "../service/context.ts";

const shown = (ctx: Context, wanted: Extract<ParsedCondition, { for: "message" }>) => {
  const chats = ctx.store.knownPhone(wanted.phone)?.chats ?? [];
  for (const [peer, messages] of chats) {
    if (wanted.with !== undefined && wanted.with !== peer) continue;
    for (const message of messages.values()) {
      const fits =
        (wanted.id === undefined || wanted.id === message.id) &&
        (wanted.text === undefined || wanted.text === message.text) &&
        (wanted.status === undefined || wanted.status === message.status);
      if (fits) return { with: peer, message };
    }
  }
  return undefined;
};

/** What makes a condition true at this moment; undefined while it is not. */
const look = (ctx: Context, wanted: ParsedCondition): object | undefined => {
  if (wanted.for === "message") return shown(ctx, wanted);
  const account = ctx.store.accounts.get(wanted.phone);
  if (!account) return undefined;
  if (wanted.for === "connected") {
    const devices = ctx.delivery.liveClients(account).filter((client) => client.active).length;
    return devices === wanted.devices ? { devices } : undefined;
  }
  if (wanted.for === "sent") {
    const count = [...account.sent.values()].reduce((sum, messages) => sum + messages.size, 0);
    return count >= wanted.count ? { count } : undefined;
  }
  const waiting = ctx.delivery.liveClients(account).some(({ device }) => device.pending.size > 0);
  return waiting ? undefined : { confirmed: true };
};

/** Waits for a condition, looking again after each change; undefined when it did not come true in time. */
export const waitFor = (ctx: Context, wanted: ParsedCondition, timeoutMs: number): Promise<object | undefined> =>
  new Promise((resolve) => {
    let asked = false;
    const end = (found: object | undefined) => {
      clearTimeout(timer);
      stop();
      resolve(found);
    };
    const check = () => {
      asked = false;
      const found = look(ctx, wanted);
      if (found) end(found);
    };
    // Many changes in one turn of the event loop are looked at once.
    const stop = ctx.store.onChange(() => {
      if (asked) return;
      asked = true;
      setImmediate(check);
    });
    const timer = setTimeout(() => end(undefined), timeoutMs);
    check();
  });
