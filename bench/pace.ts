import { setTimeout as sleep } from "node:timers/promises";
import { type ApiClient, createApiClient, openAccount } from "#scripts/api-client.ts";
import type { BenchResult } from "#scripts/bench.ts";
import { startProduct } from "#scripts/demo/server.ts";
import { linkPhone } from "#scripts/demo/steps.ts";
import { PASSWORD } from "#tests/factories.ts";

const PEOPLE = 50;
const LIMIT_S = 5 * 60;
const PATIENCE_MS = 15 * 60_000;

/**
 * The product as it is started by hand (`npm start`, built, with a database of its own and the local WhatsApp): a campaign to
 * 50 people at the default throttle, from its start to the last message that WhatsApp accepted, by the times in the database.
 * Seconds, against the five minutes it may take.
 */
export async function run(): Promise<BenchResult> {
  const product = await startProduct(() => {});
  try {
    const account = { email: "bench@example.org", password: PASSWORD, tz: "Asia/Jakarta" };
    const api = createApiClient(product.origin, await openAccount(product.origin, account));
    const phone = await linkPhone(api);
    const listId = await importPeople(api);
    const { id } = await api.campaigns.create.mutate({
      name: "Class meeting",
      listIds: [listId],
      waSessionId: phone.id,
      templateText: "Hi {{name}}, our class meets on Friday at 10. See you there!",
    });
    await api.campaigns.start.mutate({ id, recipients: PEOPLE, consentConfirmed: true });
    const startedAt = await completed(api, id);
    const { rows } = await api.campaigns.messages.query({ id, limit: PEOPLE });
    const accepted = rows.flatMap(({ sentAt }) => (sentAt ? [Date.parse(sentAt)] : [])).sort((a, b) => a - b);
    const gaps = accepted.slice(1).map((at, place) => (at - (accepted[place] ?? at)) / 1_000);
    const seconds = ((accepted.at(-1) ?? Number.NaN) - startedAt.getTime()) / 1_000;
    const round = (value: number) => Number(value.toFixed(1));
    return {
      name: `${PEOPLE} messages at the default throttle, from the start to the last that was accepted, against its limit`,
      unit: "s",
      ours: round(seconds),
      peer: LIMIT_S,
      ratio: Number((seconds / LIMIT_S).toFixed(2)),
      ok: accepted.length === PEOPLE && seconds < LIMIT_S,
      rows: [
        { what: "accepted by WhatsApp", figure: accepted.length, target: PEOPLE },
        { what: "from the start to the last, s", figure: round(seconds), target: `< ${LIMIT_S}` },
        { what: "apart at least, s", figure: round(Math.min(...gaps)), target: "" },
        { what: "apart at most, s", figure: round(Math.max(...gaps)), target: "" },
      ],
    };
  } finally {
    await product.stop();
  }
}

async function importPeople(api: ApiClient) {
  const people = Array.from({ length: PEOPLE }, (_, n) => `Person ${n + 1},+62813${String(n).padStart(8, "0")},yes`);
  const form = new FormData();
  form.set("file", new File([["name,phone_e164,consent", ...people].join("\n")], "people.csv", { type: "text/csv" }));
  form.set("listName", "Class");
  const { id } = await api.imports.stage.mutate(form);
  const consentStatement = "Everyone ticked the box on the form of the class.";
  const { contactListId } = await api.imports.commit.mutate({ importId: id, consentStatement });
  if (!contactListId) throw new Error("the file put nobody on a list");
  return contactListId;
}

/** Waits until every message has been answered for. Answers when the campaign was started. */
async function completed(api: ApiClient, id: string): Promise<Date> {
  for (const end = Date.now() + PATIENCE_MS; ; await sleep(1_000)) {
    const { status, pauseReason, startedAt } = await api.campaigns.get.query({ id });
    if (status === "completed" && startedAt) return new Date(startedAt);
    if (status === "paused") throw new Error(`The campaign paused: ${pauseReason}.`);
    if (Date.now() > end) throw new Error("The campaign did not come to its end.");
  }
}
