import { Group, Stack, Text, ThemeIcon, VisuallyHidden } from "@mantine/core";
import { CheckIcon, Cross2Icon, ExclamationTriangleIcon } from "@radix-ui/react-icons";
import type { ReactNode } from "react";
import { TextLink } from "../../components/link-button.tsx";
import { sessionLooks } from "../../components/status-badge.tsx";
import { count, formatNumber } from "../../lib/format.ts";
import type { Campaign, CampaignReview } from "./load.ts";
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

/** The review as a list: each point is in order, to be minded, or in the way of a start. */
export function Checks({ campaign, review }: { campaign: Campaign; review: CampaignReview }) {
  const { sendable, points, leftToday, missingValues } = review;
  const refused = (...codes: string[]) => review.problems.filter((problem) => codes.includes(problem.code));
  const say = (problems: CampaignReview["problems"]) => problems.map((problem) => problem.sentence).join(" ");
  const phone = refused("session_not_linked", "group_chat_phone");
  const money = refused("insufficient_points", "plan_expired");
  const reach = review.problems.filter((problem) => !phone.includes(problem) && !money.includes(problem));
  return (
    <Stack component="ul" gap="md" m={0} p={0} style={{ listStyle: "none" }}>
      <Check verdict={reach.length > 0 ? "bad" : "good"} title={reachTitle(campaign, review)}>
        {say(reach) || <Reach campaign={campaign} review={review} />}
      </Check>
      {leftOut(campaign, review).map(({ reason, title, toDo }) => (
        <Check key={reason} verdict="mind" title={title}>
          {toDo}
        </Check>
      ))}
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
