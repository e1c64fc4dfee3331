import { z } from "zod";
import type { Context } from "../service/context.ts";
import { GraphRefusal } from "./errors.ts";
import { graphId } from "./numbers.ts";
import { placeholders } from "./rules.ts";
import type { Template, Waba } from "./schema.ts";
import { tell } from "./webhooks/events.ts";

const DEFAULT_LIMIT = 25;
const LONGEST = { HEADER: 60, BODY: 1024, FOOTER: 60, BUTTON: 25 };
const MAX_BUTTONS = 10;

const buttonSchema = z.looseObject({
  type: z.enum(["QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE", "OTP"]),
  text: z.string().min(1).max(LONGEST.BUTTON).optional(),
  url: z.string().max(2000).optional(),
});
const componentSchema = z.looseObject({
  type: z.string().transform((type) => type.toUpperCase()),
  format: z.enum(["TEXT", "IMAGE", "DOCUMENT", "VIDEO", "LOCATION"]).optional(),
  text: z.string().optional(),
  buttons: z.array(buttonSchema).max(MAX_BUTTONS).optional(),
});
const creationSchema = z.object({
  name: z.string().regex(/^[a-z0-9_]{1,512}$/, "may only have lowercase letters, digits and underscores"),
  language: z.string().regex(/^[a-z]{2,3}(_[A-Z]{2})?$/, "is not a language code"),
  category: z.enum(["MARKETING", "UTILITY", "AUTHENTICATION"]),
  parameter_format: z
    .string()
    .transform((format) => format.toUpperCase())
    .pipe(z.enum(["POSITIONAL", "NAMED"]))
    .default("POSITIONAL"),
  components: z.array(componentSchema).min(1),
});
type Creation = z.output<typeof creationSchema>;

const invalid = (details: string, subcode?: number): GraphRefusal =>
  new GraphRefusal(100, { details, ...(subcode === undefined ? {} : { subcode }) });

const isNumbered = (names: string[]): boolean =>
  names
    .map(Number)
    .toSorted((a, b) => a - b)
    .every((number, index) => number === index + 1);

const checkText = ({ parameter_format }: Creation, component: Creation["components"][number]): void => {
  const { type, text = "" } = component;
  if (type !== "HEADER" && type !== "BODY" && type !== "FOOTER") return;
  if (!text.trim()) throw invalid(`${type}: the text is missing`);
  if (text.length > LONGEST[type])
    throw invalid(`${type}: the text is longer than ${LONGEST[type]} characters`, 2388040);
  const names = placeholders(text);
  if (type === "FOOTER" && names.length) throw invalid("FOOTER: parameters are not allowed", 2388073);
  if (type === "HEADER" && names.length > 1) throw invalid("HEADER: only one parameter is allowed", 2388047);
  if (parameter_format === "POSITIONAL" && !isNumbered(names)) {
    throw invalid(`${type}: parameters must be {{1}}, {{2}} and so on without a gap`, 2388023);
  }
  if (parameter_format === "NAMED" && !names.every((name) => /^[a-z_][a-z0-9_]*$/.test(name))) {
    throw invalid(`${type}: parameter names may only have lowercase letters, digits and underscores`, 2388073);
  }
  if (names.length && !component.example) throw invalid(`${type}: parameters need an example`, 2388043);
};

const checkComponents = (creation: Creation): void => {
  if (!creation.components.some(({ type }) => type === "BODY")) throw invalid("components: BODY is missing");
  for (const component of creation.components) {
    if (component.type !== "HEADER" || (component.format ?? "TEXT") === "TEXT") checkText(creation, component);
  }
};

const armReview = (ctx: Context, waba: Waba, template: Template): void => {
  if (template.reviewAt === null) return;
  ctx.clock.at(template.reviewAt, () => {
    if (template.reviewAt !== null && waba.templates.get(template.id) === template) {
      setStatus(ctx, waba, template, "APPROVED");
    }
  });
};

/** `POST /{waba-id}/message_templates`: under review, and approved after the account's `reviewMs`. Throws GraphRefusal. */
export const createTemplate = (ctx: Context, waba: Waba, body: unknown): object => {
  const parsed = creationSchema.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw invalid(`${issue?.path.join(".") ?? "body"}: ${issue?.message ?? "is not valid"}`);
  }
  const { name, language, category, components, parameter_format } = parsed.data;
  checkComponents(parsed.data);
  if (templateNamed(waba, name, language)) throw invalid("Content in this language already exists", 2388024);
  const template: Template = {
    id: graphId(ctx, "template"),
    name,
    language,
    category,
    status: "PENDING",
    parameterFormat: parameter_format,
    components,
    reviewAt: waba.reviewMs === null ? null : ctx.clock.now() + waba.reviewMs,
  };
  waba.templates.set(template.id, template);
  armReview(ctx, waba, template);
  ctx.store.touch();
  return { id: template.id, status: template.status, category };
};

/** The template with this name in this language. */
export const templateNamed = (waba: Waba, name: string, language: string): Template | undefined =>
  [...waba.templates.values()].find((each) => each.name === name && each.language === language);

/** A review ends, or WhatsApp changes its mind: the app is told. */
export const setStatus = (ctx: Context, waba: Waba, template: Template, status: Template["status"]): void => {
  template.status = status;
  template.reviewAt = null;
  tell(ctx, waba.id, "message_template_status_update", {
    event: status,
    message_template_id: Number(template.id),
    message_template_name: template.name,
    message_template_language: template.language,
    message_template_category: template.category,
    reason: status === "REJECTED" ? "INVALID_FORMAT" : "NONE",
    ...(status === "DISABLED" && { disable_info: { disable_date: String(Math.floor(ctx.clock.now() / 1000)) } }),
    ...(status === "PAUSED" && { other_info: { title: "FIRST_PAUSE", description: "The template is paused." } }),
  });
  ctx.store.touch();
};

const FIELDS = ["name", "parameter_format", "components", "language", "status", "category", "id"];

const fieldOf = (template: Template, field: string): unknown => {
  if (field === "parameter_format") return template.parameterFormat;
  if (field === "quality_score") return { score: "UNKNOWN" };
  if (field === "rejected_reason") return template.status === "REJECTED" ? "INVALID_FORMAT" : "NONE";
  return Object.entries(template).find(([key]) => key === field)?.[1];
};

/** A template with the fields asked for; its id always. */
export const templateView = (template: Template, fields = FIELDS): Record<string, unknown> =>
  Object.fromEntries(
    [...new Set([...fields, "id"])]
      .map((field): [string, unknown] => [field, fieldOf(template, field)])
      .filter(([, value]) => value !== undefined),
  );

const cursorOf = (template: Template | undefined): string => Buffer.from(template?.id ?? "").toString("base64url");

/** `GET /{waba-id}/message_templates`: filtered, cut into pages by cursors. `url` is the request's. */
export const listTemplates = (waba: Waba, url: URL): object => {
  const asked = url.searchParams;
  const fits = (name: "status" | "name" | "language" | "category") => (template: Template) =>
    !asked.get(name) || asked.get(name)?.split(",").includes(template[name]);
  const all = [...waba.templates.values()]
    .filter(fits("status"))
    .filter(fits("name"))
    .filter(fits("language"))
    .filter(fits("category"));
  const limit = Math.max(1, Number(asked.get("limit")) || DEFAULT_LIMIT);
  const [after, before] = [asked.get("after"), asked.get("before")];
  const place = (cursor: string) => all.findIndex((template) => cursorOf(template) === cursor);
  const end = before ? Math.max(0, place(before)) : undefined;
  const start = end === undefined ? (after ? place(after) + 1 : 0) : Math.max(0, end - limit);
  const page = all.slice(start, end ?? start + limit);
  const turn = (key: "after" | "before", cursor: string) => {
    const target = new URL(url);
    target.searchParams.delete(key === "after" ? "before" : "after");
    target.searchParams.set(key, cursor);
    return target.href;
  };
  const cursors = { before: cursorOf(page[0]), after: cursorOf(page.at(-1)) };
  const paging = {
    cursors,
    ...(start + page.length < all.length && { next: turn("after", cursors.after) }),
    ...(start > 0 && { previous: turn("before", cursors.before) }),
  };
  const fields = asked.get("fields")?.split(",");
  return { data: page.map((template) => templateView(template, fields)), ...(page.length && { paging }) };
};

/** `DELETE /{waba-id}/message_templates?name=…[&hsm_id=…]`: in every language, or the one with this id. */
export const deleteTemplates = (ctx: Context, waba: Waba, name: string | null, id: string | null): object => {
  if (!name) throw new GraphRefusal(100, { message: "(#100) The parameter name is required." });
  const found = [...waba.templates.values()].filter((each) => each.name === name && (!id || each.id === id));
  if (!found.length) throw invalid("Message template was not found", 2593002);
  for (const each of found) waba.templates.delete(each.id);
  ctx.store.touch();
  return { success: true };
};

/** After a restart: the reviews go on. */
export const resumeReviews = (ctx: Context): void => {
  for (const waba of ctx.store.business.wabas.values()) {
    for (const template of waba.templates.values()) armReview(ctx, waba, template);
  }
};
