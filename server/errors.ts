import type { TRPC_ERROR_CODE_KEY } from "@trpc/server/rpc";
import { adminRefusals } from "./admin/refusals.ts";
import { automationRefusals } from "./automation/refusals.ts";
import { billingRefusals } from "./billing/refusals.ts";
import { inboxRefusals } from "./inbox/refusals.ts";
import { mediaRefusals } from "./media/refusals.ts";
import { phoneRefusals } from "./wa/refusals.ts";
import { webhookRefusals } from "./webhooks/refusals.ts";

interface Refusal {
  trpc: TRPC_ERROR_CODE_KEY;
  status: number;
  message: (details: Details) => string;
}
export type Details = Readonly<Record<string, string | number>>;

const say = (text: string) => () => text;

/** Every way the product says no, worded once. A sentence says what is wrong and what to do about it. */
export const refusals = {
  invalid_input: { trpc: "BAD_REQUEST", status: 400, message: say("Some fields need another look.") },
  not_signed_in: { trpc: "UNAUTHORIZED", status: 401, message: say("Sign in to go on.") },
  wrong_credentials: {
    trpc: "UNAUTHORIZED",
    status: 401,
    message: say("This e-mail address and password do not match an account."),
  },
  cross_site: {
    trpc: "FORBIDDEN",
    status: 403,
    message: say("This request came from another site and was refused. Open the app itself and try again."),
  },
  not_found: { trpc: "NOT_FOUND", status: 404, message: say("There is nothing here, or it is not yours.") },
  email_taken: {
    trpc: "CONFLICT",
    status: 409,
    message: say("An account with this e-mail address exists. Sign in instead."),
  },
  wrong_state: {
    trpc: "CONFLICT",
    status: 409,
    message: (d) => `This cannot be done while it is ${String(d.status ?? "in its present state").replace("_", " ")}.`,
  },
  session_busy: {
    trpc: "CONFLICT",
    status: 409,
    message: say("This WhatsApp session is busy with another request. Wait a moment and try again."),
  },
  session_not_linked: {
    trpc: "CONFLICT",
    status: 409,
    message: say("This phone is not linked at the moment. Link it on the Link page, then start."),
  },
  too_many_sessions: {
    trpc: "CONFLICT",
    status: 409,
    message: (d) => `You can have ${d.limit} linked phones. Remove one to link another.`,
  },
  too_many_recipients: {
    trpc: "UNPROCESSABLE_CONTENT",
    status: 422,
    message: (d) => `A campaign may have ${d.limit} recipients; this list has ${d.count}. Use a smaller list.`,
  },
  no_recipients: {
    trpc: "UNPROCESSABLE_CONTENT",
    status: 422,
    message: say("Nobody on this list can be messaged: no contact with consent is left. Import contacts who agreed."),
  },
  missing_variables: {
    trpc: "UNPROCESSABLE_CONTENT",
    status: 422,
    message: (d) => `The template uses ${d.names}, which the chosen people do not have. Use one of: ${d.known}.`,
  },
  file_too_large: {
    trpc: "PAYLOAD_TOO_LARGE",
    status: 413,
    message: (d) => `The file is larger than ${d.limit}. Split it and import the parts.`,
  },
  unreadable_file: { trpc: "UNPROCESSABLE_CONTENT", status: 422, message: (d) => String(d.why) },
  no_usable_rows: {
    trpc: "UNPROCESSABLE_CONTENT",
    status: 422,
    message: say(
      "No row of this file can be imported yet. Mend the rows on this page, or mend the file and upload it again.",
    ),
  },
  too_many_tries: {
    trpc: "TOO_MANY_REQUESTS",
    status: 429,
    message: (d) => `Too many tries. Wait ${d.seconds} seconds and try again.`,
  },
  simulator_unavailable: {
    trpc: "BAD_GATEWAY",
    status: 502,
    message: (d) => `The local WhatsApp did not do that: ${d.why}`,
  },
  group_import_off: {
    trpc: "FORBIDDEN",
    status: 403,
    message: say("Group import is switched off here. Import a file in which each person's consent is noted."),
  },
  group_not_read: {
    trpc: "CONFLICT",
    status: 409,
    message: say("What WhatsApp said of this group is not at hand any more. Open the group again, then import it."),
  },
  group_too_large: {
    trpc: "UNPROCESSABLE_CONTENT",
    status: 422,
    message: (d) => `This group has ${d.size} members. Groups of up to ${d.limit} members can be imported.`,
  },
  list_too_long: {
    trpc: "UNPROCESSABLE_CONTENT",
    status: 422,
    message: (d) => `This list has ${d.count} people; a campaign goes through ${d.limit} at most. Use a smaller list.`,
  },
  member_opted_out: {
    trpc: "CONFLICT",
    status: 409,
    message: (d) =>
      d.count === 1
        ? "A member of this group asked not to be messaged, and a message to its chat would reach them. Write to the others one by one."
        : `${d.count} members of this group asked not to be messaged, and a message to its chat would reach them. Write to the others one by one.`,
  },
  no_group_chat: {
    trpc: "UNPROCESSABLE_CONTENT",
    status: 422,
    message: say("This list was not made from a group, so there is no chat of a group to write to."),
  },
  group_chat_phone: {
    trpc: "UNPROCESSABLE_CONTENT",
    status: 422,
    message: (d) => `Only the phone that is in the group can write to its chat. Choose ${d.phone}.`,
  },
  group_chat_text: {
    trpc: "UNPROCESSABLE_CONTENT",
    status: 422,
    message: (d) => `A group's chat gets one text, the same for everybody in it. Take ${d.names} out.`,
  },
  not_for_group_chat: {
    trpc: "UNPROCESSABLE_CONTENT",
    status: 422,
    message: say(
      "This is about single people. A group's chat is one recipient: choose each person who agreed instead.",
    ),
  },
  no_double_opt_in: {
    trpc: "UNPROCESSABLE_CONTENT",
    status: 422,
    message: say("This list does not wait for a YES. Switch double opt-in on for it, then ask its people to confirm."),
  },
  no_yes_asked: {
    trpc: "UNPROCESSABLE_CONTENT",
    status: 422,
    message: say("Ask for the word YES in this text: it is what people answer to confirm."),
  },
  nobody_confirmed: {
    trpc: "UNPROCESSABLE_CONTENT",
    status: 422,
    message: say("Nobody on this list has confirmed with YES yet. Ask them to confirm first."),
  },
  nobody_to_ask: {
    trpc: "UNPROCESSABLE_CONTENT",
    status: 422,
    message: say("Nobody is left to ask: everyone on this list who agreed has confirmed, or was asked before."),
  },
  phone_not_chosen: {
    trpc: "UNPROCESSABLE_CONTENT",
    status: 422,
    message: say("You have linked more than one phone. Choose the one that asks."),
  },
  phone_taken: {
    trpc: "CONFLICT",
    status: 409,
    message: (d) => `${d.name} has this number already. Merge the two contacts, or give another number.`,
  },
  opted_out: {
    trpc: "CONFLICT",
    status: 409,
    message: say("This person asked not to be messaged. Only they can lift it, by writing START to your phone."),
  },
  opted_out_number: {
    trpc: "CONFLICT",
    status: 409,
    message: say("The number of somebody who opted out cannot be changed: their opt-out belongs to it."),
  },
  list_in_use: {
    trpc: "CONFLICT",
    status: 409,
    message: (d) =>
      `The campaign ${d.campaign} goes to this list. Wait until it has ended, or delete its draft, then remove the list.`,
  },
  erase_waits: {
    trpc: "CONFLICT",
    status: 409,
    message: (d) => `${d.why}. Wait until that is settled, then erase them.`,
  },
  no_name: { trpc: "UNPROCESSABLE_CONTENT", status: 422, message: say("Name the campaign.") },
  no_audience: { trpc: "UNPROCESSABLE_CONTENT", status: 422, message: say("Choose who gets it: a list or a tag.") },
  no_phone: { trpc: "UNPROCESSABLE_CONTENT", status: 422, message: say("Choose the phone that sends it.") },
  no_text: { trpc: "UNPROCESSABLE_CONTENT", status: 422, message: say("Write the message.") },
  text_too_long: {
    trpc: "UNPROCESSABLE_CONTENT",
    status: 422,
    message: (d) =>
      `For ${d.name} the message has ${d.length} characters; WhatsApp takes ${d.limit}. Shorten it, or leave a long value out.`,
  },
  pace_upside_down: {
    trpc: "UNPROCESSABLE_CONTENT",
    status: 422,
    message: say("The longest wait must not be shorter than the shortest."),
  },
  draft_changed: {
    trpc: "CONFLICT",
    status: 409,
    message: say("This draft was changed elsewhere meanwhile, perhaps in another tab."),
  },
  too_many_templates: {
    trpc: "CONFLICT",
    status: 409,
    message: (d) => `You keep ${d.limit} texts, which is the most. Delete one, then save this one.`,
  },
  template_name_taken: {
    trpc: "CONFLICT",
    status: 409,
    message: (d) => `You have a text with the name “${d.name}”. Give this one another name.`,
  },
  recipients_changed: {
    trpc: "CONFLICT",
    status: 409,
    message: (d) =>
      `You typed ${d.typed}, but it would go to ${d.now}. Look at who gets it, then type that number. Nothing was started.`,
  },
  text_empty: {
    trpc: "UNPROCESSABLE_CONTENT",
    status: 422,
    message: (d) =>
      `For ${d.name} nothing is left of the message. Give its variables a fallback, such as {{name|friend}}.`,
  },
  exception_dates: { trpc: "UNPROCESSABLE_CONTENT", status: 422, message: (d) => String(d.why) },
  schedule_time: { trpc: "UNPROCESSABLE_CONTENT", status: 422, message: (d) => String(d.why) },
  too_many_tests: {
    trpc: "TOO_MANY_REQUESTS",
    status: 429,
    message: (d) => `You can send yourself ${d.limit} tests an hour. The next can go in ${d.minutes} minutes.`,
  },
  nobody_failed: {
    trpc: "UNPROCESSABLE_CONTENT",
    status: 422,
    message: say("Nobody is left to write to again: no message failed, or its person opted out or was removed since."),
  },
  cannot_retry: { trpc: "CONFLICT", status: 409, message: (d) => String(d.why) },
  nothing_to_retry: {
    trpc: "CONFLICT",
    status: 409,
    message: say("Nothing here can be tried again at the moment. The reasons say what else can be done."),
  },
  cannot_undo: { trpc: "CONFLICT", status: 409, message: (d) => String(d.why) },
  ...adminRefusals,
  ...automationRefusals,
  ...billingRefusals,
  ...mediaRefusals,
  ...inboxRefusals,
  ...phoneRefusals,
  ...webhookRefusals,
} as const satisfies Record<string, Refusal>;

export type RefusalCode = keyof typeof refusals;

/** A refusal. Thrown by use cases, translated to HTTP and to a sentence by server/trpc.ts alone. */
export class DomainError extends Error {
  readonly code: RefusalCode;
  readonly details: Details;
  /** Field name to sentence, for refusals that belong to a form field. */
  readonly fields: Readonly<Record<string, string>>;
  constructor(code: RefusalCode, details: Details = {}, fields: Readonly<Record<string, string>> = {}) {
    super(refusals[code].message(details));
    this.name = "DomainError";
    this.code = code;
    this.details = details;
    this.fields = fields;
  }
}

/** What a refused request carries in its body, over tRPC (`data.refusal`) and to Remix routes alike. */
export interface RefusalBody {
  code: RefusalCode | "internal";
  message: string;
  details: Details;
  fields: Readonly<Record<string, string>>;
  requestId: string;
}
