import { Group, Stack, Text, ThemeIcon, VisuallyHidden } from "@mantine/core";
import { CheckIcon, Cross2Icon, ExclamationTriangleIcon } from "@radix-ui/react-icons";
import type { ReactNode } from "react";
import { pointsFor } from "#server/billing/purchases/rules.ts";
import { TextLink } from "../../components/link-button.tsx";
import { sessionLooks } from "../../components/status-badge.tsx";
import { count, formatNumber, seconds } from "../../lib/format.ts";
import type { Campaign, CampaignReview } from "./load.ts";
import { Finish } from "./plan/finish.tsx";
import { leftOut, Reach, reachTitle } from "./reach.tsx";

type Verdict = "good" | "mind" | "bad";

const looks = {
  good: { word: "In order", color: "green", icon: CheckIcon },
  mind: { word: "Please note", color: "yellow", icon: ExclamationTriangleIcon },
  bad: { word: "In the way", color: "red", icon: Cross2Icon },
} as const;

function Check({ verdict, title, children }: { verdict: Verdict; title: ReactNode; children?: ReactNode }) {
  const { word, color, icon: Sign } = looks[verdict];
  return (
    <Group component="li" wrap="nowrap" align="flex-start" gap="sm">
      <ThemeIcon variant="light" color={color} radius="xl" size={28}>
        <Sign aria-hidden />
      </ThemeIcon>
      <Stack gap={0}>
        <Text fw={600}>
          <VisuallyHidden>{word}: </VisuallyHidden>
          {title}
        </Text>
        {children && (
          <Text size="sm" c="dimmed" component="div">
            {children}
          </Text>
        )}
      </Stack>
    </Group>
  );
}

const phoneCodes = ["session_not_linked", "account_restricted", "no_phone", "group_chat_phone"];
const moneyCodes = ["insufficient_points", "plan_expired"];

/** The review as a list: each point is in order, to be minded, or in the way of a start. */
export function Checks({ campaign, review }: { campaign: Campaign; review: CampaignReview }) {
  const { missingValues } = review;
  const reach = review.problems.filter(({ code }) => !phoneCodes.includes(code) && !moneyCodes.includes(code));
  return (
    <Stack component="ul" gap="md" m={0} p={0} style={{ listStyle: "none" }}>
      <Check verdict={reach.length > 0 ? "bad" : "good"} title={reachTitle(campaign, review)}>
        {reach.length > 0 ? (
          <Mend campaign={campaign} problems={reach} />
        ) : (
          <Reach campaign={campaign} review={review} />
        )}
      </Check>
      {leftOut(campaign, review).map(({ reason, title, toDo }) => (
        <Check key={reason} verdict="mind" title={title}>
          {toDo} <TextLink to={`?dry=on&show=${reason}#dry-run`}>See who</TextLink>
        </Check>
      ))}
      {missingValues.map(({ variable, count: people }) => (
        <Check key={variable} verdict="mind" title={`${count(people, "person has", "people have")} no ${variable}`}>
          That place stays empty, unless the template names a word for it: {`{{${variable}|friend}}`}.
        </Check>
      ))}
      <Money campaign={campaign} review={review} />
      <Phone campaign={campaign} review={review} />
      <Time campaign={campaign} review={review} />
      <Check verdict="mind" title="WhatsApp's terms">
        Bulk messages through a linked phone are against them. WhatsApp can restrict or ban the number.
      </Check>
    </Stack>
  );
}

type Problems = CampaignReview["problems"];
interface Point {
  campaign: Campaign;
  review: CampaignReview;
}
const say = (problems: Problems) => problems.map((problem) => problem.sentence).join(" ");

/** What is wrong with the draft itself, with the step in which each is mended. */
function Mend({ campaign, problems }: { campaign: Campaign; problems: Problems }) {
  const step = campaign.status === "draft" ? problems.find((problem) => problem.step !== null)?.step : null;
  return (
    <>
      {say(problems)}{" "}
      {step && <TextLink to={`/campaigns/new?draft=${campaign.id}&step=${step}`}>Mend it in the draft</TextLink>}
    </>
  );
}

function Money({ campaign: { id }, review: { points, problems } }: Point) {
  const { need, available, missing } = points;
  const expired = problems.filter(({ code }) => code === "plan_expired");
  return (
    <Check
      verdict={missing > 0 || expired.length > 0 ? "bad" : "good"}
      title={
        missing > 0
          ? `It needs ${formatNumber(need)} points, ${formatNumber(available)} are available: ${formatNumber(missing)} missing`
          : `${formatNumber(need)} points are held for it, ${formatNumber(available - need)} are left`
      }
    >
      {expired.length > 0 && (
        <>
          {say(expired)} <TextLink to="/billing/buy">Renew the plan</TextLink>.{" "}
        </>
      )}
      {missing > 0 && (
        <>
          <TextLink to={pointsFor(id, missing)}>Get the missing points</TextLink>, or send it to fewer people.{" "}
        </>
      )}
      {missing === 0 &&
        expired.length === 0 &&
        "A message is charged when WhatsApp accepts it. What is not sent is given back. "}
      {points.held > 0 && `${formatNumber(points.held)} points are held for other messages already.`}
    </Check>
  );
}

function Phone({ review: { session, leftToday, dayTz, sendable, problems } }: Point) {
  const wrong = problems.filter(({ code }) => phoneCodes.includes(code));
  const state = session ? sessionLooks[session.status].word.toLowerCase() : null;
  return (
    <>
      <Check
        verdict={wrong.length > 0 ? "bad" : "good"}
        title={session ? `The phone ${session.phone ?? ""} is ${state}` : "No phone is chosen"}
      >
        {wrong.length > 0 ? (
          <>
            {say(wrong)} <TextLink to="/link">To the phones</TextLink>
          </>
        ) : (
          `It may send ${count(leftToday, "more message", "more messages")} today; its day ends at midnight in ${dayTz}.`
        )}
      </Check>
      {leftToday < sendable && (
        <Check verdict="mind" title="It does not fit into today">
          The rest goes on tomorrow by itself.
        </Check>
      )}
    </>
  );
}

function Time({ campaign, review: { estimate, hours } }: Point) {
  const [from, to] = [seconds(campaign.throttleMinMs), seconds(campaign.throttleMaxMs)];
  return (
    <Check verdict={estimate.at === null ? "mind" : "good"} title={<Finish estimate={estimate} />}>
      Messages leave {hours.words}, {from === to ? from : `${from}–${to}`} s apart, and after other campaigns of this
      phone that are under way. An estimate.
    </Check>
  );
}
