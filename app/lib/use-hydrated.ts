import { useSyncExternalStore } from "react";

const never = () => () => {};

/** Whether the page is alive: false while it is as the server made it, true from the first moment of a screen that was gone to. */
export function useHydrated(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}
