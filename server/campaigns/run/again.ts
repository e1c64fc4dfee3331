import { repeatProblem, retryProblem } from "../../messages/rules.ts";

interface Row {
  status: string;
  errorCode: string | null;
  /** server/messages/obstacle.ts */
  obstacle: string | null;
  hasText: boolean;
  isKept: boolean;
}

/** Whether messages of a campaign may be sent again: not those of one that was cancelled. */
export const isOpen = (campaign: { status: string }): boolean =>
  campaign.status === "running" || campaign.status === "paused" || campaign.status === "completed";

/** Why a message that failed, or was not answered for, cannot be sent again, as a reason's code; null when it can. */
export function againProblem(campaign: { status: string; pauseReason: string | null }, row: Row): string | null {
  const { errorCode, obstacle } = row;
  if (!isOpen(campaign)) return "cancelled";
  if (row.status === "unknown") return repeatProblem({ errorCode, obstacle, isKept: row.isKept });
  if (row.status !== "failed") return errorCode ?? row.status;
  const accountFree = campaign.pauseReason !== "restricted" && campaign.pauseReason !== "logged_out";
  return retryProblem({ errorCode, obstacle: obstacle ?? (row.hasText ? null : "message_gone"), accountFree });
}
