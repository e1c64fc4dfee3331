import type { Client, Context } from "../service/context.ts";

/** Streams of stanzas to a client whose order and number can go wrong. */
export type Lane = "Acks" | "Receipts" | "Messages";

/** One stanza on its way to a client. */
export interface Passage {
  lane: Lane;
  /** What it is, for the draw and the journal: the message's id and what tells this stanza from its likes. */
  about: string[];
  /** What lets it go when it is held back to come out of order; without it it never is. */
  waitsFor?: string;
  /** What it lets go when it went out. */
  frees?: string;
  /** How long it is held back at most, milliseconds. */
  patienceMs: number;
  send: () => void;
}

const hold = (ctx: Context, client: Client, key: string, passage: Passage, go: () => void): void => {
  const waiting = client.held.get(key) ?? new Set();
  client.held.set(key, waiting);
  const release = () => {
    callOff();
    waiting.delete(release);
    if (waiting.size === 0) client.held.delete(key);
    go();
  };
  const callOff = ctx.clock.after(passage.patienceMs, release);
  waiting.add(release);
};

const depart = (ctx: Context, client: Client, passage: Passage): void => {
  const { lane, about, waitsFor, frees, send } = passage;
  const faults = ctx.faultsOf(client.account.phone);
  const go = () => {
    send();
    if (faults.strikes(`duplicate${lane}`, ...about)) send();
  };
  const freed = frees === undefined ? undefined : client.held.get(frees);
  // What lets another go is not held back itself, or the two would come in order again.
  if (waitsFor !== undefined && !freed && faults.strikes(`reorder${lane}`, ...about)) {
    hold(ctx, client, waitsFor, passage, go);
    return;
  }
  go();
  for (const release of freed ?? []) release();
};

/** Whether nothing can happen to what is sent to this client: no fault is set and nothing is held back. */
export const calm = (ctx: Context, client: Client): boolean =>
  client.held.size === 0 && ctx.faultsOf(client.account.phone).none;

/** Sends a stanza as the account's faults say: later, behind the one after it, twice; or just so. */
export const pass = (ctx: Context, client: Client, passage: Passage): void => {
  if (calm(ctx, client)) {
    passage.send();
    return;
  }
  const late = ctx.faultsOf(client.account.phone).strikes(`delay${passage.lane}`, ...passage.about);
  if (late) ctx.clock.after(late.ms, () => depart(ctx, client, passage));
  else depart(ctx, client, passage);
};
