import { PauseIcon } from "@radix-ui/react-icons";
import { ConfirmButton } from "../../../components/confirm-button.tsx";
import { ButtonForm, SubmitButton } from "../../../components/form-parts.tsx";
import { count } from "../../../lib/format.ts";
import type { Campaign } from "../load.ts";
import { Exports } from "../results/exports.tsx";

/** What can be done with a campaign that was started, by its state. To resume stands beside why it is paused. */
export function BoardActions({ campaign }: { campaign: Campaign }) {
  const { id, name, status, counts } = campaign;
  return (
    <>
      {status === "running" && (
        <ButtonForm intent="pause" fields={{ id }}>
          <SubmitButton intent="pause" variant="default" leftSection={<PauseIcon aria-hidden />}>
            Pause
          </SubmitButton>
        </ButtonForm>
      )}
      {(status === "running" || status === "paused") && (
        <ConfirmButton
          intent="cancel"
          fields={{ id }}
          label="Cancel"
          title={`Cancel ${name}?`}
          confirm={`Cancel ${name}`}
        >
          {count(counts.queued, "message")} will not be sent and the points are free again. This cannot be undone. What
          is on its way still arrives.
        </ConfirmButton>
      )}
      <Exports campaignId={id} />
    </>
  );
}
