import { useNavigation, useRevalidator } from "@remix-run/react";
import { createTRPCClient, httpSubscriptionLink } from "@trpc/client";
import { useCallback, useEffect, useRef, useState } from "react";
import type { AppRouter } from "#server/router.ts";
import { readRouter } from "./router-now.ts";

// A little more than a quarter of a second: requests leave a moment later than they are asked for, some more than others.
const MIN_GAP_MS = 280;
/** A shorter break is not worth a word. */
const RECONNECT_MS = 3_000;

/** When the page's data was reloaded last. Of the tab: several parts of a screen may want that at once. */
let reloadedAt = 0;

/** Whether Remix loads something at this moment: a reload that comes meanwhile would cut the other off. */
function isLoading(): boolean {
  const router = readRouter();
  return router !== undefined && (router.navigation.state !== "idle" || router.revalidation !== "idle");
}

/** Reloads the page's data, at most four times a second and never in the way of a navigation. */
function useReload(): () => void {
  const { revalidate, state } = useRevalidator();
  const navigation = useNavigation();
  const [wanted, setWanted] = useState(false);
  const askedAt = useRef(0);
  useEffect(() => {
    if (!wanted || state !== "idle" || navigation.state !== "idle") return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const reload = () => {
      if (isLoading()) {
        timer = setTimeout(reload, MIN_GAP_MS);
        return;
      }
      setWanted(false);
      // Another part of the screen had it done since.
      if (reloadedAt > askedAt.current) return;
      reloadedAt = Date.now();
      revalidate();
    };
    timer = setTimeout(reload, Math.max(0, reloadedAt + MIN_GAP_MS - Date.now()));
    return () => clearTimeout(timer);
  }, [wanted, state, navigation.state, revalidate]);
  return useCallback(() => {
    askedAt.current = Date.now();
    setWanted(true);
  }, []);
}

/**
 * The tab's one live stream: an event is a hint, so every one of them, and every reconnect, reloads the page's data.
 * @param loadedAt when the page's data was read, by the server's clock: the stream begins with what happened since
 * @returns whether the stream is open, short breaks aside
 */
export function useLive(loadedAt: number): boolean {
  const reload = useReload();
  const [since] = useState(loadedAt);
  const [open, setOpen] = useState(true);
  useEffect(() => {
    const client = createTRPCClient<AppRouter>({ links: [httpSubscriptionLink({ url: "/trpc" })] });
    let opened = false;
    let patience: ReturnType<typeof setTimeout> | undefined;
    const stream = client.live.events.subscribe(
      { since },
      {
        onData: reload,
        onConnectionStateChange: ({ state }) => {
          if (state !== "pending") {
            patience ??= setTimeout(() => setOpen(false), RECONNECT_MS);
            return;
          }
          clearTimeout(patience);
          patience = undefined;
          setOpen(true);
          // Whatever happened while the stream was away was not announced.
          if (opened) reload();
          opened = true;
        },
        onError: () => setOpen(false),
      },
    );
    return () => {
      clearTimeout(patience);
      stream.unsubscribe();
    };
  }, [reload, since]);
  return open;
}

/**
 * Reloads the page's data every so often while `active`: the net under a screen whose events could be lost. Asked first
 * whether the server is there: a reload that fails would replace the page, and what is typed on it, by an error.
 */
export function useReloadEvery(ms: number, active: boolean): void {
  const reload = useReload();
  useEffect(() => {
    if (!active) return;
    const reloadIfThere = () =>
      fetch("/healthz", { cache: "no-store" }).then(
        ({ ok }) => ok && reload(),
        () => {},
      );
    const timer = setInterval(() => void reloadIfThere(), ms);
    return () => clearInterval(timer);
  }, [reload, ms, active]);
}
