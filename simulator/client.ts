export { SimulatorRefused } from "./client/ask.ts";
export { connectSimulator, type SimulatorClient } from "./client/connect.ts";
export type { MessageContent } from "./client/phones.ts";
export { type SpawnedSimulator, spawnSimulator } from "./client/spawn.ts";
export type { AccountSettings, AccountView, ConnectionFigures, Delays, SentView } from "./contract/accounts.ts";
export type { FaultSettings, LimitSettings, Limits, TamperingSettings } from "./contract/faults.ts";
export type {
  Attempt,
  Behaviour,
  BusinessNumberView,
  GraphFaults,
  NewBusinessNumber,
  NewBusinessNumberView,
} from "./contract/graph.ts";
export type { GroupAction, GroupBody, GroupSettings, GroupView } from "./contract/groups.ts";
export type { ChatView, Media, PhoneSettings, PhoneView, Shown } from "./contract/phones.ts";
export type { Condition, JournalEntry, SeedBody, WorldView } from "./contract/world.ts";
