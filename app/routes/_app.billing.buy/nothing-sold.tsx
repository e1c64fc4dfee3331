import { Anchor } from "@mantine/core";
import { CardStackIcon } from "@radix-ui/react-icons";
import { EmptyState } from "../../components/empty-state.tsx";
import { LinkButton } from "../../components/link-button.tsx";

/** Where payments are switched off: who can be asked. */
export function NothingSold({ contact }: { contact: string | null }) {
  return (
    <EmptyState
      icon={CardStackIcon}
      title="Nothing is sold here"
      action={
        <LinkButton to="/billing/wallet" variant="default">
          To the wallet
        </LinkButton>
      }
    >
      Payments are switched off, and points and plans are given by hand. Ask whoever runs this MassSender
      {contact && (
        <>
          {": "}
          <Anchor href={`mailto:${contact}`} underline="always" fz="inherit">
            {contact}
          </Anchor>
        </>
      )}
      . What you have stays yours.
    </EmptyState>
  );
}
