import { Group, Paper, Stack, Text, Title } from "@mantine/core";
import { ReloadIcon } from "@radix-ui/react-icons";
import { useSearchParams } from "@remix-run/react";
import type { Id } from "#db/ids.ts";
import { pointsFor } from "#server/billing/purchases/rules.ts";
import { ConfirmButton } from "../../../components/confirm-button.tsx";
import { ButtonForm, SubmitButton } from "../../../components/form-parts.tsx";
import { LinkButton, TextLink } from "../../../components/link-button.tsx";
import { messageLooks, StatusBadge } from "../../../components/status-badge.tsx";
import { count, formatNumber } from "../../../lib/format.ts";
import { withSearch } from "../../../lib/params.ts";
import { useAccount } from "../../../lib/use-account.ts";
import type { Campaign, Failures } from "../load.ts";

type FailureGroup = Failures[number];

const sum = (groups: readonly FailureGroup[], of: "count" | "able" | "points") =>
  groups.reduce((total, group) => total + group[of], 0);

/** Why messages did not get through, by reason, with what can be done: all at once at the top, and for each reason. */
export function FailuresPanel({ campaign, failures }: { campaign: Campaign; failures: Failures }) {
  if (failures.length === 0) return null;
  const failed = failures.filter((group) => group.status === "failed");
  const unknown = failures.filter((group) => group.status === "unknown");
  return (
    <Paper component="section" aria-labelledby="not-through">
      <Stack gap="md">
        <Group justify="space-between" align="flex-start" gap="sm">
          <div>
            <Title order={2} id="not-through">
              What did not get through
            </Title>
            {unknown.length > 0 && (
              <Text size="sm" mt={4}>
                Needs attention ({formatNumber(sum(unknown, "count"))}): decide what becomes of the messages that
                WhatsApp never answered for.
              </Text>
            )}
          </div>
          <Group gap="xs">
            {unknown.length > 0 && <Decide id={campaign.id} name={campaign.name} groups={unknown} />}
            {sum(failed, "able") > 0 && <RetryButton id={campaign.id} groups={failed} />}
          </Group>
        </Group>
        <Stack component="ul" gap="md" p={0} m={0} style={{ listStyle: "none" }}>
          {failures.map((group) => (
            <Reason key={`${group.status} ${group.code}`} campaign={campaign} group={group} />
          ))}
        </Stack>
      </Stack>
    </Paper>
  );
}

function RetryButton({ id, groups }: { id: Id<"campaign">; groups: readonly FailureGroup[] }) {
  const account = useAccount();
  const available = account?.user ? account.wallet.available : 0;
  const [able, points] = [sum(groups, "able"), sum(groups, "points")];
  if (points > available) {
    return (
      <LinkButton to={pointsFor(id, points - available)} variant="default">
        {count(points - available, "point")} missing to retry {formatNumber(able)}
      </LinkButton>
    );
  }
  return (
    <ButtonForm intent="retryFailed" fields={{ id }}>
      <SubmitButton intent="retryFailed" leftSection={<ReloadIcon aria-hidden />}>
        Retry failed ({formatNumber(able)}), {count(points, "point")}
      </SubmitButton>
    </ButtonForm>
  );
}

function Reason({ campaign, group }: { campaign: Campaign; group: FailureGroup }) {
  const [search] = useSearchParams();
  const { status, code, sentence } = group;
  return (
    <Stack component="li" gap={6}>
      <Group gap="sm" align="center">
        <StatusBadge look={messageLooks[status]} />
        <Text fw={600}>{count(group.count, "recipient")}</Text>
        <TextLink to={withSearch(search, { status, reason: code, cursor: null, row: null })} preventScrollReset>
          Show them
        </TextLink>
      </Group>
      <Text size="sm" maw="46rem">
        {sentence}
      </Text>
      <Group gap="xs">
        <Fix campaign={campaign} group={group} />
      </Group>
    </Stack>
  );
}

function Fix({ campaign, group }: { campaign: Campaign; group: FailureGroup }) {
  const { session } = campaign;
  const phone = session ? `/link/${session.id}` : "/link";
  switch (group.remedy) {
    case "decide":
      return null;
    case "retry":
      return group.able === 0 ? (
        <>
          <Text size="sm" c="dimmed">
            None of them can be tried again at the moment: open one to see why.
          </Text>
          <LinkButton to={phone} size="xs" variant="default">
            Look at the phone
          </LinkButton>
        </>
      ) : (
        group.able < group.count && (
          <Text size="sm" c="dimmed">
            {formatNumber(group.able)} of them can be tried again; open one of the others to see why it cannot.
          </Text>
        )
      );
    case "phone":
      return (
        <LinkButton to={phone} size="xs" variant="default">
          Look at the phone
        </LinkButton>
      );
    case "contacts":
      return (
        <LinkButton to={peopleOf(campaign)} size="xs" variant="default">
          Look at the contacts
        </LinkButton>
      );
    case "suppressed":
      return (
        <LinkButton to="/contacts/suppressed" size="xs" variant="default">
          See who opted out
        </LinkButton>
      );
    case "confirm":
      return (
        <LinkButton to={questionTo(campaign)} size="xs" variant="default">
          Ask them to confirm
        </LinkButton>
      );
    case null:
      return null;
  }
}

const questionTo = ({ lists }: Campaign) =>
  `/campaigns/new?${new URLSearchParams({ purpose: "confirmation", ...(lists[0] && { list: lists[0].id }) })}`;

const peopleOf = ({ lists }: Campaign) => (lists[0] ? `/contacts?list=${lists[0].id}` : "/contacts");

function Decide({ id, name, groups }: { id: string; name: string; groups: readonly FailureGroup[] }) {
  const able = sum(groups, "able");
  return (
    <>
      {able > 0 && (
        <ButtonForm intent="repeatUnknown" fields={{ id }}>
          <SubmitButton intent="repeatUnknown" variant="default" leftSection={<ReloadIcon aria-hidden />}>
            Retry safely ({formatNumber(able)})
          </SubmitButton>
        </ButtonForm>
      )}
      <ConfirmButton
        intent="treatAsFailed"
        fields={{ id }}
        label={`Treat as failed (${formatNumber(sum(groups, "count"))})`}
        title={`Treat what is unanswered in ${name} as failed?`}
        confirm="Treat as failed"
      >
        Every unanswered message of this campaign counts as failed, is never sent again, and its points are free. If one
        arrived after all, WhatsApp may still say so, and it is charged then.
      </ConfirmButton>
    </>
  );
}
