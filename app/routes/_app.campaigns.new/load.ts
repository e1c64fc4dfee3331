import { redirect } from "@remix-run/node";
import { DEFAULT_THROTTLE, NAME_MAX } from "#server/campaigns/schema.ts";
import type { Api } from "#server/route-api.ts";
import { confirmationText } from "#server/templates/rules.ts";
import { idCursor, idParam, oneOf } from "../../lib/params.ts";
import { steps } from "./forms.ts";

/** What a step shows: the draft or what begins one, what can be chosen, and what the choice comes to. */
export async function loadWizard(api: Api, search: URLSearchParams) {
  const draft = search.has("draft") ? await api.campaigns.get({ id: idParam("campaign", search.get("draft")) }) : null;
  if (draft && draft.status !== "draft") throw redirect(`/campaigns/${draft.id}`);
  const step = (draft && oneOf(search.get("step"), steps)) ?? "audience";
  const [lists, tags, sessions] = await Promise.all([api.contacts.lists(), api.contacts.tags(), api.wa.list()]);
  const values = draft ? draftValues(draft) : newValues(search, lists, sessions);
  const composing = draft && step === "message";
  // Without a script the page of the upload leads back here with the file it took.
  const mediaId = search.has("media") ? idCursor("media", search.get("media")) : values.mediaId;
  const [reach, preview, templates, media] = await Promise.all([
    api.campaigns.reach({
      listIds: values.listIds,
      tags: values.tags,
      narrow: values.narrow,
      exceptListIds: values.exceptListIds,
      exceptTags: values.exceptTags,
      purpose: values.purpose,
    }),
    composing ? api.campaigns.preview({ id: draft.id }) : null,
    composing ? api.templates.list() : [],
    composing && mediaId ? api.media.get({ id: mediaId }) : null,
  ]);
  return {
    step,
    draft: draft && { id: draft.id, version: draft.draftVersion },
    values,
    lists: lists.map(({ id, name, total, doubleOptIn }) => ({ id, name, total, doubleOptIn })),
    tags,
    sessions: sessions.map(({ id, phone, status, label }) => ({ id, phone, status, label })),
    reach,
    preview,
    templates,
    media,
  };
}

export type WizardData = Awaited<ReturnType<typeof loadWizard>>;
type Draft = Awaited<ReturnType<Api["campaigns"]["get"]>>;
type List = Awaited<ReturnType<Api["contacts"]["lists"]>>[number];
type Session = Awaited<ReturnType<Api["wa"]["list"]>>[number];

function draftValues(draft: Draft) {
  return {
    name: draft.name,
    listIds: draft.listIds,
    tags: draft.tags,
    narrow: draft.narrow,
    exceptListIds: draft.exceptListIds,
    exceptTags: draft.exceptTags,
    purpose: draft.purpose,
    audience: draft.audience,
    templateText: draft.templateText,
    mediaId: draft.mediaId,
    waSessionId: draft.session?.id ?? null,
    throttleMinMs: draft.throttleMinMs,
    throttleMaxMs: draft.throttleMaxMs,
  };
}
export type Values = ReturnType<typeof draftValues>;

/** What begins a draft: the list of the link that led here, or the only one there is, and a linked phone. */
function newValues(search: URLSearchParams, lists: readonly List[], sessions: readonly Session[]): Values {
  const purpose = search.get("purpose") === "confirmation" ? "confirmation" : "message";
  const offered = purpose === "confirmation" ? lists.filter((list) => list.doubleOptIn) : lists;
  const asked = idCursor("contactList", search.get("list"));
  const list = offered.find(({ id }) => id === asked) ?? (offered.length === 1 ? offered[0] : undefined);
  const tag = search.get("tag");
  return {
    name: purpose === "confirmation" && list ? `Confirmation: ${list.name}`.slice(0, NAME_MAX) : "",
    listIds: list && !tag ? [list.id] : [],
    tags: tag ? [tag] : [],
    narrow: false,
    exceptListIds: [],
    exceptTags: [],
    purpose,
    audience: "list",
    waSessionId: (sessions.find(({ status }) => status === "linked") ?? sessions[0])?.id ?? null,
    templateText: purpose === "confirmation" ? confirmationText(list?.name ?? "") : "Hi {{name}}, ",
    mediaId: null,
    throttleMinMs: DEFAULT_THROTTLE.minMs,
    throttleMaxMs: DEFAULT_THROTTLE.maxMs,
  };
}
