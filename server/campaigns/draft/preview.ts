import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { type Addressee, lackingValues, renderTemplate, templateValues } from "../../templates/rules.ts";
import { countAudience, judgePeople, type Recipient } from "./audience.ts";
import { getOwnCampaign } from "./draft.ts";
import { knownVariables } from "./variables.ts";

const SAMPLES = 3;
/** Of more who get it, far above what a campaign may reach, not each is gone through: it is made anew with every change. */
const GONE_THROUGH = 2_000;

export interface Sample extends Addressee {
  id: Id<"contact">;
}

/** What a message is written by: its variables, whom it would lack a value for, and people to show it on. */
export interface Preview {
  variables: string[];
  /** How many get the message; of more than are gone through, null. */
  recipients: number | null;
  /** Of those: how many have nothing for which variable. */
  lacking: { variable: string; count: number }[];
  /** Whose text is the longest, in UTF-16 units as the template is counted. */
  longest: { name: string; length: number } | null;
  /** Three of them, with the longest and the shortest text among them. */
  samples: Sample[];
}

/** @throws not_found */
export async function previewCampaign(tx: Db, userId: Id<"user">, input: { id: string }): Promise<Preview> {
  const campaign = await getOwnCampaign(tx, userId, input.id);
  const variables = await knownVariables(tx, userId, campaign);
  const nobody = { variables, recipients: 0, lacking: [], longest: null, samples: [] };
  if (campaign.audience === "group_chat" || campaign.listIds.length + campaign.tags.length === 0) return nobody;
  const { queued } = await countAudience(tx, userId, campaign);
  if (queued > GONE_THROUGH) {
    const some = reached(await judgePeople(tx, userId, campaign, { wanted: ["queued"], atMost: SAMPLES }));
    return { ...nobody, recipients: null, samples: some };
  }
  const people = reached(await judgePeople(tx, userId, campaign, { wanted: ["queued"] }));
  const { longest, samples } = pickSamples(campaign.templateText, people);
  return { variables, recipients: people.length, lacking: lackingValues(variables, people), longest, samples };
}

const reached = (people: readonly Recipient[]): Sample[] =>
  people.flatMap(({ contactId, name, phoneE164, attributes }) =>
    contactId ? [{ id: contactId, name, phoneE164, attributes }] : [],
  );

/** The longest and the shortest text, and the first of the others. */
function pickSamples(template: string, people: readonly Sample[]): Pick<Preview, "longest" | "samples"> {
  const [first] = people;
  if (!first) return { longest: null, samples: [] };
  const lengthFor = (person: Sample) => renderTemplate(template, templateValues(person)).length;
  let longest = { person: first, length: lengthFor(first) };
  let shortest = longest;
  for (const person of people) {
    const length = lengthFor(person);
    if (length > longest.length) longest = { person, length };
    if (length < shortest.length) shortest = { person, length };
  }
  const samples = new Set([first, longest.person, shortest.person]);
  for (const person of people) {
    if (samples.size >= SAMPLES) break;
    samples.add(person);
  }
  return { longest: { name: longest.person.name, length: longest.length }, samples: [...samples] };
}
