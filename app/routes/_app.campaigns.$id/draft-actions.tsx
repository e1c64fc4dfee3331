import { Pencil1Icon } from "@radix-ui/react-icons";
import { ConfirmButton } from "../../components/confirm-button.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { campaignName } from "../../lib/format.ts";
import type { Campaign } from "./load.ts";

export function DraftActions({ campaign }: { campaign: Campaign }) {
  // What is scheduled is what was confirmed: to edit it, the schedule is cancelled first.
  if (campaign.status === "scheduled") return null;
  return (
    <>
      <LinkButton
        to={`/campaigns/new?draft=${campaign.id}`}
        variant="default"
        leftSection={<Pencil1Icon aria-hidden />}
      >
        Edit
      </LinkButton>
      <ConfirmButton
        intent="remove"
        fields={{ id: campaign.id }}
        label="Delete"
        title={`Delete ${campaignName(campaign.name)}?`}
        confirm={`Delete ${campaignName(campaign.name)}`}
      >
        The draft is gone for good. Nothing was sent.
      </ConfirmButton>
    </>
  );
}
