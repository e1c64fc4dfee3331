import {
  autoSettingsInput,
  enableRuleInput,
  moveRuleInput,
  pauseRulesInput,
  resumePhoneInput,
  ruleRef,
} from "#server/automation/schema.ts";
import type { Api } from "#server/route-api.ts";
import { count } from "../../lib/format.ts";
import { form, submit } from "../../lib/submit.server.ts";
import { replayForm, ruleForm, ruleOf, tryForm } from "./forms.ts";

const HERE = "/automation/rules";

/** What a form of the page shows when it was accepted. */
export interface Shown {
  tried?: Awaited<ReturnType<Api["rules"]["try"]>>;
  /** The contact it was tried as. */
  as?: string | null;
  replayed?: Awaited<ReturnType<Api["rules"]["replay"]>>;
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
export function act(api: Api, request: Request) {
  const { rules } = api;
  return submit<Shown>(request, {
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
    try: form(tryForm, async ({ who, draft, waSessionId = null, at = null, text }) => {
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
    replay: form(replayForm, async ({ draft }) => ({
      replayed: await rules.replay({ draft: draft ? ruleOf(draft) : null }),
    })),
  });
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
