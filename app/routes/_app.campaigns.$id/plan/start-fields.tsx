import type { FieldMetadata } from "@conform-to/react";
import { Checkbox } from "@mantine/core";
import { TextField } from "../../../components/field.tsx";
import { formatNumber } from "../../../lib/format.ts";
import type { Campaign, CampaignReview } from "../load.ts";

/** What whoever starts a campaign vouches for, and the number that shows that they looked at whom it reaches. */
export function StartFields({
  campaign,
  review,
  fields,
}: {
  campaign: Campaign;
  review: CampaignReview;
  fields: { consentConfirmed: FieldMetadata<unknown>; recipients: FieldMetadata<unknown> };
}) {
  return (
    <>
      <Checkbox
        id={fields.consentConfirmed.id}
        name={fields.consentConfirmed.name}
        value="on"
        label={consentLabel(campaign)}
        error={fields.consentConfirmed.errors?.join(" ")}
      />
      <TextField
        meta={fields.recipients}
        label="Number of people who get it"
        description={`Type ${formatNumber(review.sendable).replace(",", "")} to show that you mean them all.`}
        inputMode="numeric"
        autoComplete="off"
        maw={320}
      />
    </>
  );
}

/** What the user vouches for, once and by hand, before anything leaves. */
function consentLabel({ purpose, audience }: Campaign): string {
  if (audience === "group_chat") {
    return "Everybody in this group may expect this kind of message in its chat, and I am allowed to write there.";
  }
  if (purpose === "confirmation") return "Everyone who is asked agreed to get messages from me, and I can show how.";
  return "Everyone on this list agreed to get this kind of message from me, and I can show how.";
}
