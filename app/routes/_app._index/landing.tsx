import { Alert, Group, List, Paper, SimpleGrid, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import {
  CheckCircledIcon,
  ExclamationTriangleIcon,
  EyeOpenIcon,
  HandIcon,
  LockClosedIcon,
} from "@radix-ui/react-icons";
import type { Icon } from "../../components/icon.ts";
import { LinkButton } from "../../components/link-button.tsx";

const promises: { icon: Icon; title: string; text: string }[] = [
  {
    icon: CheckCircledIcon,
    title: "Nothing twice, nothing lost",
    text: "Each person gets each message once, even when the power fails in the middle. You pay only for what WhatsApp accepted.",
  },
  {
    icon: EyeOpenIcon,
    title: "The truth, live",
    text: "Queued, sending, sent, delivered, read: you watch every recipient. Whoever was left out has a reason beside the name.",
  },
  {
    icon: HandIcon,
    title: "Consent first",
    text: "Rows without consent never become contacts. Whoever writes STOP is never messaged again, and nobody can undo that but them.",
  },
  {
    icon: LockClosedIcon,
    title: "Slow on purpose",
    text: "One message at a time with a pause between. 200 recipients a campaign, 500 messages a day for each number. Nobody can raise it.",
  },
];

/** What the product is and is not, for somebody who has no account. */
export function Landing() {
  return (
    <Stack gap="xl" py={{ base: "md", sm: "xl" }}>
      <Stack gap="md" maw={720}>
        <Title order={1} fz={{ base: "2rem", sm: "2.75rem" }}>
          WhatsApp messages to people who agreed to them
        </Title>
        <Text size="lg" c="dimmed">
          Link your phone, bring your contacts from Excel, write one message with everybody's name in it. MassSender
          sends it slowly, one by one, and shows you what became of each.
        </Text>
        <Group>
          <LinkButton to="/register" size="md">
            Open an account
          </LinkButton>
          <LinkButton to="/login" size="md" variant="default">
            Sign in
          </LinkButton>
        </Group>
        <Text size="sm" c="dimmed">
          A new account has 400 points for 30 days: 200 messages.
        </Text>
      </Stack>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {promises.map(({ icon: Sign, title, text }) => (
          <Paper key={title}>
            <Group align="flex-start" wrap="nowrap">
              <ThemeIcon variant="light" size={40} radius="md">
                <Sign width={20} height={20} aria-hidden />
              </ThemeIcon>
              <Stack gap={4}>
                <Title order={2}>{title}</Title>
                <Text c="dimmed">{text}</Text>
              </Stack>
            </Group>
          </Paper>
        ))}
      </SimpleGrid>
      <Alert color="yellow" icon={<ExclamationTriangleIcon aria-hidden />} title="What you should know first">
        <List spacing={4}>
          <List.Item>
            WhatsApp's terms forbid bulk and automated messages over the consumer app. It can restrict or ban an account
            that sends them. Sending slowly makes that less likely, never allowed.
          </List.Item>
          <List.Item>MassSender does not help to hide: no proxies, no rotating numbers, no scraped contacts.</List.Item>
          <List.Item>You must be able to show how each person agreed. That is your duty, not ours.</List.Item>
        </List>
      </Alert>
    </Stack>
  );
}
