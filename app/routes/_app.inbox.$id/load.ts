import type { Api } from "#server/route-api.ts";

export type Conversation = Awaited<ReturnType<Api["inbox"]["get"]>>;
export type Messages = Awaited<ReturnType<Api["inbox"]["messages"]>>;
export type Message = Messages["messages"][number];
export type OurMessage = Extract<Message, { from: "us" }>;
export type TheirMessage = Extract<Message, { from: "them" }>;

/** How somebody is called: by the contact's name, else by the number; WhatsApp hides that of some. */
export const calledBy = ({ name, phone }: { name: string | null; phone: string | null }): string =>
  name ?? phone ?? "Hidden number";
