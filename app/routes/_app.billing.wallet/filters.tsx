import { Button, Group } from "@mantine/core";
import { DownloadIcon } from "@radix-ui/react-icons";
import { Form } from "@remix-run/react";
import { txnKinds, txnWords } from "#server/wallet/history/rules.ts";
import { DateField, FilterSelect } from "../../components/filter-fields.tsx";
import { campaignName } from "../../lib/format.ts";
import { useFilter } from "../../lib/use-filter.ts";
import { type OfferedCampaign, readFilter } from "./load.ts";

/** Which bookings are shown. Every choice is in the address; without JavaScript a button sends the form. */
export function Filters({ campaigns }: { campaigns: readonly OfferedCampaign[] }) {
  const { asked, show } = useFilter();
  const filter = readFilter(asked);
  return (
    <Form method="get" role="search" action="/billing/wallet" aria-label="History">
      <Group align="flex-end" gap="sm">
        <FilterSelect
          name="kind"
          label="Kind"
          value={filter.kind ?? ""}
          onChoose={(value) => show({ kind: value || null })}
          data={[{ value: "", label: "Any" }, ...txnKinds.map((kind) => ({ value: kind, label: txnWords[kind] }))]}
          style={{ flex: "1 1 9rem" }}
        />
        <FilterSelect
          name="campaign"
          label="Campaign"
          value={filter.campaign ?? ""}
          disabled={campaigns.length === 0}
          onChoose={(value) => show({ campaign: value || null })}
          data={[
            { value: "", label: campaigns.length === 0 ? "None yet" : "Any" },
            ...campaigns.map(({ id, name }) => ({ value: id, label: campaignName(name) })),
          ]}
          style={{ flex: "2 1 11rem" }}
        />
        <DateField
          name="from"
          label="From"
          value={filter.from ?? ""}
          onDate={(day) => show({ from: day || null })}
          style={{ flex: "1 1 8.5rem" }}
        />
        <DateField
          name="to"
          label="To, included"
          value={filter.to ?? ""}
          onDate={(day) => show({ to: day || null })}
          style={{ flex: "1 1 8.5rem" }}
        />
        <noscript>
          <Button type="submit" variant="default">
            Show
          </Button>
        </noscript>
      </Group>
    </Form>
  );
}

/** The bookings as a file: those that the filters leave, on all pages. */
export function Exports() {
  const { asked } = useFilter();
  const chosen = Object.entries(readFilter(asked)).flatMap(([name, value]) => (value ? [[name, value]] : []));
  const query = chosen.length > 0 ? `?${new URLSearchParams(chosen)}` : "";
  return (
    <Button.Group>
      <Button
        component="a"
        href={`/billing/wallet/export.csv${query}`}
        variant="default"
        size="sm"
        leftSection={<DownloadIcon aria-hidden />}
      >
        Export CSV
      </Button>
      <Button
        component="a"
        href={`/billing/wallet/export.xlsx${query}`}
        variant="default"
        size="sm"
        aria-label="Export Excel"
      >
        Excel
      </Button>
    </Button.Group>
  );
}
