import { asc, eq } from "drizzle-orm";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { contacts, messages } from "#db/schema/index.ts";
import { DomainError, type RefusalCode } from "../../errors.ts";
import { reasonSentence } from "../../messages/rules.ts";
import { textEncoder } from "../../messages/text-content.ts";
import { barePlaces, templateValues } from "../../templates/rules.ts";
import { countAudience, countPeople, judgePeople } from "../draft/audience.ts";
import { getOwnCampaign } from "../draft/draft.ts";
import { noVerdicts, recipientAddress, type VerdictCounts } from "../rules.ts";
import { type Addressed, address, theGroup } from "../run/recipients.ts";
import { type StartEnv, startCampaign } from "../run/start.ts";
import { DRY_RUN_PAGE, type DryRunInput } from "./schema.ts";

type Campaign = Awaited<ReturnType<typeof getOwnCampaign>>;

interface Trial {
  /** What the start would be refused for. */
  refusal: { code: RefusalCode; sentence: string } | null;
  /** The messages it made, for those who get one; none when it was refused before. */
  made: { text: string; attributes: Record<string, string> | null; name: string }[];
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
 * WhatsApp carries it, and what the start would be refused for. It is the start itself, in a transaction that is rolled back;
 * only of those who are left out, who may be thousands, no row is made: they are counted, and shown page by page.
 * @throws not_found, wrong_state once it was started
 */
export async function dryRun(tx: Db, env: StartEnv, userId: Id<"user">, input: DryRunInput) {
  const campaign = await getOwnCampaign(tx, userId, input.id);
  if (campaign.status !== "draft" && campaign.status !== "scheduled") {
    throw new DomainError("wrong_state", { status: campaign.status });
  }
  const { refusal, made } = await tryStart(tx, env, userId, campaign.id);
  const { counts, matching, page } = await readPeople(tx, campaign, input);
  const encode = await textEncoder();
  const gaps = gapsOf(campaign.templateText);
  return {
    refusal,
    /** How many get it, and how many not for each reason. */
    counts,
    /** Of the messages that were made; null when the start was refused before any was. */
    made:
      made.length === 0
        ? null
        : {
            withGaps: made.filter((each) => gaps(each.name, each.attributes ?? {}).length > 0).length,
            longest: Math.max(...made.map(({ text }) => text.length)),
            largestBytes: Math.max(...made.map(({ text }) => encode(text).length)),
          },
    matching,
    rows: page.map(({ contactId, recipientKey, name, text, verdict, attributes }) => ({
      id: contactId ?? recipientKey,
      name,
      phone: recipientAddress(recipientKey),
      text,
      /** Null for who gets it, else the code of the reason. */
      leftOut: verdict === "queued" ? null : verdict,
      reason: verdict === "queued" ? null : reasonSentence(verdict),
      characters: text?.length ?? 0,
      bytes: text === null ? 0 : encode(text).length,
      /** Variables whose place stays empty for this person. */
      gaps: text === null ? [] : gaps(name, attributes),
    })),
    next: input.skip + page.length < matching ? input.skip + page.length : null,
  };
}

/** Variables of a template whose place stays empty for a person. */
function gapsOf(template: string) {
  const bare = barePlaces(template).filter((name) => name !== "phone");
  return (name: string, attributes: Record<string, string>): string[] => {
    const values = templateValues({ name, phoneE164: "", attributes });
    return bare.filter((variable) => !values.get(variable)?.trim());
  };
}

interface People {
  counts: VerdictCounts;
  /** How many there are of those that were asked for. */
  matching: number;
  page: Addressed[];
}

/** Those whom the campaign is aimed at, whatever becomes of them, with their texts: counted, and a page of them. */
async function readPeople(tx: Db, campaign: Campaign, { search, show, skip }: DryRunInput): Promise<People> {
  if (campaign.audience === "group_chat") return readGroup(tx, campaign);
  const { userId } = campaign;
  const counts = await countAudience(tx, userId, campaign);
  const which = { wanted: show && [show], named: search };
  const people = await judgePeople(tx, userId, campaign, { ...which, atMost: DRY_RUN_PAGE, skip });
  const all = Object.values(counts).reduce((sum, n) => sum + n);
  const matching = search ? await countPeople(tx, userId, campaign, which) : show ? counts[show] : all;
  return { counts, matching, page: people.map((person) => address(campaign, person)) };
}

async function readGroup(tx: Db, campaign: Campaign): Promise<People> {
  const page = await theGroup(tx, campaign).then(
    (group) => [address(campaign, group)],
    (error: unknown) => {
      // The start was refused for it.
      if (error instanceof DomainError) return [];
      throw error;
    },
  );
  return { counts: { ...noVerdicts(), queued: page.length }, matching: page.length, page };
}

async function tryStart(tx: Db, env: StartEnv, userId: Id<"user">, id: Id<"campaign">): Promise<Trial> {
  const trial = tx.transaction(async (within): Promise<never> => {
    const refusal = await startCampaign(within, env, userId, { id, recipients: null, trial: true }).then(
      () => null,
      (error: unknown) => {
        if (error instanceof DomainError) return { code: error.code, sentence: error.message };
        throw error;
      },
    );
    throw new TrialOver({ refusal, made: await readMade(within, id) });
  });
  return trial.catch((error: unknown) => {
    if (error instanceof TrialOver) return error.seen;
    throw error;
  });
}

async function readMade(tx: Db, id: Id<"campaign">): Promise<Trial["made"]> {
  const rows = await tx
    .select({ name: messages.recipientName, text: messages.resolvedText, attributes: contacts.attributes })
    .from(messages)
    .leftJoin(contacts, eq(contacts.id, messages.contactId))
    .where(eq(messages.campaignId, id))
    .orderBy(asc(messages.id));
  return rows.flatMap(({ text, ...row }) => (text === null ? [] : [{ ...row, text }]));
}
