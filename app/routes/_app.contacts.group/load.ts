import { statusesForGroups } from "#server/groups/rules.ts";
import type { Api } from "#server/route-api.ts";
import { idParam } from "../../lib/params.ts";

type Status = Awaited<ReturnType<Api["wa"]["list"]>>[number]["status"];
const statuses: readonly Status[] = statusesForGroups;

/** What the page shows: the groups of a phone, one of them, or the list that was made of it. The address says which. */
export async function loadGroups(api: Api, query: URLSearchParams) {
  if (!(await api.groups.available())) return { view: "off" } as const;
  const sessions = (await api.wa.list())
    .filter(({ status }) => statuses.includes(status))
    .map(({ id, phone, pushName, status }) => ({ id, phone, pushName, status }));
  const session = sessions.find(({ id }) => id === query.get("session")) ?? sessions[0];
  if (query.has("list")) {
    const list = await api.contacts.list({ id: idParam("contactList", query.get("list")) });
    return { view: "imported", list, session: session ?? null } as const;
  }
  if (!session) return { view: "no_phone" } as const;
  const sessionId = session.id;
  if (query.has("question")) {
    const group = await api.groups.preview({ sessionId, question: idParam("waCommand", query.get("question")) });
    const list = group.imported ? await api.contacts.list({ id: group.imported }) : null;
    return { view: "group", session, group, listName: list?.name ?? group.subject ?? "" } as const;
  }
  const search = query.get("search")?.slice(0, 100) ?? "";
  return { view: "groups", sessions, session, search, told: await api.groups.list({ sessionId, search }) } as const;
}

type Loaded = Awaited<ReturnType<typeof loadGroups>>;
export type GroupsView = Extract<Loaded, { view: "groups" }>;
export type GroupView = Extract<Loaded, { view: "group" }>;
export type ImportedView = Extract<Loaded, { view: "imported" }>;

/** The address of a phone's groups. */
export const groupsOf = (sessionId: string): string => `/contacts/group?${new URLSearchParams({ session: sessionId })}`;
