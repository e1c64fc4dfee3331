import { type Id, isId } from "#db/ids.ts";
import type { Api } from "#server/route-api.ts";
import { inFold } from "./words.ts";

/** Rules on a page: more are seldom wanted at once, and each is a form. */
export const PAGE = 50;

export type Automation = Awaited<ReturnType<Api["rules"]["list"]>>;
export type Rule = Automation["rules"][number];

/** What the page shows: the rules, or the editor of one of them. */
export async function load(api: Api, request: Request) {
  const { searchParams } = new URL(request.url);
  const automation = await api.rules.list();
  const edit = searchParams.get("edit");
  const editing = edit === "new" ? null : automation.rules.find(({ id }) => id === edit);
  if (edit !== null && edit !== "new" && !editing) throw new Response(null, { status: 404 });
  const search = searchParams.get("q") ?? "";
  const found = automation.rules.flatMap((rule, at) => (inFold(rule, search) ? [{ ...rule, at }] : []));
  const from = Math.min(Math.max(0, Math.floor(Number(searchParams.get("from")) || 0)), Math.max(0, found.length - 1));
  return {
    ...automation,
    rules: found.slice(from, from + PAGE),
    total: automation.rules.length,
    found: found.length,
    from,
    search,
    editor: edit === null ? null : { rule: editing ?? null, back: await chosenFile(api, searchParams) },
  };
}

/** A file that was chosen on a page of its own, for browsers without JavaScript. */
async function chosenFile(api: Api, searchParams: URLSearchParams) {
  const media = searchParams.get("media");
  if (media === null) return null;
  const id = isId("media", media) ? (media satisfies Id<"media">) : null;
  return { response: Number(searchParams.get("response")) || 0, media: id && (await api.media.get({ id })) };
}

export type RulesPage = Awaited<ReturnType<typeof load>>;
export type PlacedRule = RulesPage["rules"][number];
