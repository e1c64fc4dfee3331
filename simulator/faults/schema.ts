import { z } from "zod";

const times = z.number().int().min(1).max(1_000_000);
const share = z.number().min(0).max(1);
const milliseconds = z.number().int().min(1).max(86_400_000);
const httpError = z.number().int().min(400).max(599);

/** The next `count` times, or each time with this probability; another `seed` (a number) draws another way. */
const fault = <S extends z.ZodRawShape>(parameters: S) =>
  z.union([
    z.strictObject({ ...parameters, probability: share, seed: z.number().int().optional() }),
    z.strictObject({ ...parameters, count: times }),
  ]);
const plain = fault({});
const late = fault({ ms: milliseconds });
const countOrFault = z.union([times, plain]);

/** Reasons a login is refused with: gone, banned, temporarily locked, too old a client, wrong device, server trouble. */
const LOGIN_REASONS = [401, 403, 405, 411, 419, 500, 503] as const;

/** What can be made to go wrong for one account; each entry that counts down disappears at zero. */
export const faultsSchema = z
  .strictObject({
    /** The server takes the message and the client never hears so. */
    loseAcks: plain,
    /** The ack comes `ms` later than the account's delays say. */
    delayAcks: late,
    duplicateAcks: plain,
    /** The ack comes after that of the next message, or ten seconds late when there is none. */
    reorderAcks: plain,
    /** Receipts vanish between the server and the client, for good. */
    loseReceipts: plain,
    delayReceipts: late,
    duplicateReceipts: plain,
    /** A "delivered" or "sender" receipt comes after the "read" of its message, or half a minute late when there is none. */
    reorderReceipts: plain,
    /** A message to a client comes `ms` late. */
    delayMessages: late,
    /** A message to a client comes twice under the same id. */
    duplicateMessages: plain,
    /** A message to a client comes after the next one, or ten seconds late when there is none. */
    reorderMessages: plain,
    /** The server refuses messages with this code; the recipient gets nothing. */
    nack: fault({ code: httpError }),
    /** The server acks messages, and `ms` later refuses them with this code after all; the recipient gets nothing. */
    takeBack: fault({ code: httpError, ms: milliseconds }),
    /** Cut the connection when messages arrive, without taking them. */
    dropBefore: countOrFault,
    /** Take the messages, then cut the connection instead of answering. */
    dropAfter: countOrFault,
    /** Take and ack the messages, then cut the connection. */
    dropAfterAck: countOrFault,
    /** End the stream with this error when messages arrive, without taking them. */
    streamErrors: fault({ code: z.number().int().min(100).max(999) }),
    /** Refuse logins with this reason; with 401 the device is gone, as when the phone unlinked it. */
    failLogins: fault({ reason: z.literal(LOGIN_REASONS) }),
    /** After so many more messages the connection stays but nothing is read or answered any more. */
    freezeAfter: times,
    /** Answer the WebSocket upgrade with this HTTP status. */
    refuseUpgrade: fault({ status: httpError }),
    /** Never answer the WebSocket upgrade. */
    hangUpgrade: plain,
    /** Answer uploads, or downloads, of media with this HTTP status. */
    failUploads: fault({ status: httpError }),
    failDownloads: fault({ status: httpError }),
    /** Refuse questions for the devices and keys of people with this code. */
    failQueries: fault({ code: httpError }),
    /** Every answer to a question comes this late, until the fault is cleared; what comes behind is not held up. */
    slow: z.strictObject({ queryMs: milliseconds }),
  })
  .partial();
export type FaultSettings = z.output<typeof faultsSchema>;

/** Those that strike again and again, by count or by chance. */
export type FaultName = Exclude<keyof FaultSettings, "freezeAfter" | "slow">;
