import { useLocation, useNavigate, useRevalidator } from "@remix-run/react";
import { type RefObject, useCallback, useEffect, useState } from "react";
import { z } from "zod";
import { createSaver, type Outcome, type Saver, type SaveState } from "../../lib/saver.ts";
import type { Step } from "./forms.ts";
import type { WizardData } from "./load.ts";

const kept = z.object({ id: z.string(), version: z.number(), at: z.coerce.date() });
const refused = z.object({ code: z.string(), message: z.string() });

interface Draft {
  id: string;
  version: number;
}

export interface SavedDraft {
  state: SaveState;
  saver: Saver;
  /** Goes there once everything is saved; stays where something is not. */
  leaveFor: (to: string | ((id: string) => string)) => Promise<void>;
}

export interface StepProps {
  data: WizardData;
  saved: SavedDraft;
  /** Of the form whose fields are the step's. */
  formRef: RefObject<HTMLFormElement>;
}

/**
 * Saves the form of a step by itself. What is still unsaved when somebody leaves is sent on the way out, and what another tab
 * saved meanwhile is told instead of being written over.
 * @param onOlder the page's draft is newer than what this form holds, and nothing here waits to be saved
 */
export function useDraft(
  step: Step,
  draft: Draft | null,
  formRef: RefObject<HTMLFormElement>,
  onOlder: () => void,
): SavedDraft {
  const [state, setState] = useState<SaveState>({ kind: "clean" });
  const navigate = useNavigate();
  const { revalidate } = useRevalidator();
  const { key } = useLocation();
  // One for the life of the form.
  const [{ saver, page }] = useState(() => openSaver(step, draft, setState));

  useEffect(() => {
    page.onKept((id, first) => {
      if (!first) return revalidate();
      // The address names the draft from now on; the form stays the same one.
      const to = `?draft=${id}&step=${step}`;
      navigate(to, { replace: true, preventScrollReset: true, state: { form: key } });
    });
  }, [page, navigate, revalidate, step, key]);

  useEffect(() => {
    page.enter(formRef.current);
    const flush = () => void saver.flush();
    window.addEventListener("pagehide", flush);
    window.addEventListener("online", flush);
    return () => {
      page.leave();
      window.removeEventListener("pagehide", flush);
      window.removeEventListener("online", flush);
      flush();
    };
  }, [page, saver, formRef]);

  const version = draft?.version;
  useEffect(() => {
    const rests = saver.restsAt();
    if (version !== undefined && rests !== null && version > rests) onOlder();
  }, [version, saver, onOlder]);

  const leaveFor = useCallback(
    async (to: string | ((id: string) => string)) => {
      if (page.draftId() === null) saver.change();
      const done = await saver.flush();
      const id = page.draftId();
      if (done && id !== null) navigate(typeof to === "string" ? to : to(id));
    },
    [page, saver, navigate],
  );
  return { state, saver, leaveFor };
}

type OnKept = (id: string, first: boolean) => void;

/** The saver of a form, and what it needs of the page the form is on. */
function openSaver(step: Step, draft: Draft | null, tell: (state: SaveState) => void) {
  let id = draft?.id ?? null;
  let form: HTMLFormElement | null = null;
  let shown = false;
  let onKept: OnKept = () => {};
  const saver = createSaver({
    draft: { id, version: draft?.version },
    tell,
    send: async (now) => {
      if (!form) return { problem: "The page is not ready." };
      const outcome = await send(step, now, new FormData(form));
      if ("kept" in outcome) {
        const first = id === null;
        id = outcome.kept.id;
        if (shown) onKept(id, first);
      }
      return outcome;
    },
  });
  const page = {
    enter(shownForm: HTMLFormElement | null) {
      // It is kept when it leaves the page: what was typed in it is still to be saved.
      form = shownForm;
      shown = true;
    },
    leave() {
      shown = false;
    },
    onKept(listener: OnKept) {
      onKept = listener;
    },
    draftId: () => id,
  };
  return { saver, page };
}

async function send(
  step: Step,
  draft: { id: string | null; version: number | undefined },
  form: FormData,
): Promise<Outcome> {
  const search = new URLSearchParams({ step, ...(draft.id && { draft: draft.id }) });
  if (draft.version === undefined) form.delete("version");
  else form.set("version", String(draft.version));
  try {
    // It is let finish when the page is left.
    const answer = await fetch(`/campaigns/new/save?${search}`, { method: "POST", body: form, keepalive: true });
    const body: unknown = await answer.json();
    if (answer.ok) return { kept: kept.parse(body) };
    const refusal = refused.safeParse(body);
    if (refusal.data?.code === "draft_changed") return { changedElsewhere: true };
    return { problem: refusal.data?.message ?? "The server had a problem." };
  } catch {
    return { problem: "The server cannot be reached." };
  }
}
