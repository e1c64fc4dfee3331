import type { Account, Limits } from "../world/schema.ts";

type Cap = NonNullable<Limits["newChats"]>;

/** From these parts of the quota on, WhatsApp warns. Assumptions: nobody published the real ones. */
const WARNINGS = [
  { from: 1, status: "CAPPED" },
  { from: 0.9, status: "SECOND_WARNING" },
  { from: 0.75, status: "FIRST_WARNING" },
] as const;

/** The reach-out lock at a time; it ends by itself. */
export const lockAt = ({ reachout }: Limits, now: number): Limits["reachout"] =>
  reachout && now < reachout.until ? reachout : null;

/** The cap at a time: after the end of a cycle the next one begins, with nothing used. */
export const capAt = ({ newChats }: Limits, now: number): Cap | null => {
  if (!newChats || now < newChats.cycleEnds) return newChats;
  const length = Math.max(1, newChats.cycleEnds - newChats.cycleBegan);
  const cycleBegan = newChats.cycleEnds + Math.floor((now - newChats.cycleEnds) / length) * length;
  return { ...newChats, used: 0, cycleBegan, cycleEnds: cycleBegan + length };
};

/** How near an account is to its cap, in WhatsApp's words. */
export const capStatus = (cap: Cap | null): "NONE" | (typeof WARNINGS)[number]["status"] =>
  (cap && WARNINGS.find(({ from }) => cap.used >= cap.total * from)?.status) ?? "NONE";

/** Whether a message to a number would begin a chat: nothing was ever taken for it, and it never wrote. */
export const beginsChat = (account: Account, peer: string, wrote: boolean): boolean =>
  !wrote && ![...(account.sent.get(peer)?.values() ?? [])].some(({ taken }) => taken);
