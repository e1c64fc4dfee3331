/** The life of a campaign. It is never "failed" because of one row. */
export const campaignTransitions = {
  draft: ["running"],
  running: ["paused", "cancelling", "cancelled", "completed"],
  paused: ["running", "cancelling", "cancelled", "completed"],
  cancelling: ["cancelled"],
  cancelled: [],
  completed: [],
} as const satisfies Record<string, readonly string[]>;

export type CampaignStatus = keyof typeof campaignTransitions;

/** The statuses from which a campaign may become `to`. */
export function campaignStatusesBefore(to: CampaignStatus): CampaignStatus[] {
  return (Object.keys(campaignTransitions) as CampaignStatus[]).filter((from) =>
    (campaignTransitions[from] as readonly string[]).includes(to),
  );
}

export const pauseSentences = {
  user: "You paused it.",
  plan_expired: "Your plan has expired. Renew it to go on.",
  failures: "Three messages in a row could not be handed over. Check the phone's connection, then resume.",
  restricted: "WhatsApp restricts this account. Wait until it is lifted, then resume.",
  logged_out: "The phone was logged out. Link it again, then resume.",
} as const satisfies Record<string, string>;

export const TEMPLATE_MAX = 4_096;
const VARIABLE = /\{\{\s*([^{}|]{1,60}?)\s*(?:\|([^{}]{0,200}))?\}\}/g;

/** The variables a template names, each once, in order. */
export function templateVariables(template: string): string[] {
  return [...new Set([...template.matchAll(VARIABLE)].map((match) => match[1] ?? ""))].filter((name) => name !== "");
}

/** What a contact offers to a template: its name, its number and every column of its list. */
export function templateValues(contact: {
  name: string;
  phoneE164: string;
  attributes: Record<string, string>;
}): Map<string, string> {
  return new Map([...Object.entries(contact.attributes), ["name", contact.name], ["phone", contact.phoneE164]]);
}

/**
 * Fills a template in a single pass: a value that itself contains braces stays text. `{{name|friend}}` falls back to
 * "friend" where the contact has no name.
 */
export function renderTemplate(template: string, values: ReadonlyMap<string, string>): string {
  return template.replace(VARIABLE, (_all, name: string, fallback: string | undefined) => {
    const value = values.get(name)?.trim();
    return value ? value : (fallback ?? "").trim();
  });
}

/**
 * Whether somebody on the list gets a message, and if not why. An opt-out outranks everything.
 * @param contact `onWhatsapp` is null while nobody asked WhatsApp
 */
export function judgeRecipient(contact: {
  consent: boolean;
  suppressed: boolean;
  onWhatsapp: boolean | null;
}): "queued" | "no_consent" | "opted_out" | "not_on_whatsapp" {
  if (contact.suppressed) return "opted_out";
  if (!contact.consent) return "no_consent";
  return contact.onWhatsapp === false ? "not_on_whatsapp" : "queued";
}

/** The throttle in force: never below the floor, never upside down. Milliseconds. */
export function throttleInForce(
  asked: { minMs: number; maxMs: number },
  floorMs: number,
): { minMs: number; maxMs: number } {
  const minMs = Math.max(asked.minMs, floorMs);
  return { minMs, maxMs: Math.max(asked.maxMs, minMs) };
}
