import { z } from "zod";
import type { JournalEntry } from "../world/journal.ts";
import { groupBodies } from "./groups.ts";
import { nameParameter, phoneParameter } from "./parts.ts";
import { phoneBodies } from "./phones.ts";

export type { JournalEntry };

const YEAR_MS = 366 * 86_400_000;
const LONGEST_WAIT_MS = 60_000;

/** What a caller can wait for; each is true at once when it is true already. */
const condition = z.discriminatedUnion("for", [
  /** That many devices of an account are connected and asked for their messages. */
  z.strictObject({ for: z.literal("connected"), phone: phoneParameter, devices: z.number().int().min(0).default(1) }),
  /** A phone shows a message that fits everything named. */
  z.strictObject({
    for: z.literal("message"),
    phone: phoneParameter,
    with: z.string().optional(),
    id: z.string().optional(),
    text: z.string().optional(),
    status: z.enum(["sent", "delivered", "read"]).optional(),
  }),
  /** The server took messages to at least that many different recipients, or ids in all, from an account. */
  z.strictObject({ for: z.literal("sent"), phone: phoneParameter, count: z.number().int().min(1) }),
  /** Every stanza for an account's connected devices is confirmed. */
  z.strictObject({ for: z.literal("confirmed"), phone: phoneParameter }),
]);
export type Condition = z.input<typeof condition>;
export type ParsedCondition = z.output<typeof condition>;

/** The bodies that move the whole world. */
export const worldBodies = {
  seed: z
    .strictObject({
      accounts: z.array(z.strictObject({ phone: phoneParameter, name: nameParameter.optional() })).max(10_000),
      phones: z.array(phoneBodies.phone.extend({ phone: phoneParameter })).max(100_000),
      /** One with the same subject and owner is there already: it is left as it is. */
      groups: z.array(groupBodies.group).max(10_000),
    })
    .partial(),
  time: z.strictObject({ advanceMs: z.number().int().min(0).max(YEAR_MS) }),
  wait: z.strictObject({
    until: condition,
    timeoutMs: z.number().int().min(0).max(LONGEST_WAIT_MS).default(LONGEST_WAIT_MS),
  }),
};
export type SeedBody = z.input<typeof worldBodies.seed>;

/** The simulator itself. */
export interface WorldView {
  /** Start with `--seed` and this to have the same ids, delays and faults again; null when it came from chance. */
  seed: string | null;
  /** Milliseconds since 1970, simulated. */
  now: number;
  /** How far the simulated time is ahead of the real one. */
  aheadMs: number;
  accounts: number;
  phones: number;
  groups: number;
  connections: number;
  /** Of this process since its start: milliseconds of CPU, bytes of memory. */
  cpuMs: number;
  memoryBytes: number;
}
