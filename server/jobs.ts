import { z } from "zod";

/**
 * Work that is booked, by the crontab or the database's `book_job`, with the payload each kind carries. Payloads are parsed again
 * when run: a row may be older than the code.
 */
export const jobs = {
  /** Sends for one session, in slices. Runs under a name of its owner's: `wa:pump@<worker>`. */
  "wa:pump": z.object({ sessionId: z.templateLiteral(["was_", z.string()]) }),
  /** Every minute: a pump for each session that has work and no live pump. */
  "pumps:sweep": z.unknown(),
  /** Every minute: campaigns whose scheduled time has come. */
  "campaigns:start-due": z.unknown(),
  /** The demo provider tells what became of a payment; run again until that is taken. */
  "payments:call-back": z.object({ paymentId: z.string() }),
  /** Every ten minutes: purchases that nobody paid within a day. */
  "purchases:expire": z.unknown(),
  /** Every minute: plans that end, renew or are to be reminded of. */
  "plans:tick": z.unknown(),
  /** Lets the campaigns go on that waited for a plan, once there is one. */
  "plans:go-on": z.object({ userId: z.templateLiteral(["usr_", z.string()]) }),
  /** Every 5 minutes: messages that no answer will come for. */
  "silence:settle": z.unknown(),
  /** Every hour: the violations view is empty, or an error is logged; what was found is kept. */
  "ledger:check": z.unknown(),
  /** Every hour: phones that nobody uses are warned of, then unlinked. */
  "sessions:expire-idle": z.unknown(),
  /** Every night: message bodies older than 14 days. */
  "bodies:wipe": z.unknown(),
  /** Answers one inbound message, as its user's rules say. */
  "inbox:answer": z.object({ inboundId: z.templateLiteral(["inb_", z.string()]) }),
  /** Every night: cooldowns that are over. */
  "rules:expire": z.unknown(),
  /** A large file, so that a person need not wait for its reading. */
  "imports:read": z.object({ importId: z.templateLiteral(["imp_", z.string()]) }),
  /** Every night: rows of imports that are done with. */
  "imports:expire": z.unknown(),
  /** Every night: the bytes of files that nothing uses any more. */
  "media:expire": z.unknown(),
  /** Delivers webhooks, in slices, while any endpoint is switched on. */
  "webhooks:deliver": z.unknown(),
  /** Every night: deliveries of webhooks of 14 days ago. */
  "webhooks:expire": z.unknown(),
} as const satisfies Record<string, z.ZodType>;

export type JobName = keyof typeof jobs;
export type JobPayload<N extends JobName> = z.infer<(typeof jobs)[N]>;
