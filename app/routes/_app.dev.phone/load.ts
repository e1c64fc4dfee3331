import { z } from "zod";
import type { SignedInUser } from "#server/context.ts";
import { troublesInForce } from "#server/dev-phone/rules.ts";
import { chatWith } from "#server/dev-phone/schema.ts";
import type { Api } from "#server/route-api.ts";
import { oneOf } from "../../lib/params.ts";

export const tabs = ["chats", "devices", "people", "groups", "faults"] as const;

const BAD_GATEWAY = 502;
const MESSAGES_SHOWN = 100;

/** What the chosen phone and tab show; only why not when the local WhatsApp does not answer. */
export async function loadPage(api: Api, user: SignedInUser | null, search: URLSearchParams) {
  try {
    return { down: null, ...(await loadPhone(api, user, search)) };
  } catch (thrown) {
    if (!(thrown instanceof Response) || thrown.status !== BAD_GATEWAY) throw thrown;
    const body: unknown = await thrown.json();
    return { down: z.object({ message: z.string() }).parse(body).message };
  }
}

async function loadPhone(api: Api, user: SignedInUser | null, search: URLSearchParams) {
  const [accounts, sessions] = await Promise.all([api.dev.phones(), api.wa.list()]);
  const own = new Set(sessions.flatMap((session) => (session.phone ? [session.phone] : [])));
  const phones = [
    ...accounts.filter(({ phone }) => own.has(phone)),
    ...accounts.filter(({ phone }) => !own.has(phone)),
  ];
  const wanted = search.get("phone");
  const account = wanted === null ? phones[0] : phones.find(({ phone }) => phone === wanted);
  const tab = oneOf(search.get("tab"), tabs) ?? (search.has("session") ? "devices" : "chats");
  const chosen = account?.phone;
  const limits = chosen ? await api.dev.limits({ phone: chosen }) : { reachout: null, newChats: null };
  const chat = chatWith.safeParse(search.get("chat")).data ?? null;
  return {
    tab,
    phones: phones.map(({ phone, name }) => ({ phone, name, own: own.has(phone) })),
    account: account && { ...account, own: own.has(account.phone), troubles: troublesInForce({ ...account, limits }) },
    suggested: account && wanted !== null ? account.phone : suggestPhone(user?.id ?? ""),
    waiting: sessions
      .filter((session) => session.status === "waiting" && session.linkBy === "qr")
      .map((session) => ({ id: session.id, ready: session.qr !== null })),
    /** The code that this account shows for the phone at this moment. */
    code:
      sessions.find((session) => session.pairingCode !== null && session.pairingPhone === chosen)?.pairingCode ?? null,
    chats: chosen && tab === "chats" ? await loadChats(api, chosen, chat, search.get("as")) : null,
    people: chosen && tab === "people" ? await loadPeople(api, chosen, chat) : null,
    groups: chosen && tab === "groups" ? await loadGroups(api, chosen, chat) : null,
    faults: chosen && tab === "faults" ? await loadFaults(api) : null,
  };
}

/** The chats of a phone, the newest first, and the open one as the phone `as` shows it. */
async function loadChats(api: Api, phone: string, open: string | null, as: string | null) {
  const isGroup = open?.endsWith("@g.us") ?? false;
  const [chats, groups, people] = await Promise.all([
    api.dev.chats({ phone }),
    isGroup ? api.dev.groups() : [],
    isGroup ? api.dev.people() : open ? [await api.dev.person({ phone: open })] : [],
  ]);
  const group = groups.find(({ id }) => id === open);
  const holders = group ? group.participants.map((member) => member.phone) : open && !isGroup ? [phone, open] : [];
  const holder = holders.find((each) => each === as) ?? phone;
  const theirs = holder === phone ? chats : await api.dev.chats({ phone: holder });
  const other = holder === phone || isGroup ? open : phone;
  const names = new Map(
    [...people, ...chats.map((one) => ({ phone: one.with, name: one.name }))].map((one) => [one.phone, one.name]),
  );
  return {
    list: chats
      .map(({ with: peer, name, messages }) => ({
        with: peer,
        name,
        last: messages.at(-1) ?? null,
        unread: messages.filter((message) => !message.fromMe && message.status !== "read").length,
      }))
      .sort((a, b) => (b.last?.at.getTime() ?? 0) - (a.last?.at.getTime() ?? 0)),
    open: open &&
      other && {
        with: open,
        name: group?.subject ?? names.get(open) ?? null,
        isGroup,
        holder,
        holders: holders.map((each) => ({ phone: each, name: names.get(each) ?? null })),
        other,
        names: Object.fromEntries(names),
        messages: theirs.find((one) => one.with === other)?.messages.slice(-MESSAGES_SHOWN) ?? [],
      },
  };
}

/** Whom the phone has chats with, then everybody else WhatsApp knows, and the settings of one of them. */
async function loadPeople(api: Api, phone: string, open: string | null) {
  const [chats, people] = await Promise.all([api.dev.chats({ phone }), api.dev.people()]);
  const known = new Set(chats.map((chat) => chat.with));
  const others = people.filter((person) => person.phone !== phone);
  const isPerson = open !== null && !open.endsWith("@g.us") && open !== phone;
  return {
    list: [...others.filter((one) => known.has(one.phone)), ...others.filter((one) => !known.has(one.phone))],
    person: isPerson ? await api.dev.person({ phone: open }) : null,
  };
}

/** The groups of the phone, then the others. */
async function loadGroups(api: Api, phone: string, open: string | null) {
  const groups = await api.dev.groups();
  const isMember = (group: (typeof groups)[number]) => group.participants.some((member) => member.phone === phone);
  return {
    list: [...groups.filter(isMember), ...groups.filter((group) => !isMember(group))].map((group) => ({
      id: group.id,
      subject: group.subject,
      members: group.participants.length,
      isMember: isMember(group),
    })),
    group: groups.find(({ id }) => id === open) ?? null,
  };
}

async function loadFaults(api: Api) {
  const [world, journal] = await Promise.all([api.dev.world(), api.dev.journal()]);
  return { world, journal };
}

type Page = Awaited<ReturnType<typeof loadPage>>;
export type PhoneData = Extract<Page, { down: null }>;
type Present<K extends keyof PhoneData> = NonNullable<PhoneData[K]>;
export type AccountData = Present<"account">;
export type ChatsData = Present<"chats">;
export type OpenChat = NonNullable<Exclude<ChatsData["open"], "">>;
export type PeopleData = Present<"people">;
export type GroupsData = Present<"groups">;
export type FaultsData = Present<"faults">;

/** A number of this account's own, the same at every visit. */
function suggestPhone(userId: string): string {
  let sum = 7;
  for (const character of userId) sum = (sum * 31 + character.charCodeAt(0)) % 10_000_000;
  return `+62812${String(sum).padStart(7, "0")}`;
}
