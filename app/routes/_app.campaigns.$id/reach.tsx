import { Fragment, type ReactNode } from "react";
import type { LeftOutReason } from "#server/campaigns/rules.ts";
import { TextLink } from "../../components/link-button.tsx";
import { count, formatNumber } from "../../lib/format.ts";
import type { Campaign, CampaignReview } from "./load.ts";

/** Whom a start would reach, in a few words. */
export function reachTitle({ purpose }: Campaign, { group, sendable }: CampaignReview): string {
  if (group) return "One message to the group's own chat";
  if (purpose === "confirmation") return `${count(sendable, "person is", "people are")} asked to confirm`;
  return `${count(sendable, "person gets", "people get")} this message`;
}

/** The lists by name, each a link. */
export function ListLinks({ lists }: Pick<Campaign, "lists">) {
  return lists.map((list, at) => (
    <Fragment key={list.id}>
      {at > 0 && ", "}
      <TextLink to={`/contacts/${list.id}`}>{list.name}</TextLink>
    </Fragment>
  ));
}

export function Reach({ campaign, review }: { campaign: Campaign; review: CampaignReview }) {
  const { lists, tags, narrow, exceptListIds, exceptTags } = campaign;
  const { group, onSeveralLists, capPerCampaign } = review;
  if (group) {
    return (
      <>
        It reaches everybody in the group <ListLinks lists={lists} />: {count(group.members, "member")} when it was read
        {group.hidden > 0 && <>, also the {formatNumber(group.hidden)} whose number is hidden</>}. Who opted out is
        looked for again before it is sent.
      </>
    );
  }
  const tagged = tags.length > 0 && `with ${tags.length === 1 ? "the tag" : "one of the tags"} ${tags.join(", ")}`;
  return (
    <>
      {lists.length > 0 && (
        <>
          {lists.length === 1 ? "From the list " : "From the lists "}
          <ListLinks lists={lists} />
        </>
      )}
      {tagged &&
        (lists.length === 0 ? `Everyone ${tagged}` : narrow ? `, those ${tagged}` : `, and everyone ${tagged}`)}
      {exceptListIds.length + exceptTags.length > 0 && ", less those you left out"}.{" "}
      {onSeveralLists > 0 &&
        `${count(onSeveralLists, "person is", "people are")} on more than one of the lists and ${onSeveralLists === 1 ? "gets" : "get"} it once. `}
      At most {formatNumber(capPerCampaign)} a campaign.
    </>
  );
}

interface LeftOut {
  reason: LeftOutReason;
  title: string;
  toDo: ReactNode;
}

/** Who of the list gets nothing: how many for each reason, and what can be done about it. All are in the results, too. */
export function leftOut({ lists: [list] }: Campaign, { excluded, askable }: CampaignReview): LeftOut[] {
  const people = (n: number, one: string, many: string) => count(n, `person ${one}`, `people ${many}`);
  const words: Record<LeftOutReason, (n: number) => Omit<LeftOut, "reason">> = {
    not_confirmed: (n) => ({
      title: `${people(n, "waits", "wait")} for their YES`,
      toDo:
        askable > 0 && list ? (
          <>
            {formatNumber(askable)} can be asked.{" "}
            <TextLink to={`/campaigns/new?list=${list.id}&purpose=confirmation`}>Ask them to confirm</TextLink>
          </>
        ) : (
          "Nobody is left to ask, and nobody is asked twice. A YES counts for 30 days after the question."
        ),
    }),
    already_confirmed: (n) => ({
      title: `${people(n, "has", "have")} confirmed already`,
      toDo: "They get the messages of this list; there is nothing to ask.",
    }),
    already_asked: (n) => ({
      title: `${people(n, "was", "were")} asked before`,
      toDo: "Nobody is asked twice. A YES counts for 30 days after the question.",
    }),
    opted_out: (n) => ({
      title: `${people(n, "has", "have")} opted out`,
      toDo: "Only they can lift it, by writing START.",
    }),
    no_consent: (n) => ({
      title: `${people(n, "has", "have")} no recorded consent`,
      toDo: "Record how they agreed on the list, or import them with their consent.",
    }),
    not_on_whatsapp: (n) => ({
      title: `${people(n, "has", "have")} no WhatsApp`,
      toDo: "Check their numbers on the list.",
    }),
  };
  return (Object.keys(words) as LeftOutReason[])
    .filter((reason) => excluded[reason] > 0)
    .map((reason) => ({ reason, ...words[reason](excluded[reason]) }));
}
