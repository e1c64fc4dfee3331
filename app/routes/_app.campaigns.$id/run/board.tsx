import { Paper, SimpleGrid, Stack } from "@mantine/core";
import { ProgressBar, ProgressLegend } from "../../../components/campaign-progress.tsx";
import { Figure } from "../../../components/figure.tsx";
import { Moment } from "../../../components/moment.tsx";
import { count, formatNumber, seconds } from "../../../lib/format.ts";
import type { Campaign, Progress } from "../load.ts";
import { ListLinks } from "../reach.tsx";
import { Now } from "./now.tsx";

function pace({ throttleMinMs, throttleMaxMs }: Campaign): string {
  const [from, to] = [seconds(throttleMinMs), seconds(throttleMaxMs)];
  return from === to ? from : `${from}–${to}`;
}

/** What is going on with a campaign: a sentence, the bar whose parts add up to the total, and the figures. */
export function Board({ campaign, progress }: { campaign: Campaign; progress: Progress }) {
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
        <SimpleGrid cols={{ base: 2, sm: 3 }} component="dl" m={0}>
          <Figure label={toGroup ? "Recipient" : "Recipients"} words={toGroup} note={<ListLinks lists={lists} />}>
            {toGroup ? "Group chat" : formatNumber(total)}
          </Figure>
          {asking && (
            <Figure label="Confirmed" note="Answered YES since">
              {formatNumber(campaign.confirmed)}
            </Figure>
          )}
          <Figure
            label="Points charged"
            note={`For what WhatsApp accepted; ${formatNumber(campaign.holdOpen)} held for what is open`}
          >
            {formatNumber(campaign.pointsCharged)}
          </Figure>
          {campaign.status === "running" && <Speed campaign={campaign} progress={progress} />}
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

const endless = {
  paused: "Not while all sending is paused",
  no_hours: "Never: no hour is active",
  no_room: "Never: nothing may be sent in a day",
  too_far: "Later than can be said",
} as const;

function Speed({ campaign, progress }: { campaign: Campaign; progress: Progress }) {
  const { perMinute, finish } = progress;
  return (
    <>
      <Figure label="Speed" note="messages a minute, over the last five">
        {perMinute === null ? "–" : formatNumber(Math.round(perMinute * 10) / 10)}
      </Figure>
      {campaign.counts.queued > 0 && finish && (
        <Figure label="Through by" words note="Active hours and the day's limit counted">
          {finish.at ? <Moment at={finish.at} /> : endless[finish.why]}
        </Figure>
      )}
    </>
  );
}
