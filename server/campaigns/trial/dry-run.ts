import { asc, eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { contacts, messages } from "#db/schema/index.ts";
import { DomainError, type RefusalCode } from "../../errors.ts";
import { reasonSentence } from "../../messages/rules.ts";
import { textEncoder } from "../../messages/text-content.ts";
import { barePlaces, templateValues } from "../../templates/rules.ts";
import { getOwnCampaign } from "../draft/draft.ts";
import { recipientAddress } from "../rules.ts";
import { type StartEnv, startCampaign } from "../run/start.ts";
import { DRY_RUN_PAGE, type DryRunInput } from "./schema.ts";

interface Trial {
  /** What the start would be refused for. */
  refusal: { code: RefusalCode; sentence: string } | null;
  rows: Awaited<ReturnType<typeof readRows>>;
}

/** Ends a trial, with what was seen: everything it wrote is undone. */
class TrialOver extends Error {
  readonly seen: Trial;
  constructor(seen: Trial) {
    super("a dry run is over");
    this.seen = seen;
  }
}

/**
 * Does everything a start does, and undoes it: who would get which text, who would not and why, how large each message is as
 * WhatsApp carries it, and what the start would be refused for. It is the start itself, in a transaction that is rolled back.
 * @throws not_found, wrong_state once it was started
 */
export async function dryRun(tx: Db, env: StartEnv, userId: Id<"user">, input: DryRunInput) {
  const campaign = await getOwnCampaign(tx, userId, input.id);
  if (campaign.status !== "draft" && campaign.status !== "scheduled") {
    throw new DomainError("wrong_state", { status: campaign.status });
  }
  const began = performance.now();
  const { refusal, rows } = await tryStart(tx, env, userId, campaign.id);
  const encode = await textEncoder();
  const bare = barePlaces(campaign.templateText);
  const people = rows.map(({ attributes, errorCode, text, recipientKey, ...row }) => {
    const values = templateValues({ name: row.name, phoneE164: "", attributes: attributes ?? {} });
    return {
      ...row,
      phone: recipientAddress(recipientKey),
      text,
      /** Null for who gets it, else the code of the reason. */
      leftOut: errorCode,
      reason: errorCode ? reasonSentence(errorCode) : null,
      characters: text?.length ?? 0,
      bytes: text === null ? 0 : encode(text).length,
      /** Variables whose place stays empty for this person. */
      gaps: text === null ? [] : bare.filter((name) => name !== "phone" && !values.get(name)?.trim()),
    };
  });
  const needle = input.search?.toLocaleLowerCase();
  const found = people.filter(
    (person) =>
      (!needle || person.name.toLocaleLowerCase().includes(needle)) &&
      (!input.show || (person.leftOut ?? "queued") === input.show),
  );
  const sent = people.filter(({ leftOut }) => leftOut === null);
  const page = found.slice(input.skip, input.skip + DRY_RUN_PAGE);
  return {
    refusal,
    /** How many get it, and how many not for each reason. */
    counts: countBy(people.map(({ leftOut }) => leftOut ?? "queued")),
    withGaps: sent.filter(({ gaps }) => gaps.length > 0).length,
    longest: Math.max(0, ...sent.map(({ characters }) => characters)),
    largestBytes: Math.max(0, ...sent.map(({ bytes }) => bytes)),
    totalBytes: sent.reduce((sum, { bytes }) => sum + bytes, 0),
    tookMs: Math.round(performance.now() - began),
    matching: found.length,
    rows: page,
    next: input.skip + page.length < found.length ? input.skip + page.length : null,
  };
}

async function tryStart(tx: Db, env: StartEnv, userId: Id<"user">, id: Id<"campaign">): Promise<Trial> {
  const trial = tx.transaction(async (within): Promise<never> => {
    const refusal = await startCampaign(within, env, userId, { id, recipients: null }).then(
      () => null,
      (error: unknown) => {
        if (error instanceof DomainError) return { code: error.code, sentence: error.message };
        throw error;
      },
    );
    throw new TrialOver({ refusal, rows: await readRows(within, id) });
  });
  return trial.catch((error: unknown) => {
    if (error instanceof TrialOver) return error.seen;
    throw error;
  });
}

async function readRows(tx: Db, id: Id<"campaign">) {
  return tx
    .select({
      id: messages.id,
      contactId: messages.contactId,
      name: messages.recipientName,
      recipientKey: messages.recipientKey,
      text: messages.resolvedText,
      errorCode: messages.errorCode,
      attributes: contacts.attributes,
    })
    .from(messages)
    .leftJoin(contacts, eq(contacts.id, messages.contactId))
    .where(eq(messages.campaignId, id))
    .orderBy(asc(messages.id));
}

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
