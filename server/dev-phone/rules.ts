import { z } from "zod";

interface Act {
  label: string;
  /** What a person will see happen. */
  explains: string;
  of: "connection" | "messages" | "account";
  /** It ends the link, so it asks first. */
  final?: true;
}

/** What can be made to happen to an account on purpose: WhatsApp's own moods, in the words of this page. */
export const acts = {
  drop: {
    of: "connection",
    label: "Cut the connection",
    explains: "The socket closes without a word, as when a network fails. The app connects again by itself.",
  },
  freeze: {
    of: "connection",
    label: "Freeze the connection",
    explains: "The socket stays open and nothing is answered any more. The app has to notice by itself.",
  },
  restart: {
    of: "connection",
    label: "Server asks for a restart (515)",
    explains: "WhatsApp asks the app to connect anew. Nothing should be lost.",
  },
  unavailable: {
    of: "connection",
    label: "Service unavailable (503)",
    explains: "WhatsApp ends the connection because it has trouble of its own. The app tries again later.",
  },
  replaced: {
    of: "connection",
    label: "Connection replaced (440)",
    explains: "WhatsApp says that the same device connected elsewhere. The app must not fight for it.",
  },
  nack: {
    of: "messages",
    label: "Refuse the next 3 messages (463)",
    explains: "WhatsApp answers that the account is restricted. Running campaigns pause.",
  },
  loseAcks: {
    of: "messages",
    label: "Lose the next 3 acks",
    explains: "The messages arrive, the app never hears so, and sends the same id again. Each is shown once.",
  },
  takeBack: {
    of: "messages",
    label: "Take back the next 3 messages (470)",
    explains: "WhatsApp takes each message and says 5 seconds later that it did not get through. Its points come back.",
  },
  slow: {
    of: "messages",
    label: "Slow server",
    explains: "WhatsApp takes 4 seconds to confirm each message and to answer each question.",
  },
  loggedOut: {
    of: "account",
    label: "Log the device out (401)",
    explains: "WhatsApp ends the link, as if it had been removed on the phone. It has to be linked again.",
    final: true,
  },
  banned: {
    of: "account",
    label: "Ban the account (403)",
    explains: "WhatsApp ends the connection and refuses each login until the faults are cleared. The app says so.",
    final: true,
  },
  reachout: {
    of: "account",
    label: "Reach-out lock for 1 hour",
    explains: "The account may write only to people it has a chat with, until the hour is over.",
  },
  newChats: {
    of: "account",
    label: "Allow 2 more new chats",
    explains: "After the second message to somebody new, WhatsApp refuses further new chats of this cycle.",
  },
} as const satisfies Record<string, Act>;

export type ActName = keyof typeof acts;
const isActName = (name: string): name is ActName => Object.hasOwn(acts, name);
export const actNames = Object.keys(acts).filter(isActName);

/** The state of one account that is not as on a calm day. */
export interface Troubles {
  faults: Readonly<Record<string, unknown>>;
  delays: Readonly<Record<string, unknown>>;
  limits: {
    reachout: { until: Date } | null;
    newChats: { total: number; used: number } | null;
  };
}

const known: Record<string, string> = {
  nack: "Messages are refused",
  takeBack: "Messages are taken, then refused",
  loseAcks: "Acks are lost",
  loseReceipts: "Receipts are lost",
  dropBefore: "The connection is cut before messages are taken",
  dropAfter: "The connection is cut after messages are taken",
  refuseUpgrade: "New connections are refused",
  failLogins: "Logins are refused",
  slow: "Questions are answered late",
};

/** The faults in force, a sentence each. A fault this page does not know is named as the simulator names it. */
export function troublesInForce({ faults, delays, limits }: Troubles): string[] {
  const told = Object.entries(faults)
    .filter(([, setting]) => setting !== null && setting !== undefined)
    .map(([name, setting]) => `${known[name] ?? name}${howOften(setting)}.`);
  const { ackMs } = delays;
  if (ackMs === null) told.push("Messages are never confirmed.");
  else if (ackMs !== undefined && ackMs !== 0) told.push(`Messages are confirmed after ${spell(ackMs)} ms.`);
  if (limits.reachout) told.push("No messages to new people (reach-out lock).");
  if (limits.newChats) told.push(`New chats: ${limits.newChats.used} of ${limits.newChats.total} used.`);
  return told;
}

const detail = z.union([
  z
    .number()
    .transform((count) => ({ count, probability: undefined, code: undefined, status: undefined, reason: undefined })),
  z
    .object({ count: z.number(), probability: z.number(), code: z.number(), status: z.number(), reason: z.number() })
    .partial(),
]);

function howOften(setting: unknown): string {
  const { data } = detail.safeParse(setting);
  if (!data) return "";
  const what = data.code ?? data.status ?? data.reason;
  return [
    what === undefined ? "" : ` with ${what}`,
    data.count === undefined ? "" : data.count === 1 ? ", once more" : `, ${data.count} more times`,
    data.probability === undefined || data.probability === 1 ? "" : `, ${Math.round(data.probability * 100)} in 100`,
  ].join("");
}

const spell = (ms: unknown) => (Array.isArray(ms) ? ms.join(" to ") : String(ms));
