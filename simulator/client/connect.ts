import { accountCalls } from "./accounts.ts";
import { askAt, fetchAt } from "./ask.ts";
import { faultCalls } from "./faults.ts";
import { graphCalls } from "./graph.ts";
import { groupCalls } from "./groups.ts";
import { phoneCalls } from "./phones.ts";
import { worldCalls } from "./world.ts";

/** The control of a running simulator. Every method throws SimulatorRefused when the simulator says no. */
export const connectSimulator = (baseUrl: string) => {
  const ask = askAt(baseUrl);
  return {
    /** Where Baileys connects: `waWebSocketUrl`. */
    webSocketUrl: new URL("/ws/chat", baseUrl.replace(/^http/, "ws")).href,
    ...worldCalls(ask),
    ...accountCalls(ask),
    ...faultCalls(ask),
    ...groupCalls(ask),
    ...graphCalls(ask),
    ...phoneCalls(ask, fetchAt(baseUrl)),
  };
};
export type SimulatorClient = ReturnType<typeof connectSimulator>;
