import type { ChatView, MessageBody, PhoneSettings, PhoneView } from "../contract/phones.ts";
import { type Ask, type Fetch, phonePath } from "./ask.ts";

/** What a person writes; `data` are the very bytes. */
export type MessageContent = Omit<MessageBody, "to" | "media"> & {
  media?: Omit<NonNullable<MessageBody["media"]>, "data"> & { data: Uint8Array };
};

/** Any phone: its screen, its settings, and what a person writes on it. */
export const phoneCalls = (ask: Ask, fetchBytes: Fetch) => ({
  /** The newest 500. */
  phones: () => ask<PhoneView[]>("GET", "/phones"),
  phone: (phone: string) => ask<PhoneView>("GET", phonePath(phone)),
  setPhone: (phone: string, settings: PhoneSettings) => ask<PhoneView>("PUT", phonePath(phone), settings),
  /** The person installs WhatsApp anew: other keys; an account's linked devices are logged out. */
  reinstall: (phone: string) => ask<PhoneView>("POST", phonePath(phone, "/reinstall")),
  /** What any phone shows. */
  phoneChats: (phone: string) => ask<ChatView[]>("GET", phonePath(phone, "/chats")),
  /** The bytes of a picture or file that a phone shows. */
  media: (phone: string, sha256: string) => fetchBytes(phonePath(phone, `/media/${encodeURIComponent(sha256)}`)),
  /** A person writes on their phone to a number or a group. */
  write: (from: string, to: string, text: string) =>
    ask<{ id: string }>("POST", phonePath(from, "/messages"), { to, text }),
  /** The same with media, or as a reply. */
  send: (from: string, to: string, { media, ...content }: MessageContent) => {
    const encoded = media && { ...media, data: Buffer.from(media.data).toString("base64") };
    return ask<{ id: string }>("POST", phonePath(from, "/messages"), { to, ...content, media: encoded });
  },
  /** A person opens a chat with a number or a group: everything in it becomes read. */
  read: (phone: string, chat: string) => ask<{ read: number }>("POST", phonePath(phone, "/read"), { with: chat }),
});
