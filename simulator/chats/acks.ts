import type { BinaryNode } from "@whiskeysockets/baileys";
import { pass } from "../faults/lanes.ts";
import type { Client, Context } from "../service/context.ts";
import { draw } from "../service/delays.ts";
import { node, seconds } from "../wire/nodes.ts";
import type { Sent } from "../world/schema.ts";

/** How long an ack that is to come out of order waits for the one of the next message. */
const PATIENCE_MS = 10_000;

const ackOf = (ctx: Context, { attrs: { id, to } }: BinaryNode, error?: string): BinaryNode =>
  node("ack", { class: "message", id, from: to, t: seconds(ctx.clock.now()), error });

/** Acks a message at once, or refuses it with an error code. */
export const ack = (ctx: Context, client: Client, message: BinaryNode, error?: string): void => {
  client.connection.send(ackOf(ctx, message, error));
};

/** Acks a message that was taken: as late, as often and in the order that the account's delays and faults say. */
export const answer = (ctx: Context, client: Client, message: BinaryNode, sent: Sent): void => {
  const { account, connection } = client;
  const about = [`message ${sent.id}`, `copy ${sent.copies}`];
  const faults = ctx.faultsOf(account.phone);
  const ackMs = draw(ctx, account.delays.ackMs, "ack", sent.id);
  if (ackMs === null || faults.strikes("loseAcks", ...about)) return;
  const send = () => {
    if (!connection.alive || connection.frozen) return;
    sent.acked = true;
    if (faults.strikes("dropAfterAck", ...about)) connection.sendAndDrop(ackOf(ctx, message));
    else ack(ctx, client, message);
  };
  const depart = () =>
    pass(ctx, client, { lane: "Acks", about, waitsFor: "ack", frees: "ack", patienceMs: PATIENCE_MS, send });
  if (ackMs === 0) depart();
  else ctx.clock.after(ackMs, depart);
};

/** Acks a message and refuses it later. Who is not connected then does not hear of it. */
export const takeBack = (
  ctx: Context,
  client: Client,
  message: BinaryNode,
  sent: Sent,
  { code, ms }: { code: number; ms: number },
): void => {
  sent.acked = true;
  ack(ctx, client, message);
  ctx.clock.after(ms, () => {
    if (client.connection.alive) ack(ctx, client, message, String(code));
  });
};
