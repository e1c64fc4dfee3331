import { ActionIcon, Group, Stack, Text, Title } from "@mantine/core";
import { ArrowLeftIcon, CircleBackslashIcon } from "@radix-ui/react-icons";
import { Link, useSearchParams } from "@remix-run/react";
import { ConfirmButton } from "../../components/confirm-button.tsx";
import { ButtonForm, SubmitButton } from "../../components/form-parts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { type Look, StatusBadge } from "../../components/status-badge.tsx";
import { useAccount } from "../../lib/use-account.ts";
import { listSearch } from "../_app.inbox/load.ts";
import { type Conversation, calledBy } from "./load.ts";
import styles from "./talk.module.css";

const optedOut: Look = { word: "Opted out", color: "red", icon: CircleBackslashIcon };

/** Who it is, and what can be done about them. */
export function Head({ conversation }: { conversation: Conversation }) {
  const [search] = useSearchParams();
  const phones = useAccount()?.sessions?.length ?? 0;
  const { id, name, phone, contactId, on } = conversation;
  const called = calledBy(conversation);
  return (
    <Group className={styles.head} justify="space-between" gap="xs">
      <Group gap="xs" wrap="nowrap" miw={0} flex="1 1 12rem">
        <ActionIcon
          component={Link}
          to={`/inbox${listSearch(search)}`}
          hiddenFrom="md"
          variant="default"
          size="lg"
          aria-label="Back to the conversations"
        >
          <ArrowLeftIcon />
        </ActionIcon>
        <Stack gap={0} miw={0}>
          <Group gap="xs">
            <Title order={2} id="conversation" tabIndex={-1} lineClamp={2} className={styles.person}>
              {called}
            </Title>
            {conversation.optedOut && <StatusBadge look={optedOut} />}
          </Group>
          <Text size="xs" c="dimmed">
            {name !== null && phone}
            {name === null && (phone === null ? "WhatsApp does not show their number" : "Not one of your contacts")}
            {phones > 1 && on.phone && ` · to ${on.name === null ? on.phone : `${on.name}, ${on.phone}`}`}
          </Text>
        </Stack>
      </Group>
      <Group gap="xs">
        {contactId !== null && (
          <LinkButton to={`/contacts/${contactId}`} variant="default" size="xs">
            Contact
          </LinkButton>
        )}
        {contactId === null && phone !== null && !conversation.optedOut && (
          <LinkButton to={`/contacts/add?${new URLSearchParams({ phone })}`} variant="default" size="xs">
            Add as contact
          </LinkButton>
        )}
        <ButtonForm intent={conversation.unread > 0 ? "read" : "unread"} fields={{ id }}>
          <SubmitButton intent={conversation.unread > 0 ? "read" : "unread"} variant="default" size="xs">
            {conversation.unread > 0 ? "Mark as read" : "Mark as unread"}
          </SubmitButton>
        </ButtonForm>
        {!conversation.optedOut && (
          <ConfirmButton
            intent="leaveOut"
            fields={{ id }}
            label="Opt out"
            size="xs"
            title={`Never message ${called} again?`}
            confirm="Never message them"
          >
            What waits for them is taken back, and no campaign, rule or answer goes to them. You cannot undo this: only
            they can, by writing START to you.
          </ConfirmButton>
        )}
      </Group>
    </Group>
  );
}
