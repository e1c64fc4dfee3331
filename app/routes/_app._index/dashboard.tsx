import { Alert, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { ExclamationTriangleIcon } from "@radix-ui/react-icons";
import { Figure } from "../../components/figure.tsx";
import { IdleWarning } from "../../components/idle-warning.tsx";
import { LinkButton, TextLink } from "../../components/link-button.tsx";
import { Day } from "../../components/moment.tsx";
import { Page } from "../../components/page.tsx";
import { count, formatNumber } from "../../lib/format.ts";
import { useAccount } from "../../lib/use-account.ts";
import { CampaignCard, type CampaignRow } from "./campaign-card.tsx";
import { Checklist } from "./checklist.tsx";

export interface DashboardProps {
  hasContacts: boolean;
  hasCampaign: boolean;
  /** Webhooks that were switched off because they failed. */
  failedWebhooks: number;
  current: CampaignRow[];
  recent: CampaignRow[];
}

/** What is going on, whether something is wrong, what to do next. */
export function Dashboard({ hasContacts, hasCampaign, failedWebhooks, current, recent }: DashboardProps) {
  const account = useAccount();
  if (!account?.user) return null;
  const { wallet, sessions } = account;
  const linked = sessions.some((session) => session.status === "linked" || session.status === "reconnecting");
  const begun = linked && hasContacts && hasCampaign;
  return (
    <Page
      title="Home"
      lead={begun ? undefined : "Three steps to your first campaign."}
      actions={begun && <LinkButton to="/campaigns/new">New campaign</LinkButton>}
    >
      {sessions.map(
        ({ id, phone, idleUntil }) => idleUntil && <IdleWarning key={id} id={id} phone={phone} until={idleUntil} />,
      )}
      {failedWebhooks > 0 && (
        <Alert color="red" icon={<ExclamationTriangleIcon aria-hidden />} title="Your server is not told any more">
          {count(failedWebhooks, "webhook was", "webhooks were")} switched off after failing.{" "}
          <TextLink to="/settings/webhooks">See why</TextLink>
        </Alert>
      )}
      {!begun && <Checklist linked={linked} hasContacts={hasContacts} hasCampaign={hasCampaign} />}
      <Paper>
        <SimpleGrid cols={{ base: 1, xs: 3 }} component="dl" m={0}>
          <Figure
            label="Points available"
            note={`Enough for ${formatNumber(Math.floor(wallet.available / wallet.pointsPerMessage))} messages`}
          >
            {formatNumber(wallet.available)}
          </Figure>
          <Figure label="Held for campaigns" note="Charged when WhatsApp accepts a message, else given back">
            {formatNumber(wallet.held)}
          </Figure>
          {wallet.plan.none ? (
            <Figure label="Plan" note="Without a plan nothing is sent" words>
              None yet
            </Figure>
          ) : (
            <Figure
              label={wallet.plan.active ? "Plan runs until" : "Plan ended"}
              note={`Plan of ${wallet.plan.label}`}
              words
            >
              <Day at={wallet.plan.expiresAt} />
            </Figure>
          )}
        </SimpleGrid>
      </Paper>
      {current.length > 0 && <Cards title="Under way" rows={current} />}
      {recent.length > 0 && <Cards title="Recent" rows={recent} />}
      {recent.length + current.length > 0 && (
        <Text>
          <TextLink to="/campaigns">All campaigns</TextLink>
        </Text>
      )}
    </Page>
  );
}

function Cards({ title, rows }: { title: string; rows: CampaignRow[] }) {
  return (
    <Stack gap="sm">
      <Title order={2}>{title}</Title>
      {rows.map((row) => (
        <CampaignCard key={row.id} row={row} />
      ))}
    </Stack>
  );
}
