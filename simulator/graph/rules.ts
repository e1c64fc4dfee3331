import type { Fault } from "./errors.ts";
import type { Template } from "./schema.ts";

/** A service window is open for 24 hours after the person's last message. */
export const WINDOW_MS = 86_400_000;
/** One message in six seconds to the same person, of which 45 may be borrowed ahead. */
export const PAIR_MS = 6000;
export const PAIR_BURST = 45;
const SECOND_MS = 1000;
const RETRY_FIRST_MS = 5000;
const RETRY_LONGEST_MS = 12 * 3_600_000;
/** Webhooks are given up a week after the first try. */
const RETRY_FOR_MS = 7 * 86_400_000;

/** Whether a business may write freely to somebody who last wrote at `heardAt`. */
export const windowOpen = (heardAt: number | undefined, now: number): boolean =>
  heardAt !== undefined && now < heardAt + WINDOW_MS;

/** The allowance of a pair after one more message, or undefined when it is used up. `until` is what is borrowed so far. */
export const pairAllowance = (until: number | undefined, now: number): number | undefined => {
  const begin = Math.max(until ?? 0, now);
  return begin - now > (PAIR_BURST - 1) * PAIR_MS ? undefined : begin + PAIR_MS;
};

/** The times of the messages of the last second with one more, or undefined when that is too many. */
export const withinThroughput = (recent: number[], perSecond: number, now: number): number[] | undefined => {
  const lastSecond = recent.filter((at) => at > now - SECOND_MS);
  return lastSecond.length < perSecond ? [...lastSecond, now] : undefined;
};

/** When a webhook that was not answered with 200 is sent again, or undefined when it is given up. */
export const retryAt = (attempts: number, firstAt: number, now: number): number | undefined => {
  const at = now + Math.min(RETRY_FIRST_MS * 4 ** (attempts - 1), RETRY_LONGEST_MS);
  return at > firstAt + RETRY_FOR_MS ? undefined : at;
};

/** A recipient as businesses write it (spaces, dashes, brackets, with or without +) as E.164, or undefined. */
export const recipientOf = (to: string): string | undefined => {
  const digits = to.replaceAll(/[\s().-]/g, "").replace(/^\+/, "");
  return /^[1-9]\d{6,14}$/.test(digits) ? `+${digits}` : undefined;
};

/** What a webhook is signed over: JSON in which every character that is not ASCII, and every slash, is escaped. */
export const escapedJson = (value: unknown): string =>
  JSON.stringify(value)
    .replaceAll("/", "\\/")
    .replaceAll(/[\u007f-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** The placeholders of a text, each once, in the order of the text. */
export const placeholders = (text: string): string[] => [
  ...new Set([...text.matchAll(/\{\{\s*([^{}\s]+)\s*\}\}/g)].map((match) => match[1] ?? "")),
];

/** One parameter as it is sent. */
export interface Parameter {
  type: string;
  text?: string | undefined;
  parameter_name?: string | undefined;
  payload?: string | undefined;
  image?: MediaReference | undefined;
  document?: MediaReference | undefined;
  video?: MediaReference | undefined;
}
export interface MediaReference {
  id?: string | undefined;
  link?: string | undefined;
  caption?: string | undefined;
  filename?: string | undefined;
}
/** One component as it is sent. */
export interface Component {
  type: string;
  sub_type?: string | undefined;
  index?: string | number | undefined;
  parameters?: Parameter[] | undefined;
}
/** A template with its parameters put in. */
export interface Rendered {
  text: string;
  media: { kind: "image" | "document" | "video"; reference: MediaReference } | null;
  buttons: { text: string; payload: string }[];
}

const LONGEST = { header: 60, body: 1024 };
const said = (value: unknown): string => (typeof value === "string" ? value : "");

/** What is wrong with the value of a text parameter. */
const textFault = (text: string | undefined): Fault | undefined => {
  if (!text?.trim()) return { code: 131_008, details: "Parameter of type text is missing text value" };
  if (/[\n\r\t]| {5,}/.test(text)) {
    const details = "Param text cannot have new-line/tab characters or more than 4 consecutive spaces";
    return { code: 132_018, details };
  }
  if (/\p{Cc}/u.test(text)) return { code: 132_007, details: "Param text cannot have control characters" };
  return undefined;
};

/** Puts parameters into one text of a template, or says which rule they break. */
const fill = (part: "header" | "body", text: string, given: Parameter[], named: boolean): Fault | { text: string } => {
  const wanted = placeholders(text);
  const wrongType = given.find(({ type }) => type !== "text");
  if (wrongType) {
    const details = `${part}: Format mismatch, expected TEXT, received ${wrongType.type.toUpperCase()}`;
    return { code: 132_012, details };
  }
  if (given.length !== wanted.length) {
    const counts = `number of localizable_params (${given.length}) does not match the expected number of params`;
    return { code: 132_000, details: `${part}: ${counts} (${wanted.length})` };
  }
  const values = new Map<string, string>();
  for (const [index, parameter] of given.entries()) {
    const name = named ? parameter.parameter_name : String(index + 1);
    if (!name) return { code: 100, details: "Parameter name is missing or empty" };
    if (!wanted.includes(name)) return { code: 132_012, details: `${part}: there is no parameter named ${name}` };
    const fault = textFault(parameter.text);
    if (fault) return fault;
    values.set(name, said(parameter.text));
  }
  const missing = wanted.find((name) => !values.has(name));
  if (missing) return { code: 132_000, details: `${part}: the parameter ${missing} was not given` };
  const filled = text.replaceAll(/\{\{\s*([^{}\s]+)\s*\}\}/g, (_, name: string) => values.get(name) ?? "");
  if (filled.length <= LONGEST[part]) return { text: filled };
  return { code: 132_005, details: `${part}: the text is longer than ${LONGEST[part]} characters` };
};

const MEDIA_HEADERS = { IMAGE: "image", DOCUMENT: "document", VIDEO: "video" } as const;
type MediaFormat = keyof typeof MEDIA_HEADERS;
const isMediaFormat = (format: unknown): format is MediaFormat => typeof format === "string" && format in MEDIA_HEADERS;

const mediaHeader = (format: MediaFormat, given: Parameter[]): Fault | { media: NonNullable<Rendered["media"]> } => {
  const kind = MEDIA_HEADERS[format];
  const parameter = given[0];
  const reference = parameter?.[kind];
  if (parameter?.type === kind && (reference?.id || reference?.link)) return { media: { kind, reference } };
  const received = parameter && parameter.type !== kind ? parameter.type.toUpperCase() : "UNKNOWN";
  return { code: 132_012, details: `header: Format mismatch, expected ${format}, received ${received}` };
};

const buttonsOf = (template: Template): Record<string, unknown>[] => {
  const list = template.components.find(({ type }) => said(type).toUpperCase() === "BUTTONS")?.buttons;
  return Array.isArray(list) ? list : [];
};

const renderButtons = (template: Template, sent: Component[]): Fault | { buttons: Rendered["buttons"] } => {
  const buttons: Rendered["buttons"] = [];
  const wanted = buttonsOf(template);
  for (const [index, button] of wanted.entries()) {
    const parameters = sent.find((each) => Number(each.index) === index)?.parameters ?? [];
    if (said(button.type) === "URL" && placeholders(said(button.url)).length) {
      const fault = parameters[0] ? textFault(parameters[0].text) : missingButton(index);
      if (fault) return fault;
    }
    if (said(button.type) !== "QUICK_REPLY") continue;
    const text = said(button.text);
    buttons.push({ text, payload: parameters[0]?.payload ?? text });
  }
  const beyond = sent.find(({ index }) => index === undefined || !wanted[Number(index)]);
  if (!beyond) return { buttons };
  return { code: 132_000, details: `buttons: there is no button at index ${beyond.index ?? "(none)"}` };
};

const missingButton = (index: number): Fault => ({
  code: 131_008,
  details: `Button at index ${index} of type Url requires a parameter`,
});

const STOPPED: Partial<Record<Template["status"], Fault>> = {
  PAUSED: { code: 132_015, details: "The template is paused due to low quality" },
  DISABLED: { code: 132_016, details: "The template is disabled due to low quality" },
};

/** Whether a template of that name and language may be sent at all. Those not approved are as if they were not there. */
export const sendable = (template: Template | undefined, name: string, language: string): Fault | Template => {
  const missing = { code: 132_001, details: `template name (${name}) does not exist in ${language}` };
  if (!template) return missing;
  return STOPPED[template.status] ?? (template.status === "APPROVED" ? template : missing);
};

/** A template as the phone shows it, or the rule that its parameters break. */
export const renderTemplate = (template: Template, sent: Component[]): Fault | Rendered => {
  const named = template.parameterFormat === "NAMED";
  const given = (type: string) => sent.filter((each) => each.type.toLowerCase() === type);
  const lines: string[] = [];
  let media: Rendered["media"] = null;
  for (const component of template.components) {
    const type = said(component.type).toUpperCase();
    if (type === "HEADER" && isMediaFormat(component.format)) {
      const header = mediaHeader(component.format, given("header")[0]?.parameters ?? []);
      if ("code" in header) return header;
      media = header.media;
    } else if (type === "HEADER" || type === "BODY") {
      const part = type === "HEADER" ? "header" : "body";
      const filled = fill(part, said(component.text), given(part)[0]?.parameters ?? [], named);
      if ("code" in filled) return filled;
      lines.push(filled.text);
    } else if (type === "FOOTER") lines.push(said(component.text));
  }
  const header = template.components.some(({ type }) => said(type).toUpperCase() === "HEADER");
  const count = given("header")[0]?.parameters?.length ?? 0;
  if (!header && count) {
    return { code: 132_000, details: `header: number of localizable_params (${count}) does not match (0)` };
  }
  const rendered = renderButtons(template, given("button"));
  return "code" in rendered ? rendered : { text: lines.join("\n"), media, buttons: rendered.buttons };
};
