import type { AccountSettings, AccountView, ConnectionFigures, SentView } from "../contract/accounts.ts";
import type { ChatView } from "../contract/phones.ts";
import { type Ask, accountPath } from "./ask.ts";

/** Accounts and what is linked to them. */
export const accountCalls = (ask: Ask) => ({
  accounts: () => ask<AccountView[]>("GET", "/accounts"),
  /** Makes the account of a number, or returns it. */
  openAccount: (phone: string, name?: string) => ask<AccountView>("POST", "/accounts", { phone, name }),
  account: (phone: string) => ask<AccountView>("GET", accountPath(phone)),
  /** The phone scans the text of a QR code; resolves when the device is linked. */
  scan: (phone: string, qr: string) => ask<{ deviceId: number }>("POST", accountPath(phone, "/scan"), { qr }),
  /** The phone's owner types the 8 characters a device shows; case and a dash do not matter. */
  enterLinkCode: (phone: string, code: string) =>
    ask<{ deviceId: number }>("POST", accountPath(phone, "/link-code"), { code }),
  /** What is left out stays. */
  setAccount: (phone: string, settings: AccountSettings) => ask<AccountView>("PUT", accountPath(phone), settings),
  /** The phone unlinks one device, or all. */
  unlink: (phone: string, deviceId?: number) =>
    ask<{ removed: number }>("POST", accountPath(phone, "/unlink"), { deviceId }),
  /** What the account's own phone shows. */
  chats: (phone: string) => ask<ChatView[]>("GET", accountPath(phone, "/chats")),
  /** What the server took from the account, by recipient, in order of arrival. */
  sent: (phone: string) => ask<SentView[]>("GET", accountPath(phone, "/sent")),
  connections: (phone: string) => ask<ConnectionFigures>("GET", accountPath(phone, "/connections")),
});
