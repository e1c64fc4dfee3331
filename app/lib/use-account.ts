import { useRouteLoaderData } from "@remix-run/react";
import type { loader } from "../routes/_app/route.tsx";

/** The signed-in account and what the shell shows of it; null on public pages. */
export function useAccount() {
  return useRouteLoaderData<typeof loader>("routes/_app") ?? null;
}

export function useTimeZone(): string {
  return useAccount()?.user?.tz ?? "UTC";
}
