import { contactStates } from "#server/contacts/schema.ts";
import type { Api } from "#server/route-api.ts";
import { idCursor, idParam, oneOf } from "../../lib/params.ts";

export type ContactPage = Awaited<ReturnType<Api["contacts"]["page"]>>;
export type Person = ContactPage["rows"][number];
export type ContactList = Awaited<ReturnType<Api["contacts"]["lists"]>>[number];
export type ListFigures = Awaited<ReturnType<Api["contacts"]["list"]>>;

/** Which people are shown: all of it is in the address, so a view can be sent to somebody. */
export function readFilters(query: URLSearchParams) {
  const list = query.get("list");
  return {
    listId: list ? idParam("contactList", list) : undefined,
    search: query.get("search")?.trim().slice(0, 100) || undefined,
    tag: query.get("tag") || undefined,
    state: oneOf(query.get("state"), contactStates),
  };
}

/** A page of those people, from the address's cursor on. */
export function readPage(api: Api, query: URLSearchParams, limit: number): Promise<ContactPage> {
  return api.contacts.page({ ...readFilters(query), cursor: idCursor("contact", query.get("cursor")), limit });
}
