import type { BinaryNode } from "@whiskeysockets/baileys";
import type { Client, Context } from "../service/context.ts";
import { removeDevice } from "../service/devices.ts";
import { node } from "../wire/nodes.ts";

/** The last word of a stream, as each code looks on the wire; 500 is the one that names no code. */
const lastWord = (code: number): BinaryNode => {
  if (code === 440) return node("stream:error", {}, [node("conflict", { type: "replaced" })]);
  if (code === 500) return node("stream:error");
  return node("stream:error", { code: String(code) });
};

/** Ends a client's stream with an error. 401 means that the phone removed the device: it is gone. */
export const endStream = (ctx: Context, client: Client, code: number): void => {
  if (code === 401) {
    removeDevice(ctx, client.account, client.device);
    return;
  }
  ctx.delivery.detach(client.connection);
  client.connection.end(lastWord(code));
};

/** Whether the faults end the connection at this message, before it is taken. */
export const cutBefore = (ctx: Context, client: Client, id: string): boolean => {
  const faults = ctx.faultsOf(client.account.phone);
  if (faults.none) return false;
  const dropped = faults.strikes("dropBefore", `message ${id}`);
  const error = dropped ? undefined : faults.strikes("streamErrors", `message ${id}`);
  if (dropped) client.connection.drop();
  if (error) endStream(ctx, client, error.code);
  return Boolean(dropped ?? error);
};
