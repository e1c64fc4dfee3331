import type { GroupAction, GroupBody, GroupSettings, GroupView } from "../contract/groups.ts";
import type { Ask } from "./ask.ts";

const groupPath = (id: string, rest = ""): string => `/groups/${encodeURIComponent(id)}${rest}`;

/** Groups: who is in them and what they are called. What is done here is done by their owner. */
export const groupCalls = (ask: Ask) => ({
  groups: () => ask<GroupView[]>("GET", "/groups"),
  group: (id: string) => ask<GroupView>("GET", groupPath(id)),
  createGroup: (group: GroupBody) => ask<GroupView>("POST", "/groups", group),
  /** All of them, or none and a refusal that names the first it cannot be done to. */
  changeParticipants: (id: string, action: GroupAction, phones: string[]) =>
    ask<GroupView>("POST", groupPath(id, "/participants"), { action, phones }),
  setGroup: (id: string, settings: GroupSettings) => ask<GroupView>("PUT", groupPath(id), settings),
});
