import "./quiet.ts";
import type { ReachoutTimelockState, WASocket } from "@whiskeysockets/baileys";
import { z } from "zod";
import type { GatewayEvent } from "../gateway.ts";

const amount = z.coerce.number().int().nullish().catch(null);
const capping = z.object({
  total_quota: amount,
  used_quota: amount,
  capping_status: z.string().nullish().catch(null),
  cycle_end_timestamp: amount,
});

/** What WhatsApp says of a ban on new chats. Only `isActive` counts: the end may be missing (WAHA issue 2219). */
export function fromReachout(state: ReachoutTimelockState): GatewayEvent {
  return { type: "reachout", active: state.isActive === true, until: state.timeEnforcementEnds ?? null };
}

/** WhatsApp's quota of new chats; seconds since 1970 in its times. Anything it does not say is null. */
export function fromCapping(info: unknown): GatewayEvent {
  const said = capping.safeParse(info);
  const { total_quota, used_quota, capping_status, cycle_end_timestamp } = said.success ? said.data : {};
  return {
    type: "new_chats",
    total: total_quota ?? null,
    used: used_quota ?? null,
    state: capping_status ?? "NONE",
    cycleEnds: cycle_end_timestamp ? new Date(cycle_end_timestamp * 1000) : null,
  };
}

/** @returns what asks how the account stands with its limits; the answers are events. It throws when WhatsApp does not answer. */
export function limitsOf(sock: WASocket, emit: (event: GatewayEvent) => void): () => Promise<void> {
  let told = 0;
  sock.ws.on("CB:notification,type:mex", () => {
    told += 1;
  });
  const ask = async (): Promise<void> => {
    const toldBefore = told;
    // Its answer comes as an update of the connection.
    await sock.fetchAccountReachoutTimelock();
    emit(fromCapping(await sock.fetchNewChatMessageCap()));
    // WhatsApp told of a change meanwhile: an answer from before it may be read after it, and would undo it.
    if (told !== toldBefore) await ask();
  };
  return ask;
}
