import type { Context } from "../service/context.ts";
import { pack, unpack } from "../wire/nodes.ts";
import type { Held, Phone } from "../world/schema.ts";
import type { Copy } from "./reading.ts";

/** Keeps a ciphertext for a phone that is off, as the server does: no receipt tells the sender that it arrived. */
export const hold = (ctx: Context, copy: Copy, to: string): void => {
  const { account, device, id, enc, arrivedAt, reader } = copy;
  reader.held.push({ account: account.phone, device: device.id, id, enc: pack(enc), to, arrivedAt });
  ctx.store.touch();
};

/** A kept ciphertext with the devices it came from; undefined when those were unlinked meanwhile. */
export const heldCopy = (ctx: Context, reader: Phone, held: Held): Copy | undefined => {
  const account = ctx.store.accounts.get(held.account);
  const device = account?.devices.get(String(held.device));
  if (!account || !device) return undefined;
  const { id, arrivedAt } = held;
  return { account, device, reader, enc: unpack(held.enc), id, arrivedAt };
};
