import { Group, Stack, Text, ThemeIcon, VisuallyHidden } from "@mantine/core";
import { CheckIcon, Cross2Icon, ExclamationTriangleIcon } from "@radix-ui/react-icons";
import type { ReactNode } from "react";
import { TextLink } from "../../components/link-button.tsx";
import { sessionLooks } from "../../components/status-badge.tsx";
import { count, formatNumber, formatWait } from "../../lib/format.ts";
import type { Campaign, CampaignReview } from "./load.ts";

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

/** The review as a list: each point is in order, to be minded, or in the way of a start. */
export function Checks({ campaign, review }: { campaign: Campaign; review: CampaignReview }) {
  const { sendable, points, excluded, leftToday, capPerCampaign, missingValues } = review;
  const refused = (...codes: string[]) => review.problems.filter((problem) => codes.includes(problem.code));
  const say = (problems: CampaignReview["problems"]) => problems.map((problem) => problem.sentence).join(" ");
  const people = refused("no_recipients", "too_many_recipients");
  const phone = refused("session_not_linked");
  const money = refused("insufficient_points", "plan_expired");
  const leftOut = excluded.opted_out + excluded.no_consent + excluded.not_on_whatsapp;
  const meanMs = (campaign.throttleMinMs + campaign.throttleMaxMs) / 2;
  return (
    <Stack component="ul" gap="md" m={0} p={0} style={{ listStyle: "none" }}>
      <Check
        verdict={people.length > 0 ? "bad" : "good"}
        title={`${count(sendable, "person gets", "people get")} this message`}
      >
        {say(people) || (
          <>
            From the list{" "}
            {campaign.list && <TextLink to={`/contacts/${campaign.list.id}`}>{campaign.list.name}</TextLink>}, at most{" "}
            {formatNumber(capPerCampaign)} a campaign. It takes about {formatWait(meanMs * sendable)}.
          </>
        )}
      </Check>
      {leftOut > 0 && (
        <Check verdict="mind" title={`${count(leftOut, "person is", "people are")} left out`}>
          {formatNumber(excluded.opted_out)} opted out, {formatNumber(excluded.no_consent)} without consent,{" "}
          {formatNumber(excluded.not_on_whatsapp)} without WhatsApp. They are listed in the results with the reason.
        </Check>
      )}
      {missingValues.map(({ variable, count: people }) => (
        <Check key={variable} verdict="mind" title={`${count(people, "person has", "people have")} no ${variable}`}>
          That place stays empty, unless the template names a word for it: {`{{${variable}|friend}}`}.
        </Check>
      ))}
      <Check
        verdict={money.length > 0 ? "bad" : "good"}
        title={`${formatNumber(points.need)} points are held, ${formatNumber(points.available)} are available`}
      >
        {say(money) || "A message is charged when WhatsApp accepts it. What is not sent is given back."}
      </Check>
      <Check
        verdict={phone.length > 0 ? "bad" : "good"}
        title={`The phone ${review.session?.phone ?? ""} is ${review.session ? sessionLooks[review.session.status].word.toLowerCase() : "removed"}`}
      >
        {phone.length > 0 ? (
          <>
            {say(phone)} <TextLink to="/link">To the phones</TextLink>
          </>
        ) : (
          `It may send ${count(leftToday, "more message", "more messages")} today.`
        )}
      </Check>
      {leftToday < sendable && (
        <Check verdict="mind" title="It does not fit into today">
          The rest goes on tomorrow by itself.
        </Check>
      )}
      <Check verdict="mind" title="WhatsApp's terms">
        Bulk messages through a linked phone are against them. WhatsApp can restrict or ban the number.
      </Check>
    </Stack>
  );
}
