export { SimulatorRefused } from "./client/ask.ts";
export { connectSimulator, type SimulatorClient } from "./client/connect.ts";
export { type SpawnedSimulator, spawnSimulator } from "./client/spawn.ts";
export type { AccountView, ConnectionFigures, Delays, SentView } from "./contract/accounts.ts";
export type { FaultSettings } from "./contract/faults.ts";
export type { ChatView, PhoneSettings, PhoneView } from "./contract/phones.ts";
export type { Condition, JournalEntry, SeedBody, WorldView } from "./contract/world.ts";
