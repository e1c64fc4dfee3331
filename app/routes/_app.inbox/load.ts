import type { ConversationRow } from "#server/inbox/list.ts";
import type { Api } from "#server/route-api.ts";
import { idCursor, oneOf } from "../../lib/params.ts";

export type { ConversationRow };
export type ConversationPage = Awaited<ReturnType<Api["inbox"]["list"]>>;

/** Names of the address's parameters that say which conversations are listed. */
export const LIST_PARAMS = ["search", "show", "phone"] as const;

/** A page of the conversations that the address asks for. */
export function readList(api: Api, query: URLSearchParams): Promise<ConversationPage> {
  return api.inbox.list({
    search: query.get("search")?.trim().slice(0, 100) || undefined,
    show: oneOf(query.get("show"), ["all", "unread"]) ?? "all",
    waSessionId: idCursor("waSession", query.get("phone")),
    cursor: query.get("cursor")?.slice(0, 80) || undefined,
  });
}

/** The part of an address that says which conversations are listed: whoever opens one keeps it. */
export function listSearch(query: URLSearchParams): string {
  const kept = new URLSearchParams();
  for (const name of LIST_PARAMS) for (const value of query.getAll(name)) if (value) kept.set(name, value);
  return kept.size > 0 ? `?${kept}` : "";
}
