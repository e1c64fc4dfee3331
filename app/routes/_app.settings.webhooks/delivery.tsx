import { Code, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useSearchParams } from "@remix-run/react";
import { useEffect, useRef } from "react";
import { tellProblem } from "#server/webhooks/rules.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Moment } from "../../components/moment.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { formatNumber } from "../../lib/format.ts";
import { withSearch } from "../../lib/params.ts";
import { ReplayButton } from "./deliveries.tsx";
import { type Delivery, deliveryLook } from "./looks.ts";

type Try = Delivery["tries"][number];

const columns: Column<Try>[] = [
  { header: "When", cell: (one) => <Moment at={new Date(one.at)} seconds /> },
  { header: "Answer", cell: (one) => one.code ?? "None", figures: true },
  { header: "Took", cell: (one) => `${formatNumber(one.ms)} ms`, figures: true },
  {
    header: "What came of it",
    cell: (one) => (
      <>
        {one.error === null ? "Taken." : tellProblem(one.error)}
        {one.answer !== null && (
          <Text component="span" display="block" size="xs" c="dimmed">
            {one.answer}
          </Text>
        )}
      </>
    ),
    wide: true,
  },
];

/** One delivery: what is sent, each try, and the way to do it again. */
export function DeliveryPanel({ delivery }: { delivery: Delivery }) {
  const [search] = useSearchParams();
  const panel = useRef<HTMLElement>(null);
  // It opens above the row that was chosen, perhaps out of sight.
  useEffect(() => {
    panel.current?.scrollIntoView({ block: "nearest" });
  }, []);
  const { type, eventId, status, nextAttemptAt, attempts, tries, body } = delivery;
  return (
    <Paper component="section" aria-labelledby="delivery" ref={panel}>
      <Stack>
        <Group justify="space-between">
          <Group gap="sm">
            <Title order={2} id="delivery">
              {type}
            </Title>
            <StatusBadge look={deliveryLook(delivery)} />
          </Group>
          <Group gap="xs">
            <ReplayButton id={delivery.id} status={status} />
            <LinkButton to={withSearch(search, { delivery: null })} variant="default" size="xs" preventScrollReset>
              Close
            </LinkButton>
          </Group>
        </Group>
        <Text size="sm" style={{ overflowWrap: "anywhere" }}>
          Event {eventId}
          {status === "queued" && attempts > 0 && (
            <>
              ; the next try is at <Moment at={nextAttemptAt} seconds />
            </>
          )}
        </Text>
        {/* What scrolls has to be reached by the keyboard. */}
        <Code block tabIndex={0} role="region" aria-label="What is sent" mah={360} style={{ overflow: "auto" }}>
          {JSON.stringify(JSON.parse(body), null, 2)}
        </Code>
        <Title order={3} size="h4">
          Tries
        </Title>
        <DataTable
          caption="Tries of this delivery"
          columns={columns}
          rows={tries.toReversed()}
          rowKey={(one) => one.at}
          empty="None yet."
        />
      </Stack>
    </Paper>
  );
}
