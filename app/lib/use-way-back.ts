import { useLocation, useNavigationType } from "@remix-run/react";
import { useState } from "react";
import type { TablePlace } from "../components/long-table.tsx";
import type { Person } from "../routes/_app.contacts._index/load.ts";
import type { CursorPage } from "./use-cursor-pages.ts";

/** Where somebody was among the people when they opened one of them. */
export interface Place extends TablePlace {
  /** Which people were shown: the search of the address. */
  query: string;
  /** Of the list that was shown; null for everybody. */
  listName: string | null;
  /** The pages that were loaded after the first, by their cursors. */
  pages: ReadonlyMap<string, CursorPage<Person>>;
}

// Of this tab, in the browser alone: only clicks write it.
let left: Place | null = null;

export function leave(place: Place): void {
  left = place;
}

const BACK = { back: true };
const saysBack = (state: unknown) => typeof state === "object" && state !== null && "back" in state;

/** Where to begin: the place that was left, for whoever comes back to the same people by the browser or by a link. */
export function useReturn(query: string): Place | null {
  const way = useNavigationType();
  const { state } = useLocation();
  const [place] = useState(() => (left?.query === query && (way === "POP" || saysBack(state)) ? left : null));
  return place;
}

/** The link back to where somebody opened this person from; null when they came another way. */
export function useWayBack(personId: string) {
  const [place] = useState(() => (left?.id === personId ? left : null));
  if (!place) return null;
  return {
    label: place.listName === null ? "Back to the contacts" : `Back to ${place.listName}`,
    link: { to: `/contacts${place.query && `?${place.query}`}`, state: BACK, preventScrollReset: true },
  };
}
