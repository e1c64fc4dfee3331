import { PauseIcon, PlayIcon } from "@radix-ui/react-icons";
import { useLocation } from "@remix-run/react";
import { ButtonForm, SubmitButton } from "../../components/form-parts.tsx";
import { Banner } from "./banner.tsx";
import { schedulePlace } from "./navigation.ts";

/** On every screen while all sending is paused: nothing else would tell why no campaign goes on. */
export function PausedBanner({ schedule }: { schedule: { paused: boolean } }) {
  const { pathname } = useLocation();
  // There it is said larger.
  if (!schedule.paused || pathname === schedulePlace.to) return null;
  return (
    <Banner
      color="yellow"
      icon={<PauseIcon aria-hidden />}
      action={
        <ButtonForm intent="resume" action={schedulePlace.to}>
          <SubmitButton intent="resume" size="xs" variant="default" leftSection={<PlayIcon aria-hidden />}>
            Let sending go on
          </SubmitButton>
        </ButtonForm>
      }
    >
      All sending is paused.
    </Banner>
  );
}
