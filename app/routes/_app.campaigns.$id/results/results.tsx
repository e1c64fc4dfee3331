import { Anchor, Group, Paper, SimpleGrid, Stack, Title } from "@mantine/core";
import { CopyIcon } from "@radix-ui/react-icons";
import { Figure } from "../../../components/figure.tsx";
import { ButtonForm, SubmitButton } from "../../../components/form-parts.tsx";
import { count, formatNumber, formatWait } from "../../../lib/format.ts";
import type { Campaign, Failures } from "../load.ts";
import type { CampaignResults } from "./load.ts";
import { Replies } from "./replies.tsx";
import { RunChart } from "./run-chart.tsx";

const percent = (part: number, whole: number) => `${Math.round((part / whole) * 100)}%`;

/** What came of a campaign: whom it reached, who read it, answered it or had enough, and how that went over time. */
export function Results({
  campaign,
  results,
  failures,
}: {
  campaign: Campaign;
  results: CampaignResults;
  failures: Failures;
}) {
  const { run, replies } = results;
  if (!run) return null;
  return (
    <>
      <Paper component="section" aria-labelledby="results-title">
        <Stack gap="lg">
          <Group justify="space-between" gap="sm">
            <Title order={2} id="results-title">
              Results
            </Title>
            {canDuplicateToFailed(campaign, failures) && <DuplicateToFailed campaignId={campaign.id} />}
          </Group>
          <Figures campaign={campaign} results={results} />
          <RunChart run={run} results={results} />
        </Stack>
      </Paper>
      {campaign.audience !== "group_chat" && <Replies page={replies} />}
    </>
  );
}

function Figures({ campaign, results: { replied, optedOut, both } }: { campaign: Campaign; results: CampaignResults }) {
  const { counts, total, startedAt, finishedAt } = campaign;
  const delivered = counts.delivered + counts.read;
  const reached = counts.sent + delivered;
  const ofReached = (n: number) => (n === 0 ? null : `${percent(n, reached)} of those reached`);
  // What is written in a group is theirs, and not kept.
  const answered = campaign.audience !== "group_chat";
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 4 }} component="dl" m={0}>
      <Figure label="Reached" note={`of ${count(total, "recipient")}, for ${count(campaign.pointsCharged, "point")}`}>
        {formatNumber(reached)}
      </Figure>
      <Figure label="Delivered" note={ofReached(delivered)}>
        {formatNumber(delivered)}
      </Figure>
      <Figure label="Read" note={ofReached(counts.read) ?? "Some people hide that they read"}>
        {formatNumber(counts.read)}
      </Figure>
      {answered && (
        <Figure
          label="Replied"
          note={both > 0 ? `${ofReached(replied)}, ${formatNumber(both)} of them to opt out` : ofReached(replied)}
        >
          {formatNumber(replied)}
        </Figure>
      )}
      {answered && (
        <Figure label="Opted out" note={ofReached(optedOut) ?? "Within seven days of it"}>
          {formatNumber(optedOut)}
        </Figure>
      )}
      <Figure
        label="Failed"
        note={
          counts.failed > 0 ? (
            <Anchor href="#not-through" underline="always" fz="inherit">
              See why
            </Anchor>
          ) : null
        }
      >
        {formatNumber(counts.failed)}
      </Figure>
      {startedAt && finishedAt && (
        <Figure label="Took" words note="from the start to the last message">
          {formatWait(finishedAt.getTime() - startedAt.getTime())}
        </Figure>
      )}
    </SimpleGrid>
  );
}

// Of these nobody knows whether they arrived: whoever is written to again may get the message twice.
const uncertain: readonly (string | null)[] = ["unconfirmed", "treated_as_failed"];

function canDuplicateToFailed({ status, audience }: Campaign, failures: Failures): boolean {
  const ended = status === "completed" || status === "cancelled";
  return (
    ended &&
    audience === "list" &&
    failures.some((group) => group.status === "failed" && !uncertain.includes(group.code))
  );
}

/** Makes a draft like this one to those alone whose message surely failed. */
function DuplicateToFailed({ campaignId }: { campaignId: string }) {
  return (
    <ButtonForm intent="duplicate" fields={{ id: campaignId, people: "failed" }}>
      <SubmitButton intent="duplicate" size="sm" variant="default" leftSection={<CopyIcon aria-hidden />}>
        Duplicate to the failed
      </SubmitButton>
    </ButtonForm>
  );
}
