import type { SignedInUser } from "#server/context.ts";
import type { Api } from "#server/route-api.ts";

/** The pretend phones, the codes of this account that wait for a scan, and what the chosen phone and chat show. */
export async function loadPhone(api: Api, user: SignedInUser | null, search: URLSearchParams) {
  const [phones, sessions] = await Promise.all([api.dev.phones(), api.wa.list()]);
  const own = sessions.flatMap((session) => (session.phone ? [session.phone] : []));
  const phone = search.get("phone") ?? own[0] ?? phones[0]?.phone ?? null;
  const chats = phone && phones.some((one) => one.phone === phone) ? await api.dev.chats({ phone }) : [];
  const contact = search.get("chat") ?? chats[0]?.with ?? null;
  const theirs = phone && contact ? await api.dev.chats({ phone: contact }) : [];
  return {
    phones,
    phone,
    chats: chats.map((chat) => ({ with: chat.with, name: chat.name, count: chat.messages.length })),
    open: contact
      ? {
          with: contact,
          name: chats.find((chat) => chat.with === contact)?.name ?? null,
          // What this person's own phone shows of the account.
          messages: theirs.find((chat) => chat.with === phone)?.messages ?? [],
        }
      : null,
    waiting: sessions
      .filter((session) => session.status === "waiting")
      .map((session) => ({ id: session.id, ready: session.qr !== null })),
    suggested: suggestPhone(user?.id ?? ""),
  };
}

export type PhoneData = Awaited<ReturnType<typeof loadPhone>>;

/** A number of this account's own, the same at every visit. */
function suggestPhone(userId: string): string {
  let sum = 7;
  for (const character of userId) sum = (sum * 31 + character.charCodeAt(0)) % 10_000_000;
  return `+62812${String(sum).padStart(7, "0")}`;
}
