import type { Context } from "../service/context.ts";
import { node, SERVER } from "../wire/nodes.ts";
import type { Account, Device } from "../world/schema.ts";
import type { Bundle } from "../world/signal.ts";

/** Below this the client is asked for more; the client uploads only when it hears a number below five. */
const FEW_PRE_KEYS = 5;

/** The key bundle of a linked device. It uses up one of the one-time keys the device uploaded, while there are any. */
export const deviceBundle = (ctx: Context, account: Account, device: Device): Bundle => {
  const [first] = device.preKeys;
  if (first) {
    device.preKeys.delete(first[0]);
    ctx.store.touch();
    if (device.preKeys.size < FEW_PRE_KEYS) askForPreKeys(ctx, account, device);
  }
  return {
    registrationId: device.registrationId,
    identity: Buffer.from(device.identityKey, "base64"),
    signed: {
      id: device.signedPreKey.id,
      value: Buffer.from(device.signedPreKey.value, "base64"),
      signature: Buffer.from(device.signedPreKey.signature, "base64"),
    },
    oneTime: first && { id: Number(first[0]), value: Buffer.from(first[1], "base64") },
  };
};

const askForPreKeys = (ctx: Context, account: Account, device: Device): void => {
  const id = ctx.random.uuid(account.phone);
  const count = node("count", { value: String(device.preKeys.size) });
  const stanza = node("notification", { from: SERVER, type: "encrypt", id }, [count]);
  ctx.delivery.push(account, device, `notification:${id}`, stanza, { kind: "notification" });
};

/** The bundle of any device of any number; undefined when there is no such phone or it is not linked. */
export const bundleOf = (ctx: Context, phone: string, deviceId: number): Bundle | undefined => {
  const known = ctx.store.knownPhone(phone);
  if (known && !known.onWhatsApp) return undefined;
  if (deviceId === 0) return ctx.signal.bundle(ctx.store.phone(phone));
  const account = ctx.store.accounts.get(phone);
  const device = account?.devices.get(String(deviceId));
  return account && device && deviceBundle(ctx, account, device);
};
