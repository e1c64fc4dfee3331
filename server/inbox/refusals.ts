import { moment } from "../wa/refusals.ts";

type Details = Readonly<Record<string, string | number>>;

/** Why an answer by hand is refused, in words. Part of the table in server/errors.ts. */
export const inboxRefusals = {
  reply_no_consent: {
    trpc: "CONFLICT",
    status: 409,
    message: (d: Details) =>
      `${d.name} has not agreed to get messages from you, or took it back. Record how they agreed on their page, then write.`,
  },
  reply_phone: {
    trpc: "CONFLICT",
    status: 409,
    message: (d: Details) =>
      `This phone cannot send at the moment: ${d.state}. Put that right on the Link page, then write.`,
  },
  reply_closed: {
    trpc: "CONFLICT",
    status: 409,
    message: () =>
      "Nothing leaves at the moment: all sending is paused, or your active hours never open. Change that, then write.",
  },
  /** `until` (ISO 8601) and `tz`. */
  daily_cap_reached: {
    trpc: "CONFLICT",
    status: 409,
    message: (d: Details) =>
      `This phone has sent the ${d.limit} messages it may send in a day. It can send again from ${moment(d)}.`,
  },
  reply_meanwhile: {
    trpc: "CONFLICT",
    status: 409,
    message: () => "This was answered meanwhile, perhaps by you in another tab. Read that first, then send yours.",
  },
  reply_gone: {
    trpc: "CONFLICT",
    status: 409,
    message: () => "This message has left already, or will not leave any more. It cannot be withdrawn.",
  },
} as const;
