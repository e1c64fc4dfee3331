import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { ReloadIcon } from "@radix-ui/react-icons";
import { useSearchParams } from "@remix-run/react";
import { KEPT_DAYS } from "#server/webhooks/rules.ts";
import { type Column, DataTable, Pager } from "../../components/data-table.tsx";
import { FilterLinks } from "../../components/filter-links.tsx";
import { ButtonForm, SubmitButton } from "../../components/form-parts.tsx";
import { TextLink } from "../../components/link-button.tsx";
import { Moment } from "../../components/moment.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { count } from "../../lib/format.ts";
import { withSearch } from "../../lib/params.ts";
import { type DeliveryRow, deliveryLook, type Endpoint, endpointName } from "./looks.ts";

const figures = (endpoints: Endpoint[]) =>
  endpoints.reduce(
    (sum, { waiting, dead, delivered }) => ({
      waiting: sum.waiting + waiting,
      dead: sum.dead + dead,
      all: sum.all + waiting + dead + delivered,
    }),
    { waiting: 0, dead: 0, all: 0 },
  );

/** The log: what was told to whom, and what became of it. */
export function Deliveries({
  endpoints,
  chosen,
  rows,
  nextCursor,
  show,
}: {
  endpoints: Endpoint[];
  /** Of this endpoint alone; all of them without. */
  chosen: Endpoint | undefined;
  rows: DeliveryRow[];
  nextCursor: number | null;
  show: "failed" | "waiting" | undefined;
}) {
  const [search] = useSearchParams();
  const { waiting, dead, all } = figures(chosen ? [chosen] : endpoints);
  const columns: Column<DeliveryRow>[] = [
    {
      header: "Event",
      cell: (row) => (
        <TextLink to={withSearch(search, { delivery: row.id })} preventScrollReset>
          {row.type}
        </TextLink>
      ),
      wide: true,
    },
    { header: "Webhook", cell: (row) => nameOf(endpoints, row) },
    { header: "Number", cell: (row) => row.sequence ?? "–", figures: true },
    { header: "Happened", cell: (row) => <Moment at={row.occurredAt} seconds /> },
    { header: "State", cell: (row) => <StatusBadge look={deliveryLook(row)} /> },
    { header: "Tries", cell: (row) => row.attempts, figures: true },
    { header: "Answer", cell: (row) => row.responseCode ?? (row.lastError ? "None" : "–"), figures: true },
  ];
  return (
    <Stack gap="sm" component="section" aria-labelledby="deliveries">
      <Group justify="space-between" align="flex-end">
        <Stack gap={2}>
          <Title order={2} id="deliveries">
            {chosen ? `Deliveries to ${endpointName(chosen)}` : "Deliveries"}
          </Title>
          <Text size="sm" c="dimmed">
            Kept for {KEPT_DAYS} days. A failed one was tried for about a day.{" "}
            {chosen && (
              <TextLink to={withSearch(search, { endpoint: null, cursor: null })} preventScrollReset>
                Show those to all webhooks
              </TextLink>
            )}
          </Text>
        </Stack>
        {dead > 0 && (
          <ButtonForm intent="replay-dead" fields={chosen ? { id: chosen.id } : {}}>
            <SubmitButton intent="replay-dead" variant="default" size="xs" leftSection={<ReloadIcon aria-hidden />}>
              Replay all {count(dead, "failed delivery", "failed deliveries")}
            </SubmitButton>
          </ButtonForm>
        )}
      </Group>
      <FilterLinks
        label="Which deliveries"
        param="show"
        chosen={show}
        total={all}
        options={[
          { value: "failed", word: "Failed", count: dead },
          { value: "waiting", word: "Waiting", count: waiting },
        ]}
      />
      <DataTable
        caption="Deliveries of webhooks"
        columns={columns}
        rows={rows}
        rowKey={(row) => row.id}
        empty={show ? "None of this kind." : "Nothing was told yet. Send a test, or wait for something to happen."}
      />
      <Pager nextCursor={nextCursor} />
    </Stack>
  );
}

function nameOf(endpoints: Endpoint[], { endpointId }: DeliveryRow): string {
  const endpoint = endpoints.find(({ id }) => id === endpointId);
  return endpoint ? endpointName(endpoint) : "Removed";
}

/** Delivers one event again. */
export function ReplayButton({ id, status }: Pick<DeliveryRow, "id" | "status">) {
  if (status === "delivering") return null;
  return (
    <ButtonForm intent="replay" fields={{ id }}>
      <Button type="submit" size="xs" variant="default" leftSection={<ReloadIcon aria-hidden />}>
        {status === "queued" ? "Try it now" : "Replay"}
      </Button>
    </ButtonForm>
  );
}
