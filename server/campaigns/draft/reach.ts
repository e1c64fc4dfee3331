import { sql } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { contacts } from "#db/schema/index.ts";
import type { VerdictCounts } from "../rules.ts";
import { type Aim, countAudience, getOwnLists, isAimedAt, onSeveral } from "./audience.ts";

/** Whom a campaign would reach, and whom not and why. */
export interface Reach {
  people: VerdictCounts;
  /** Of all of them: how many are on more than one of the chosen lists. Each is one recipient. */
  onSeveralLists: number;
  /** Of those of one list who have not confirmed: how many can still be asked to. */
  askable: number;
  /** The most that one campaign may reach. */
  limit: number;
  /** Of the one list that was chosen, when it was made from a group: the group, and the phone that is in it. */
  group: { name: string; members: number; hidden: number; waSessionId: Id<"waSession"> } | null;
}

/** Counts whom a campaign would reach; quick for lists of any length. @throws not_found */
export async function readReach(tx: Db, userId: Id<"user">, aim: Aim, limit: number): Promise<Reach> {
  const [list, another] = await getOwnLists(tx, userId, aim.listIds);
  await getOwnLists(tx, userId, aim.exceptListIds);
  const people = await countAudience(tx, userId, aim);
  const several =
    aim.listIds.length > 1
      ? await tx.$count(contacts, sql`${isAimedAt(userId, aim)} and ${onSeveral(aim.listIds)}`)
      : 0;
  const single = list && !another && aim.tags.length === 0 ? list : null;
  // A question goes to one list.
  const waiting = single?.doubleOptIn && people.not_confirmed > 0;
  const askable = waiting ? (await countAudience(tx, userId, { ...aim, purpose: "confirmation" })).queued : 0;
  return {
    people,
    onSeveralLists: several,
    askable,
    limit,
    group:
      single?.groupKey && single.waSessionId
        ? {
            name: single.name,
            members: single.total + single.hiddenMembers,
            hidden: single.hiddenMembers,
            waSessionId: single.waSessionId,
          }
        : null,
  };
}
