import { isId } from "#db/ids.ts";
import type { Api } from "#server/route-api.ts";
import { idParam } from "../../lib/params.ts";

const SAMPLES = 3;

/** What the form chooses from, the draft it edits, and contacts of the chosen list to show the message on. */
export async function loadChoices(api: Api, search: URLSearchParams) {
  const [lists, sessions, draft] = await Promise.all([
    api.contacts.lists(),
    api.wa.list(),
    search.has("draft") ? api.campaigns.get({ id: idParam("campaign", search.get("draft")) }) : null,
  ]);
  const asked = search.get("list");
  const list = lists.find((one) => one.id === asked) ?? lists.find((one) => one.id === draft?.list?.id) ?? lists[0];
  const samples =
    list && isId("contactList", list.id) ? await api.contacts.sampleRows({ listId: list.id, count: SAMPLES }) : [];
  return {
    lists: lists.map(({ id, name, sendable, columns }) => ({ id, name, sendable, columns })),
    sessions: sessions.map(({ id, phone, pushName, status, label }) => ({ id, phone, pushName, status, label })),
    draft,
    chosen: list ?? null,
    samples,
  };
}

export type Choices = Awaited<ReturnType<typeof loadChoices>>;
