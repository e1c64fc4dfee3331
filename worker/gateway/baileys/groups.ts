import "./quiet.ts";
import type { BaileysEventEmitter, GroupMetadata, makeWASocket } from "@whiskeysockets/baileys";
import { z } from "zod";
import type { GroupQuestion, ListedGroup, ReadGroup } from "#server/groups/schema.ts";
import type { Person } from "../gateway.ts";
import { identityOf, jidOf } from "./translate.ts";

type Socket = Pick<
  ReturnType<typeof makeWASocket>,
  "groupFetchAllParticipating" | "groupMetadata" | "groupGetInviteInfo" | "authState"
>;
type Participant = GroupMetadata["participants"][number];

/** Nobody tells when an event was missed: after so long a group is asked for again. */
const FRESH_MS = 60 * 60_000;

/** Who is in a group, as long as nothing was heard of a change. Belongs to one connection: what changes while away is not missed. */
export interface GroupCache {
  /** Baileys' `cachedGroupMetadata`. @returns undefined when WhatsApp does not tell: Baileys then asks by itself, and throws */
  get: (jid: string) => Promise<GroupMetadata | undefined>;
  /** Forgets a group when WhatsApp says that it, or who is in it, has changed. */
  follow(ev: Pick<BaileysEventEmitter, "on">): void;
}

/** @param fetch asks WhatsApp: without a cache that is one question for each message to a group, which it limits */
export function groupCache(fetch: (jid: string) => Promise<GroupMetadata>): GroupCache {
  const kept = new Map<string, { at: number; metadata: Promise<GroupMetadata | undefined> }>();
  const forget = (groups: readonly { id?: string | undefined }[]) => {
    for (const { id } of groups) if (id) kept.delete(id);
  };
  return {
    get(jid) {
      const found = kept.get(jid);
      if (found && performance.now() - found.at < FRESH_MS) return found.metadata;
      // The question itself is kept: messages that come meanwhile wait for it, and a change meanwhile drops its answer.
      const metadata = fetch(jid).catch(() => {
        if (kept.get(jid)?.metadata === metadata) kept.delete(jid);
        return undefined;
      });
      kept.set(jid, { at: performance.now(), metadata });
      return metadata;
    },
    follow(ev) {
      ev.on("groups.upsert", forget);
      ev.on("groups.update", forget);
      ev.on("group-participants.update", (change) => forget([change]));
    },
  };
}

/** WhatsApp answered that this phone may not see the group, or that the invite link leads nowhere. */
export class GroupRefused extends Error {
  readonly why: "not_in_group" | "no_such_invite";
  constructor(why: "not_in_group" | "no_such_invite") {
    super(why === "not_in_group" ? "This phone is not in that group." : "The invite link leads to no group.");
    this.name = "GroupRefused";
    this.why = why;
  }
}

/** Codes of WhatsApp's refusals: not allowed, forbidden, gone; for an invite code also malformed, unknown, revoked. */
const NOT_IN_GROUP = new Set([401, 403, 404]);
const NO_SUCH_INVITE = new Set([400, 401, 403, 404, 406, 410]);
const refusal = z.object({ data: z.number() });

/** Baileys' errors carry the whole answer, names and numbers included: only what it comes to goes on. */
async function asking<T>(question: Promise<T>, codes: ReadonlySet<number>, why: GroupRefused["why"]): Promise<T> {
  return question.catch((error: unknown) => {
    const said = refusal.safeParse(error);
    if (said.success && codes.has(said.data.data)) throw new GroupRefused(why);
    throw new Error("WhatsApp did not answer a question about groups");
  });
}

/** Under which identities a group shows a participant: by number or LID, and by the other if it is not hidden. */
function shownAs({ id, phoneNumber, lid }: Participant): Person[] {
  return [identityOf(id), identityOf(phoneNumber), identityOf(lid)].filter((person) => person !== null);
}

/** Under which identities this phone may be shown. */
export function ownIdentities({ authState }: Pick<Socket, "authState">): Set<Person> {
  const { me } = authState.creds;
  return new Set([identityOf(me?.id), identityOf(me?.lid)].filter((person) => person !== null));
}

/** Everybody in a group, under each identity WhatsApp shows of them. @throws GroupRefused, or when WhatsApp does not answer */
export async function membersOf(sock: Socket, cache: GroupCache, jid: string): Promise<Person[]> {
  const cached = await cache.get(jid);
  const { participants } = cached ?? (await asking(sock.groupMetadata(jid), NOT_IN_GROUP, "not_in_group"));
  return participants.flatMap(shownAs);
}

type Pn = Extract<Person, `pn:${string}`>;
type Lid = Extract<Person, `lid:${string}`>;
const isPn = (person: Person): person is Pn => person.startsWith("pn:");
const isLid = (person: Person): person is Lid => person.startsWith("lid:");

/** A number counts as shown when this group's own answer has it: what may be known from elsewhere uncovers nobody. */
function describe(group: GroupMetadata, own: ReadonlySet<Person>) {
  const others = group.participants.filter((each) => !shownAs(each).some((person) => own.has(person)));
  const members: ReadGroup["members"] = others.flatMap((each) => {
    const shown = shownAs(each);
    const pn = shown.find(isPn);
    if (!pn) return [];
    const name = each.name ?? each.notify ?? each.username ?? null;
    return [{ pn, lid: shown.find(isLid) ?? null, name, admin: Boolean(each.admin) }];
  });
  const listed: ListedGroup = {
    key: `group:${group.id}`,
    subject: group.subject ?? "",
    size: group.size ?? group.participants.length,
    hidden: group.participants.length === 0 ? null : others.length - members.length,
  };
  return { listed, members, isIn: others.length < group.participants.length };
}

/** The groups this phone is in, without those that only hold other groups together. @throws when WhatsApp does not answer */
export async function listGroups(sock: Socket): Promise<ListedGroup[]> {
  const groups = await asking(sock.groupFetchAllParticipating(), new Set(), "not_in_group");
  const own = ownIdentities(sock);
  return Object.values(groups)
    .filter(({ isCommunity }) => !isCommunity)
    .map((group) => describe(group, own).listed);
}

/**
 * Who is in a group that this phone is in, asked anew. An invite link is only looked up: nobody joins.
 * @param largest more members than that are counted, not told
 * @throws GroupRefused, or when WhatsApp does not answer
 */
export async function readGroup(sock: Socket, asked: GroupQuestion, largest: number): Promise<ReadGroup> {
  const jid =
    "invite" in asked
      ? (await asking(sock.groupGetInviteInfo(asked.invite), NO_SUCH_INVITE, "no_such_invite")).id
      : jidOf(asked.groupKey);
  const group = await asking(sock.groupMetadata(jid), NOT_IN_GROUP, "not_in_group");
  const { listed, members, isIn } = describe(group, ownIdentities(sock));
  if (!isIn) throw new GroupRefused("not_in_group");
  return { ...listed, members: listed.size > largest ? [] : members };
}
