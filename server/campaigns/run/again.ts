import { eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { waSessions } from "#db/schema/index.ts";
import { repeatProblem, retryProblem } from "../../messages/rules.ts";

interface Row {
  status: string;
  errorCode: string | null;
  /** server/messages/obstacle.ts */
  obstacle: string | null;
  hasText: boolean;
  isKept: boolean;
}

export interface Campaign {
  status: string;
  pauseReason: string | null;
  /** The status of the phone it sends from; null when it has none. */
  phone: string | null;
}

/** Whether messages of a campaign may be sent again: not those of one that was cancelled. */
export const isOpen = (campaign: { status: string }): boolean =>
  campaign.status === "running" || campaign.status === "paused" || campaign.status === "completed";

/** A campaign with what its phone is at the moment. */
export async function withPhone<T extends { waSessionId: Id<"waSession"> | null }>(
  tx: Db,
  campaign: T,
): Promise<T & { phone: string | null }> {
  const { waSessionId } = campaign;
  if (waSessionId === null) return { ...campaign, phone: null };
  const [phone] = await tx.select({ status: waSessions.status }).from(waSessions).where(eq(waSessions.id, waSessionId));
  return { ...campaign, phone: phone?.status ?? null };
}

/**
 * Whether the account may do again what WhatsApp refused it. A campaign that has ended was not paused for it, so its phone is
 * looked at too.
 */
const isAccountFree = ({ pauseReason, phone }: Campaign): boolean =>
  pauseReason !== "restricted" && pauseReason !== "logged_out" && (phone === "linked" || phone === "reconnecting");

/** Why a message that failed, or was not answered for, cannot be sent again, as a reason's code; null when it can. */
export function againProblem(campaign: Campaign, row: Row): string | null {
  const { errorCode, obstacle } = row;
  if (!isOpen(campaign)) return "cancelled";
  if (row.status === "unknown") return repeatProblem({ errorCode, obstacle, isKept: row.isKept });
  if (row.status !== "failed") return errorCode ?? row.status;
  const accountFree = isAccountFree(campaign);
  return retryProblem({ errorCode, obstacle: obstacle ?? (row.hasText ? null : "message_gone"), accountFree });
}
