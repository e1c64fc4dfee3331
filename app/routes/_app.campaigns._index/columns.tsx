import { Text } from "@mantine/core";
import { CopyIcon } from "@radix-ui/react-icons";
import type { ReactNode } from "react";
import type { Api } from "#server/route-api.ts";
import { CampaignProgress } from "../../components/campaign-progress.tsx";
import type { Column } from "../../components/data-table.tsx";
import { ButtonForm, SubmitButton } from "../../components/form-parts.tsx";
import { TextLink } from "../../components/link-button.tsx";
import { Moment } from "../../components/moment.tsx";
import { ScheduledStart } from "../../components/scheduled-start.tsx";
import { campaignLooks, StatusBadge } from "../../components/status-badge.tsx";
import { campaignName, count, formatNumber } from "../../lib/format.ts";

type CampaignRow = Awaited<ReturnType<Api["campaigns"]["list"]>>["rows"][number];

const begun = (row: CampaignRow) => row.startedAt !== null;

export const columns: Column<CampaignRow>[] = [
  { header: "Campaign", cell: (row) => <Name row={row} />, wide: true },
  { header: "State", cell: (row) => <State row={row} />, tight: true },
  {
    header: "Progress",
    cell: (row) => (begun(row) ? <Progress row={row} /> : null),
    wide: true,
  },
  { header: "Read", cell: (row) => (begun(row) ? <Read row={row} /> : null), figures: true },
  { header: "Replied", cell: (row) => (begun(row) ? formatNumber(row.replied) : null), figures: true },
  { header: "When", cell: (row) => <When row={row} /> },
  { header: "Again", cell: (row) => <Duplicate row={row} />, tight: true },
];

function Name({ row }: { row: CampaignRow }) {
  const kind = row.audience === "group_chat" ? "Group chat" : row.purpose === "confirmation" ? "Asks for a YES" : null;
  return (
    <>
      <TextLink to={`/campaigns/${row.id}`}>{campaignName(row.name)}</TextLink>
      {kind && <Small>{kind}</Small>}
    </>
  );
}

const pauses = {
  user: "by you",
  plan_expired: "plan expired",
  failures: "three failures",
  restricted: "restricted",
  logged_out: "phone logged out",
  media: "file not taken",
} as const satisfies Record<NonNullable<CampaignRow["pauseReason"]>, string>;

function State({ row: { status, pauseReason } }: { row: CampaignRow }) {
  return (
    <>
      <StatusBadge look={campaignLooks[status]} />
      {status === "paused" && pauseReason && <Small>{pauses[pauseReason]}</Small>}
    </>
  );
}

function Progress({ row: { counts, total } }: { row: CampaignRow }) {
  return (
    <>
      <CampaignProgress counts={counts} total={total} />
      <Small>of {count(total, "recipient")}</Small>
    </>
  );
}

function Read({ row: { counts } }: { row: CampaignRow }) {
  const reached = counts.sent + counts.delivered + counts.read;
  return (
    <>
      {formatNumber(counts.read)}
      {reached > 0 && <Small>{Math.round((counts.read / reached) * 100)}%</Small>}
    </>
  );
}

/** What is to come or what was, whichever says more about where the campaign is. */
function When({ row }: { row: CampaignRow }) {
  if (row.startedAt) return <Moment at={row.startedAt} />;
  if (row.status === "scheduled" && row.scheduledFor) {
    return <ScheduledStart at={row.scheduledFor} tz={row.scheduleTz} problem={row.scheduleProblem} />;
  }
  return (
    <>
      <Moment at={row.createdAt} />
      <Small>made then</Small>
    </>
  );
}

function Duplicate({ row: { id, name } }: { row: CampaignRow }) {
  return (
    <ButtonForm intent="duplicate" fields={{ id }}>
      <SubmitButton
        intent="duplicate"
        id={id}
        size="compact-sm"
        variant="subtle"
        aria-label={`Duplicate ${campaignName(name)}`}
      >
        <CopyIcon aria-hidden />
        <Text span inherit hiddenFrom="sm" ms={6}>
          Duplicate
        </Text>
      </SubmitButton>
    </ButtonForm>
  );
}

function Small({ children }: { children: ReactNode }) {
  return (
    <Text size="sm" c="dimmed" component="span" display="block">
      {children}
    </Text>
  );
}
