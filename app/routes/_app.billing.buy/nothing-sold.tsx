import { Anchor, Text } from "@mantine/core";
import { CardStackIcon } from "@radix-ui/react-icons";
import { Fragment } from "react";
import { EmptyState } from "../../components/empty-state.tsx";
import { LinkButton } from "../../components/link-button.tsx";

/** Where payments are switched off: who can be asked. */
export function NothingSold({ administrators }: { administrators: readonly string[] }) {
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
      Payments are switched off. Points and plans are given by an administrator:{" "}
      {administrators.length === 0 ? (
        "ask whoever runs this server."
      ) : (
        <>
          write to{" "}
          {administrators.map((email, at) => (
            <Fragment key={email}>
              {at > 0 && " or "}
              <Anchor href={`mailto:${email}`} underline="always" fz="inherit">
                {email}
              </Anchor>
            </Fragment>
          ))}
          .
        </>
      )}{" "}
      <Text span inherit>
        What you have stays yours.
      </Text>
    </EmptyState>
  );
}
