import { Button, Group } from "@mantine/core";
import { Form } from "@remix-run/react";
import { campaignStatuses } from "#server/campaigns/results/schema.ts";
import type { CampaignStatus } from "#server/campaigns/rules.ts";
import { SearchField } from "../../components/filter-fields.tsx";
import { FilterLinks } from "../../components/filter-links.tsx";
import { campaignLooks } from "../../components/status-badge.tsx";
import { oneOf } from "../../lib/params.ts";
import { useFilter } from "../../lib/use-filter.ts";

/** Which campaigns are shown. Every choice is in the address; without JavaScript a button sends the form. */
export function Filters({ states }: { states: Record<CampaignStatus, number> }) {
  const { asked, show } = useFilter();
  const total = campaignStatuses.reduce((sum, status) => sum + states[status], 0);
  const chosen = oneOf(asked.get("status"), campaignStatuses);
  return (
    <Group align="flex-end" justify="space-between" gap="sm">
      <Form method="get" role="search" action="/campaigns" style={{ flex: "1 1 16rem", maxWidth: "26rem" }}>
        {chosen && <input type="hidden" name="status" value={chosen} />}
        <Group align="flex-end" gap="sm">
          <SearchField
            label="Search"
            placeholder="Part of the name"
            value={asked.get("search") ?? ""}
            onSearch={(text) => show({ search: text || null })}
            style={{ flex: 1 }}
          />
          <noscript>
            <Button type="submit" variant="default">
              Show
            </Button>
          </noscript>
        </Group>
      </Form>
      <FilterLinks
        label="Show campaigns by state"
        param="status"
        chosen={chosen}
        total={total}
        options={campaignStatuses
          .filter((status) => states[status] > 0 || status === chosen)
          .map((status) => ({ value: status, word: campaignLooks[status].word, count: states[status] }))}
      />
    </Group>
  );
}
