import type { Faults } from "../faults/faults.ts";
import type { Tampering } from "../faults/tampering.ts";
import type { MediaStorage } from "../media/storage.ts";
import type { Connection } from "../wire/connection.ts";
import type { Clock } from "../world/clock.ts";
import type { Journal } from "../world/journal.ts";
import type { Random } from "../world/random.ts";
import type { Account, Device } from "../world/schema.ts";
import type { SignalPhones } from "../world/signal.ts";
import type { Store } from "../world/store.ts";
import type { Delivery } from "./delivery.ts";
import type { MessageNames } from "./names.ts";
import type { WorkQueue } from "./work.ts";

/** One logged-in client: a linked device on its connection. */
export interface Client {
  account: Account;
  device: Device;
  connection: Connection;
  /** Whether it asked for its messages; before that nothing is pushed to it. */
  active: boolean;
  /** Stanzas held back to come out of order, by what lets them go. */
  held: Map<string, Set<() => void>>;
}

/** What every part of the service works with. */
export interface Context {
  store: Store;
  /** The simulated time: nothing here asks `Date.now()`. */
  clock: Clock;
  /** Everything left to chance. */
  random: Random;
  /** What messages are called when something about them is left to chance. */
  names: MessageNames;
  journal: Journal;
  signal: SignalPhones;
  delivery: Delivery;
  /** Decryption and the like: done after the answers. */
  work: WorkQueue;
  /** Encrypted uploads, and what phones show. */
  media: MediaStorage;
  faultsOf: (phone: string) => Faults;
  /** What is falsified on purpose. */
  tampering: Tampering;
}
