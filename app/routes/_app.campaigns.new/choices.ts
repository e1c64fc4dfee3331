import type { Api } from "#server/route-api.ts";
import { idParam } from "../../lib/params.ts";

const SAMPLES = 3;

/** What the form chooses from, the draft it edits, whom the chosen list would reach, and contacts to show the message on. */
export async function loadChoices(api: Api, search: URLSearchParams) {
  const [all, sessions, draft] = await Promise.all([
    api.contacts.lists(),
    api.wa.list(),
    search.has("draft") ? api.campaigns.get({ id: idParam("campaign", search.get("draft")) }) : null,
  ]);
  const purpose = draft?.purpose ?? (search.get("purpose") === "confirmation" ? "confirmation" : "message");
  const lists = purpose === "confirmation" ? all.filter((list) => list.doubleOptIn) : all;
  const asked = search.get("list");
  const list = lists.find((one) => one.id === asked) ?? lists.find((one) => one.id === draft?.lists[0]?.id) ?? lists[0];
  const [samples, reach] = list
    ? await Promise.all([
        api.contacts.sampleRows({ listId: list.id, count: SAMPLES }),
        api.campaigns.reach({ listIds: [list.id], purpose }),
      ])
    : [[], null];
  return {
    purpose,
    lists: lists.map(({ id, name, total }) => ({ id, name, total })),
    sessions: sessions.map(({ id, phone, pushName, status, label }) => ({ id, phone, pushName, status, label })),
    draft,
    chosen: list && reach ? { id: list.id, name: list.name, columns: list.columns, reach } : null,
    samples,
  };
}

export type Choices = Awaited<ReturnType<typeof loadChoices>>;
