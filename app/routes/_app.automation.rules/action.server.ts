import { parseWithZod } from "@conform-to/zod/v4";
import { data } from "@remix-run/node";
import {
  autoSettingsInput,
  enableRuleInput,
  moveRuleInput,
  pauseRulesInput,
  resumePhoneInput,
  ruleRef,
} from "#server/automation/schema.ts";
import type { Api } from "#server/route-api.ts";
import { INTENT_FIELD, ownFields } from "../../lib/form-data.ts";
import { count } from "../../lib/format.ts";
import { form, submit } from "../../lib/submit.server.ts";
import { replayForm, ruleForm, ruleOf, TRIAL_FIELD, TRIAL_PREFIX, tryForm, UNNAMED } from "./forms.ts";

const HERE = "/automation/rules";

/** What a form of the page shows when it was accepted. */
export interface Shown {
  tried?: Awaited<ReturnType<Api["rules"]["try"]>>;
  /** The contact it was tried as. */
  as?: string | null;
  replayed?: Awaited<ReturnType<Api["rules"]["replay"]>>;
  /** Of a trial that came with the editor's form: what was asked, and what was wrong with it. */
  kept?: { of: "try" | "replay"; problems: Record<string, string[] | null>; text: string; who: string; at: string };
}

const quietly =
  <I>(call: (input: I) => Promise<unknown>) =>
  async (input: I): Promise<Shown> => {
    await call(input);
    return {};
  };

/** What was done, and what became of the answers that waited for an opening with what the rule said before. */
const saying =
  (done: string) =>
  ({ dropped }: { dropped: number }): string =>
    dropped === 0 ? done : `${done} ${count(dropped, "answer")} that waited for your hours will not be sent.`;

/** What the page's forms do. */
export async function act(api: Api, request: Request) {
  const plain = await readPlain(request);
  if (plain?.trial) return tryPlainly(api, request, plain);
  return submit<Shown>(plain ? resend(request, plain.editor) : request, handlersOf(api));
}

/** Of the editor's form as a browser without JavaScript sends it: the trial's fields are sent with it. */
interface Plain {
  editor: FormData;
  /** Which of the trial's buttons was pressed. */
  trial: "try" | "replay" | null;
  asked: FormData;
}

async function readPlain(request: Request): Promise<Plain | null> {
  const sent = await request.clone().formData();
  const [editor, asked] = [new FormData(), new FormData()];
  for (const [name, value] of sent) {
    if (name === TRIAL_FIELD) continue;
    if (name.startsWith(TRIAL_PREFIX)) asked.append(name.slice(TRIAL_PREFIX.length), value);
    else editor.append(name, value);
  }
  const pressed = sent.get(TRIAL_FIELD);
  const trial = pressed === "try" || pressed === "replay" ? pressed : null;
  return trial || [...asked.keys()].length > 0 ? { editor, trial, asked } : null;
}

const resend = (request: Request, body: FormData) => new Request(request.url, { method: "POST", body });

/** Tries the rule as it stands in the form, and gives the form back as it was sent. */
async function tryPlainly(api: Api, request: Request, { editor, trial, asked }: Plain) {
  const fields = trial === "try" ? ownFields(asked) : new FormData();
  fields.append(INTENT_FIELD, trial ?? "");
  const own = ownFields(editor);
  for (const [name, value] of own) fields.append(`draft.${name}`, name === "name" && value === "" ? UNNAMED : value);
  const { data: tried } = await submit<Shown>(resend(request, fields), handlersOf(api));
  const { value: shown, status, result } = tried;
  const said = (name: string) => {
    const value = asked.get(name);
    return typeof value === "string" ? value : "";
  };
  const kept = {
    of: trial ?? "try",
    problems: result.error ?? {},
    text: said("text"),
    who: said("who"),
    at: said("at"),
  };
  const typed = parseWithZod(own, { schema: ruleForm }).reply();
  return data({ intent: "save", result: typed, status, value: { ...shown, kept } }, { status });
}

function handlersOf(api: Api) {
  const { rules } = api;
  return {
    save: form(ruleForm, (typed) => rules.save(ruleOf(typed)), {
      done: { to: HERE, toast: saying("The rule is saved.") },
    }),
    remove: form(ruleRef, rules.remove, { done: { to: HERE, toast: saying("The rule is removed.") } }),
    enable: form(enableRuleInput, quietly(rules.enable)),
    move: form(moveRuleInput, quietly(rules.move)),
    settings: form(autoSettingsInput, rules.settings, { done: { to: HERE, toast: "Saved." } }),
    pause: form(pauseRulesInput, quietly(rules.pause)),
    resume: form(resumePhoneInput, rules.resumePhone, {
      done: { to: HERE, toast: "The rules of this phone go on. What was answered before does not count." },
    }),
    try: form(tryForm, async ({ who, draft, waSessionId = null, at = null, text }): Promise<Shown> => {
      const contact = who ? await find(api, who) : null;
      const tried = await rules.try({
        text,
        contactId: contact?.id ?? null,
        waSessionId,
        at,
        draft: draft ? ruleOf(draft) : null,
      });
      return { tried, as: contact?.name ?? null };
    }),
    replay: form(
      replayForm,
      async ({ draft }): Promise<Shown> => ({
        replayed: await rules.replay({ draft: draft ? ruleOf(draft) : null }),
      }),
    ),
  };
}

/** The contact that is meant: of several the one whose name is just that. */
async function find(api: Api, who: string) {
  const { rows } = await api.contacts.page({ search: who, limit: 20 });
  const plain = (name: string) => name.trim().toLowerCase();
  const contact = rows.find(({ name }) => plain(name) === plain(who)) ?? rows[0];
  if (contact) return contact;
  const message = "No contact has this name or number.";
  throw Response.json({ code: "not_found", message, details: {}, fields: { who: message } }, { status: 404 });
}
