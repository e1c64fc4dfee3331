type Details = Readonly<Record<string, string | number>>;

export const moment = ({ until, tz }: Details) =>
  new Intl.DateTimeFormat("en-GB", {
    timeZone: String(tz),
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
  }).format(new Date(String(until)));

/** What a phone cannot do at the moment, in words. Part of the table in server/errors.ts. */
export const phoneRefusals = {
  /** `until` (ISO 8601) and `tz`, when WhatsApp said how long; a ban has no end. `nothing`: what is not done, "sent" by default. */
  account_restricted: {
    trpc: "CONFLICT",
    status: 409,
    message: (d: Details) =>
      d.until === undefined
        ? `WhatsApp has restricted this account, so nothing can be ${d.nothing ?? "sent"}. Open WhatsApp on the phone to see why and until when.`
        : `WhatsApp does not let this account start new chats until ${moment(d)}, so nothing is ${d.nothing ?? "sent"}. Try again after that.`,
  },
} as const;
