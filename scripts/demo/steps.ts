import { readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Id } from "#db/ids.ts";
import type { ApiClient } from "../api-client.ts";

const CLASSMATES = new URL("../../examples/classmates.xlsx", import.meta.url);
const LINK_MS = 180_000;
const SEND_MS = 15 * 60_000;

/** Asks again until there is an answer. @throws Error with `what` when the time is over */
async function until<T>(what: string, ms: number, ask: () => Promise<T | null>): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (Date.now() > end) throw new Error(`Waited ${ms / 1000} s in vain for ${what}.`);
    await wait(250);
  }
}

/** Links a phone: the local WhatsApp scans the QR. */
export async function linkPhone(api: ApiClient) {
  // It writes to made-up numbers: on the real WhatsApp these may be somebody's.
  await api.dev.phones.query().catch(() => {
    throw new Error("The demo runs against the local WhatsApp alone, and this server does not use it.");
  });
  const { id } = await api.wa.link.mutate();
  await until("a QR code", LINK_MS, async () => ((await api.wa.get.query({ id })).qr ? true : null));
  const phone = `+62812${String(Date.now()).slice(-8)}`;
  await api.dev.scan.mutate({ sessionId: id, phone, name: "Demo phone" });
  const linked = await until("the phone to be linked", LINK_MS, async () => {
    const session = await api.wa.get.query({ id });
    return session.status === "linked" ? session : null;
  });
  return { id, phone: linked.phone };
}

export async function importClassmates(api: ApiClient) {
  const form = new FormData();
  form.set("file", new File([await readFile(fileURLToPath(CLASSMATES))], "classmates.xlsx"));
  form.set("listName", "Classmates");
  const staged = await api.imports.stage.mutate(form);
  const rejected = staged.rows.filter((row) => row.verdict !== "valid");
  const committed = await api.imports.commit.mutate({
    importId: staged.id,
    consentStatement: "Everyone in the file ticked the consent box on the class form.",
  });
  const { contactListId } = committed;
  if (!contactListId) throw new Error("the file put nobody on a list");
  return { staged, rejected, contactListId };
}

/** Starts a campaign and follows it live until nobody's message can move any more, or everyone has read theirs. */
export async function runCampaign(
  api: ApiClient,
  input: { contactListId: Id<"contactList">; waSessionId: Id<"waSession"> },
  show: (counts: Record<string, number>, total: number) => void,
) {
  const { id } = await api.campaigns.create.mutate({
    name: "Class meeting",
    listIds: [input.contactListId],
    waSessionId: input.waSessionId,
    templateText: "Hi {{name}}, our class meets on Friday at 10. See you there!",
  });
  const review = await api.campaigns.review.query({ id });
  await api.campaigns.start.mutate({ id, recipients: review.sendable, consentConfirmed: true });

  let changed = true;
  const live = api.live.events.subscribe(undefined, {
    onData: () => {
      changed = true;
    },
  });
  try {
    let asked = 0;
    const campaign = await until("everyone to read their message", SEND_MS, async () => {
      // The stream is a hint: look at once when it speaks, and every few seconds whether or not it does.
      if (!changed && Date.now() - asked < 3_000) return null;
      changed = false;
      asked = Date.now();
      const now = await api.campaigns.get.query({ id });
      show(now.counts, now.total);
      if (now.status === "paused") throw new Error(`The campaign paused: ${now.pauseReason}.`);
      const moving = now.counts.queued + now.counts.sending + now.counts.sent + now.counts.delivered;
      return now.status === "completed" && moving === 0 ? now : null;
    });
    return { id, campaign, review };
  } finally {
    live.unsubscribe();
  }
}

export async function exportResults(origin: string, token: string, campaignId: string): Promise<string> {
  const response = await fetch(`${origin}/campaigns/${campaignId}/export.csv`, {
    headers: { authorization: `Bearer ${token}` },
  });
  if (!response.ok) throw new Error(`The export answered ${response.status}.`);
  return response.text();
}
