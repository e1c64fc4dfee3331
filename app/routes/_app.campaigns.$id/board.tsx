import { Paper, SimpleGrid, Stack } from "@mantine/core";
import { ProgressBar, ProgressLegend } from "../../components/campaign-progress.tsx";
import { Figure } from "../../components/figure.tsx";
import { Moment } from "../../components/moment.tsx";
import { count, formatNumber, seconds } from "../../lib/format.ts";
import type { Campaign } from "./load.ts";
import { Now } from "./now.tsx";
import { ListLinks } from "./reach.tsx";

function pace({ throttleMinMs, throttleMaxMs }: Campaign): string {
  const [from, to] = [seconds(throttleMinMs), seconds(throttleMaxMs)];
  return from === to ? from : `${from}–${to}`;
}

/** What is going on with a campaign: a sentence, the bar whose parts add up to the total, and the figures. */
export function Board({ campaign }: { campaign: Campaign }) {
  const { counts, total, lists, session } = campaign;
  const asking = campaign.purpose === "confirmation";
  const toGroup = campaign.audience === "group_chat";
  return (
    <Paper>
      <Stack gap="lg">
        <Now campaign={campaign} />
        <Stack gap="xs">
          <ProgressBar counts={counts} total={total} size={20} />
          <ProgressLegend counts={counts} />
        </Stack>
        <SimpleGrid cols={{ base: 2, sm: 3, lg: asking ? 3 : 5 }} component="dl" m={0}>
          <Figure label={toGroup ? "Recipient" : "Recipients"} words={toGroup} note={<ListLinks lists={lists} />}>
            {toGroup ? "Group chat" : formatNumber(total)}
          </Figure>
          {asking && (
            <Figure label="Confirmed" note="Answered YES since">
              {formatNumber(campaign.confirmed)}
            </Figure>
          )}
          <Figure label="Points charged" note="For what WhatsApp accepted">
            {formatNumber(campaign.pointsCharged)}
          </Figure>
          <Figure label="Points held" note="For what is still open">
            {formatNumber(campaign.holdOpen)}
          </Figure>
          <Figure label="Phone" words note={`${pace(campaign)} s between messages`}>
            {session?.phone ?? "Removed"}
          </Figure>
          <Figure
            label="Started"
            words
            note={
              campaign.finishedAt ? (
                <>
                  ended <Moment at={campaign.finishedAt} />
                </>
              ) : (
                `${count(counts.queued, "message")} to go`
              )
            }
          >
            {campaign.startedAt ? <Moment at={campaign.startedAt} /> : "Not yet"}
          </Figure>
        </SimpleGrid>
      </Stack>
    </Paper>
  );
}
