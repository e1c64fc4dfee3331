import { CopyIcon } from "@radix-ui/react-icons";
import { ButtonForm, SubmitButton } from "../../../components/form-parts.tsx";
import type { Campaign } from "../load.ts";

/** Makes a draft that is like this campaign. */
export function DuplicateButton({ campaign }: { campaign: Campaign }) {
  return (
    <ButtonForm intent="duplicate" fields={{ id: campaign.id }}>
      <SubmitButton intent="duplicate" variant="default" leftSection={<CopyIcon aria-hidden />}>
        Duplicate
      </SubmitButton>
    </ButtonForm>
  );
}
