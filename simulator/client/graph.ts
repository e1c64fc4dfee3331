import type {
  Attempt,
  Behaviour,
  BehaviourSettings,
  BusinessNumberChange,
  BusinessNumberView,
  GraphFaultSettings,
  GraphFaults,
  NewBusinessNumber,
  NewBusinessNumberView,
} from "../contract/graph.ts";
import { type Ask, phonePath } from "./ask.ts";

/** The business side of the Cloud API; the API itself is called with plain `fetch` under `/v25.0/…`. */
export const graphCalls = (ask: Ask) => ({
  /** A number with an account and an app of its own, unless they are named; the same phone again changes it. */
  openBusinessNumber: (number: NewBusinessNumber) => ask<NewBusinessNumberView>("POST", "/business/numbers", number),
  businessNumbers: () => ask<BusinessNumberView[]>("GET", "/business/numbers"),
  /** What is left out stays. */
  setBusinessNumber: (phoneNumberId: string, change: BusinessNumberChange) =>
    ask<BusinessNumberView>("PUT", `/business/numbers/${phoneNumberId}`, change),
  /** Sets the named faults, leaves the others. */
  setBusinessFaults: (phoneNumberId: string, faults: GraphFaultSettings) =>
    ask<GraphFaults>("PUT", `/business/numbers/${phoneNumberId}/faults`, faults),
  clearBusinessFaults: (phoneNumberId: string) =>
    ask<GraphFaults>("DELETE", `/business/numbers/${phoneNumberId}/faults`),
  openToken: (token: { appId: string; expiresInMs?: number; scopes?: string[]; token?: string }) =>
    ask<{ accessToken: string }>("POST", "/business/tokens", token),
  expireToken: (accessToken: string) =>
    ask<{ expiresAt: number }>("POST", `/business/tokens/${encodeURIComponent(accessToken)}/expire`),
  /** Asks the receiver for the challenge first; rejects with 422 when it does not answer rightly. */
  setWebhook: (appId: string, webhook: { url: string; verifyToken: string; fields?: string[] }) =>
    ask<{ url: string }>("PUT", `/business/apps/${appId}/webhook`, webhook),
  setWebhookBehaviour: (appId: string, behaviour: BehaviourSettings) =>
    ask<Behaviour>("PUT", `/business/apps/${appId}/webhook-behaviour`, behaviour),
  /** Every try to deliver a webhook, oldest first, the newest 1000. */
  deliveries: (appId: string) => ask<Attempt[]>("GET", `/business/apps/${appId}/deliveries`),
  /** In every language unless one is named. */
  setTemplateStatus: (
    wabaId: string,
    name: string,
    change: { status: "PENDING" | "APPROVED" | "REJECTED" | "PAUSED" | "DISABLED"; language?: string },
  ) => ask<{ changed: number }>("POST", `/business/templates/${wabaId}/${encodeURIComponent(name)}/status`, change),
  /** A person taps a quick reply under a template. */
  tap: (tap: { from: string; business: string; messageId: string; button: number }) =>
    ask<{ id: string }>("POST", "/business/taps", tap),
  /** A person reacts to a message in the chat with a business; an empty emoji takes it back. */
  reactToBusiness: (reaction: { from: string; business: string; messageId: string; emoji: string }) =>
    ask<{ id: string }>("POST", "/business/reactions", reaction),
  /** A person stops, or resumes, marketing messages of a business. */
  setMarketing: (phone: string, business: string, stop: boolean) =>
    ask<{ stopped: boolean }>("POST", phonePath(phone, "/marketing"), { business, stop }),
});
