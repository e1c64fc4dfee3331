import { sql } from "drizzle-orm";
import type { Id } from "#db/ids.ts";
import type { GroupKey } from "#server/groups/schema.ts";
import type { GroupBody, GroupView } from "#simulator/client.ts";
import { newPhone } from "./factories.ts";
import { createStage, until } from "./stage.ts";

export const keyOf = ({ id }: { id: string }): GroupKey => `group:${id}`;
export const phones = (n: number) => Array.from({ length: n }, () => ({ phone: newPhone() }));

/** A stage with a user whose phone is linked, and the words for what happens to groups on it. */
export async function createGroupStage() {
  const stage = await createStage();
  const user = await stage.signUp();
  const linked = await stage.linkPhone(user);
  const { sessionId } = linked;
  const { groups } = user.api;

  const makeGroup = (group: Partial<GroupBody> & { subject: string }) =>
    stage.simulator.createGroup({ owner: newPhone(), ...group });
  /** Asks and waits for the answer. */
  async function opened(asked: { groupKey: GroupKey } | { inviteLink: string }) {
    const { question } = await groups.open({ sessionId, ...asked });
    return until("the group", async () => {
      const told = await groups.preview({ sessionId, question });
      return told.state !== "asking" && told;
    });
  }
  return {
    stage,
    user,
    linked,
    makeGroup,
    /** A group that our phone is in. */
    ourGroup: ({ participants = [], ...group }: Partial<GroupBody> & { subject: string }) =>
      makeGroup({ ...group, participants: [{ phone: linked.phone }, ...participants] }),
    list: (search?: string) => groups.list({ sessionId, search }),
    async refreshed(search?: string) {
      await groups.refresh({ sessionId });
      return until("the groups", async () => {
        const told = await groups.list({ sessionId, search });
        return told.state !== "asking" && told;
      });
    },
    opened,
    async imported(group: GroupView, listName?: string) {
      await opened({ groupKey: keyOf(group) });
      return groups.import({ sessionId, groupKey: keyOf(group), listName });
    },
    peopleOn: (listId: Id<"contactList">) =>
      stage.db.execute<{ phone: string; name: string; consent: boolean; evidence: number }>(sql`
        select c.phone_e164 as phone, c.name, c.consent,
               (select count(*)::int from consent_events e where e.contact_id = c.id) as evidence
          from contacts c join contact_list_members m on m.contact_id = c.id
         where m.contact_list_id = ${listId} order by c.id`),
  };
}

export type GroupStage = Awaited<ReturnType<typeof createGroupStage>>;
