import type { ChatView, PhoneSettings, PhoneView } from "../contract/phones.ts";
import { type Ask, phonePath } from "./ask.ts";

/** Any phone: its screen, its settings, and what a person writes on it. */
export const phoneCalls = (ask: Ask) => ({
  phone: (phone: string) => ask<PhoneView>("GET", phonePath(phone)),
  setPhone: (phone: string, settings: PhoneSettings) => ask<PhoneView>("PUT", phonePath(phone), settings),
  /** The person installs WhatsApp anew: other keys; an account's linked devices are logged out. */
  reinstall: (phone: string) => ask<PhoneView>("POST", phonePath(phone, "/reinstall")),
  /** What any phone shows. */
  phoneChats: (phone: string) => ask<ChatView[]>("GET", phonePath(phone, "/chats")),
  /** A person writes on their phone to another number. */
  write: (from: string, to: string, text: string) =>
    ask<{ id: string }>("POST", phonePath(from, "/messages"), { to, text }),
});
