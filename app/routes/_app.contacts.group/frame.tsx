import { Alert, Group, Loader, Text } from "@mantine/core";
import { ExclamationTriangleIcon, MixerVerticalIcon } from "@radix-ui/react-icons";
import type { ReactNode } from "react";
import { TextLink } from "../../components/link-button.tsx";
import { Page } from "../../components/page.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";

const experimental = { word: "Experimental", color: "yellow", icon: MixerVerticalIcon } as const;

/** What every view of the page has: its name, that it is experimental, and what WhatsApp and the law think of it. */
export function Frame({
  warn = true,
  actions,
  children,
}: {
  warn?: boolean;
  actions?: ReactNode;
  children: ReactNode;
}) {
  return (
    <Page
      title="Import a group"
      badge={<StatusBadge look={experimental} size="lg" />}
      lead="Make a list of a WhatsApp group that one of your linked phones is in."
      actions={actions}
    >
      {warn && (
        <Alert
          color="yellow"
          icon={<ExclamationTriangleIcon aria-hidden />}
          title="Being in a group is not consent to your messages"
        >
          Its members come in as not consented: no campaign reaches them until you note how each agreed. Messaging
          people who did not agree is against WhatsApp's terms and gets numbers banned. Only groups this phone is in are
          read; nobody joins one, and hidden numbers stay hidden.
        </Alert>
      )}
      {children}
      <Text size="sm" c="dimmed">
        <TextLink to="/contacts">All contacts</TextLink>
      </Text>
    </Page>
  );
}

/** WhatsApp is being asked. The page follows by itself; without scripts it is looked at again by hand. */
export function Asking({ children, again }: { children: ReactNode; again: string }) {
  return (
    <Group gap="sm" role="status">
      <Loader size="sm" aria-hidden />
      <Text>{children}</Text>
      <noscript>
        <a href={again}>Look again</a>
      </noscript>
    </Group>
  );
}

/** What WhatsApp, or its absence, made of a question. */
export function Failed({ why, children }: { why: string | null; children?: ReactNode }) {
  return (
    <Alert color="red" icon={<ExclamationTriangleIcon aria-hidden />} title="Nothing could be read" role="alert">
      {why}
      {children && (
        <Group mt="sm" gap="sm">
          {children}
        </Group>
      )}
    </Alert>
  );
}
