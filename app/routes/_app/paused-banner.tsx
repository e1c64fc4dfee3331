import { Alert, Group, Text } from "@mantine/core";
import { PauseIcon, PlayIcon } from "@radix-ui/react-icons";
import { useLocation } from "@remix-run/react";
import { ButtonForm, SubmitButton } from "../../components/form-parts.tsx";
import { schedulePlace } from "./navigation.ts";

/** On every screen while all sending is paused: nothing else would tell why no campaign goes on. */
export function PausedBanner({ schedule }: { schedule: { paused: boolean } }) {
  const { pathname } = useLocation();
  // There it is said larger.
  if (!schedule.paused || pathname === schedulePlace.to) return null;
  return (
    <Alert color="yellow" mb="md" py="xs" icon={<PauseIcon aria-hidden />}>
      <Group justify="space-between" gap="xs">
        <Text size="sm">All sending is paused.</Text>
        <ButtonForm intent="resume" action={schedulePlace.to}>
          <SubmitButton intent="resume" size="xs" variant="default" leftSection={<PlayIcon aria-hidden />}>
            Let sending go on
          </SubmitButton>
        </ButtonForm>
      </Group>
    </Alert>
  );
}
