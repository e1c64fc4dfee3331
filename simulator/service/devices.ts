import { pnJid } from "../wire/jids.ts";
import { node, seconds } from "../wire/nodes.ts";
import type { Account, Device } from "../world/schema.ts";
import type { Context } from "./context.ts";

/** Tells an account's other devices that one was linked or removed, so that they stop using their cached list. */
export const announceDevice = (ctx: Context, account: Account, changed: Device, what: "add" | "remove"): void => {
  for (const device of account.devices.values()) {
    if (device === changed) continue;
    const id = ctx.random.uuid(account.phone);
    const entry = node("device", { jid: pnJid(account.phone, changed.id), "key-index": String(changed.id) });
    const attrs = { from: pnJid(account.phone), type: "devices", id, t: seconds(ctx.clock.now()) };
    const stanza = node("notification", attrs, [node(what, {}, [entry])]);
    ctx.delivery.push(account, device, `notification:${id}`, stanza, { kind: "notification" });
  }
};

/** Unlinks a device: its connection ends with 401 and so does every later login. */
export const removeDevice = (ctx: Context, account: Account, device: Device): void => {
  account.devices.delete(String(device.id));
  ctx.store.saveNow();
  for (const client of ctx.delivery.liveClients(account)) {
    if (client.device !== device) continue;
    ctx.delivery.detach(client.connection);
    client.connection.end(node("stream:error", { code: "401" }, [node("conflict", { type: "device_removed" })]));
  }
  announceDevice(ctx, account, device, "remove");
};
