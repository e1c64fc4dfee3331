import { Anchor, Group, Text, ThemeIcon } from "@mantine/core";
import { CheckIcon } from "@radix-ui/react-icons";
import { Link } from "@remix-run/react";

const STEPS = [
  { step: "audience", label: "Audience" },
  { step: "message", label: "Message" },
  { step: "review", label: "Review" },
  { step: "start", label: "Start" },
] as const;
export type CampaignStep = (typeof STEPS)[number]["step"];

/** Where one is on the way from nobody to a running campaign. Each step of a saved draft is an address: the way back works, too. */
export function CampaignSteps({
  draftId,
  at,
  onLeave,
}: {
  /** Null while nothing was saved: then there is nowhere to go but on. */
  draftId: string | null;
  at: CampaignStep;
  /** Called with the address instead of going there at once. */
  onLeave?: (to: string) => void;
}) {
  const here = STEPS.findIndex(({ step }) => step === at);
  return (
    <Group component="nav" aria-label="Steps of the campaign" gap="xs">
      <Group component="ol" gap="xs" m={0} p={0} style={{ listStyle: "none" }}>
        {STEPS.map(({ step, label }, index) => {
          const to =
            step === "review" || step === "start"
              ? `/campaigns/${draftId}`
              : `/campaigns/new?draft=${draftId}&step=${step}`;
          const current = index === here;
          return (
            <Group component="li" key={step} gap={6} wrap="nowrap" aria-current={current ? "step" : undefined}>
              <ThemeIcon size={20} radius="xl" variant={index <= here ? "filled" : "default"} aria-hidden>
                {index < here ? <CheckIcon /> : <Text size="xs">{index + 1}</Text>}
              </ThemeIcon>
              {draftId === null || current || step === "start" ? (
                <Text size="sm" fw={current ? 650 : 400} c={current ? undefined : "dimmed"}>
                  {label}
                </Text>
              ) : (
                <Anchor
                  component={Link}
                  to={to}
                  size="sm"
                  onClick={(event) => {
                    if (!onLeave || event.metaKey || event.ctrlKey || event.shiftKey) return;
                    event.preventDefault();
                    onLeave(to);
                  }}
                >
                  {label}
                </Anchor>
              )}
            </Group>
          );
        })}
      </Group>
    </Group>
  );
}
