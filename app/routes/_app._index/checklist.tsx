import { Group, Paper, Stack, Text, ThemeIcon } from "@mantine/core";
import { CheckIcon } from "@radix-ui/react-icons";
import { LinkButton } from "../../components/link-button.tsx";

interface Step {
  done: boolean;
  title: string;
  text: string;
  to: string;
  word: string;
}

/** The way to the first campaign: what is done, and the one thing to do next. */
export function Checklist(props: { linked: boolean; hasContacts: boolean; hasCampaign: boolean }) {
  const steps: Step[] = [
    {
      done: props.linked,
      title: "Link your phone",
      text: "Scan a code with WhatsApp, as for WhatsApp Web.",
      to: "/link",
      word: "Link a phone",
    },
    {
      done: props.hasContacts,
      title: "Bring your contacts",
      text: "An Excel or CSV file with name, phone number and consent.",
      to: "/contacts/upload",
      word: "Import contacts",
    },
    {
      done: props.hasCampaign,
      title: "Write a campaign",
      text: "One message with everybody's name in it. You see it before it is sent.",
      to: "/campaigns/new",
      word: "Write a campaign",
    },
  ];
  const next = steps.find((step) => !step.done);
  return (
    <Paper>
      <Stack component="ol" gap="md" m={0} p={0} style={{ listStyle: "none" }}>
        {steps.map((step, index) => (
          <Group key={step.to} component="li" wrap="nowrap" align="flex-start">
            <ThemeIcon radius="xl" size={32} variant={step.done ? "filled" : "light"} aria-hidden>
              {step.done ? <CheckIcon /> : index + 1}
            </ThemeIcon>
            <Group justify="space-between" flex={1} gap="sm">
              <Stack gap={0}>
                <Text fw={600}>
                  {step.title}
                  {step.done && (
                    <Text span c="dimmed" fw={400}>
                      {" "}
                      (done)
                    </Text>
                  )}
                </Text>
                <Text size="sm" c="dimmed">
                  {step.text}
                </Text>
              </Stack>
              {!step.done && (
                <LinkButton to={step.to} variant={step === next ? "filled" : "default"}>
                  {step.word}
                </LinkButton>
              )}
            </Group>
          </Group>
        ))}
      </Stack>
    </Paper>
  );
}
