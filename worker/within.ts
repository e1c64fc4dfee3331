import { setTimeout as sleep } from "node:timers/promises";

/**
 * Waits until something has ended, but `ms` at most: what goes on is left to itself then.
 * @returns whether it has ended. @throws what it throws before
 */
export async function within(ms: number, act: Promise<unknown>): Promise<boolean> {
  return await Promise.race([act.then(() => true), sleep(ms, false, { ref: false })]);
}
