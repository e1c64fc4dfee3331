import { Button } from "@mantine/core";
import { DownloadIcon } from "@radix-ui/react-icons";
import { useSearchParams } from "@remix-run/react";
import { messageStatuses } from "#server/messages/rules.ts";
import { messageLooks } from "../../../components/status-badge.tsx";
import { oneOf } from "../../../lib/params.ts";

/** The recipients as a file: those that the page shows, by state and reason, else all. */
export function Exports({ campaignId }: { campaignId: string }) {
  const [search] = useSearchParams();
  const status = oneOf(search.get("status"), messageStatuses);
  const reason = search.get("reason");
  const only = status ? ` (${messageLooks[status].word.toLowerCase()})` : "";
  const query = status ? `?${new URLSearchParams({ status, ...(reason ? { reason } : {}) })}` : "";
  return (
    <Button.Group>
      <Button
        component="a"
        href={`/campaigns/${campaignId}/export.csv${query}`}
        variant="default"
        leftSection={<DownloadIcon aria-hidden />}
      >
        Export CSV{only}
      </Button>
      <Button
        component="a"
        href={`/campaigns/${campaignId}/export.xlsx${query}`}
        variant="default"
        aria-label={`Export Excel${only}`}
      >
        Excel
      </Button>
    </Button.Group>
  );
}
