import { Button, Group, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { MagnifyingGlassIcon } from "@radix-ui/react-icons";
import { Form, useNavigate, useSearchParams } from "@remix-run/react";
import { useState } from "react";
import { campaignStatuses } from "#server/campaigns/results/schema.ts";
import type { CampaignStatus } from "#server/campaigns/rules.ts";
import { FilterLinks } from "../../components/filter-links.tsx";
import { campaignLooks } from "../../components/status-badge.tsx";
import { oneOf, withSearch } from "../../lib/params.ts";

const TYPING_MS = 250;

/** Which campaigns are shown. Every choice is in the address; without JavaScript a button sends the form. */
export function Filters({ states }: { states: Record<CampaignStatus, number> }) {
  const [search] = useSearchParams();
  const total = campaignStatuses.reduce((sum, status) => sum + states[status], 0);
  const chosen = oneOf(search.get("status"), campaignStatuses);
  return (
    <Group align="flex-end" justify="space-between" gap="sm">
      <Form method="get" role="search" action="/campaigns" style={{ flex: "1 1 16rem", maxWidth: "26rem" }}>
        {chosen && <input type="hidden" name="status" value={chosen} />}
        <Group align="flex-end" gap="sm">
          <NameField />
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

/** Searches while somebody types, a moment after the last letter. */
function NameField() {
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const value = search.get("search") ?? "";
  const [typed, setTyped] = useState(value);
  const [sent, setSent] = useState(value);
  const show = useDebouncedCallback((text: string) => {
    setSent(text);
    const to = withSearch(search, { search: text || null, cursor: null });
    navigate(to, { replace: true, preventScrollReset: true });
  }, TYPING_MS);
  // The address may change by itself, by a link or the browser's way back.
  const [known, setKnown] = useState(value);
  if (value !== known) {
    setKnown(value);
    if (value !== sent) {
      setTyped(value);
      setSent(value);
    }
  }
  return (
    <TextInput
      name="search"
      type="search"
      label="Search"
      placeholder="Part of the name"
      autoComplete="off"
      maxLength={100}
      value={typed}
      onChange={({ currentTarget: { value: text } }) => {
        setTyped(text);
        show(text.trim());
      }}
      leftSection={<MagnifyingGlassIcon aria-hidden />}
      style={{ flex: 1 }}
    />
  );
}
