import { Alert, Button, Group, Paper, Stack, Text, TextInput } from "@mantine/core";
import { CheckCircledIcon, ClockIcon, LightningBoltIcon, PauseIcon, PlayIcon } from "@radix-ui/react-icons";
import { Form } from "@remix-run/react";
import { wallOf } from "#server/campaigns/schedule/rules.ts";
import type { Api } from "#server/route-api.ts";
import { ButtonForm, Intent, SubmitButton, usePending } from "../../components/form-parts.tsx";
import type { Icon } from "../../components/icon.ts";
import type { Answer } from "../../lib/submit.server.ts";
import { momentIn } from "./words.ts";

export type Schedule = Awaited<ReturnType<Api["schedules"]["get"]>>;

const TWO_HOURS = 2 * 60 * 60_000;

interface State {
  title: string;
  text: string;
  color: string;
  icon: Icon;
}

function stateOf(schedule: Schedule): State {
  const { paused, open, openUntil, turnsAt, tz, now, windows } = schedule;
  const turns = turnsAt && momentIn(tz, turnsAt, now);
  if (paused) {
    return {
      title: "All sending is paused",
      text: "Nothing leaves until you let it go on, whatever the windows say.",
      color: "yellow",
      icon: PauseIcon,
    };
  }
  if (openUntil) {
    const text = `Until ${momentIn(tz, openUntil, now)} whatever the windows say; after that they decide again.`;
    return { title: "Active by hand", text, color: "teal", icon: LightningBoltIcon };
  }
  if (open) {
    const text = turns ? `Closes ${turns}.` : "At any hour, on every day.";
    return { title: "Open now", text, color: "teal", icon: CheckCircledIcon };
  }
  const never =
    windows?.length === 0 ? "No window is set, so nothing is ever sent." : "Nothing opens in the time ahead.";
  return { title: "Closed now", text: turns ? `Opens ${turns}.` : never, color: "gray", icon: ClockIcon };
}

/** Whether messages may leave at this moment, until when that holds, and the two buttons that change it at once. */
export function Now({ schedule, answer }: { schedule: Schedule; answer: Answer | undefined }) {
  const { paused, openUntil } = schedule;
  const { title, text, color, icon: StateIcon } = stateOf(schedule);
  return (
    <Paper component="section" aria-label="Now">
      <Stack>
        <Alert color={color} title={title} icon={<StateIcon aria-hidden />} role="status">
          <Group justify="space-between" gap="sm">
            {/* Browser and server may word a zone differently; the moment is the same. */}
            <Text size="sm" style={{ flex: "1 1 16rem" }} suppressHydrationWarning>
              {text}
            </Text>
            {paused || openUntil ? (
              <ButtonForm intent="resume">
                <SubmitButton intent="resume" size="xs" leftSection={<PlayIcon aria-hidden />}>
                  {paused ? "Let sending go on" : "Back to the windows"}
                </SubmitButton>
              </ButtonForm>
            ) : null}
            {!paused && (
              <ButtonForm intent="pause">
                <SubmitButton intent="pause" size="xs" variant="default" leftSection={<PauseIcon aria-hidden />}>
                  Pause all
                </SubmitButton>
              </ButtonForm>
            )}
          </Group>
        </Alert>
        <Activate schedule={schedule} answer={answer} />
      </Stack>
    </Paper>
  );
}

function Activate({ schedule, answer }: { schedule: Schedule; answer: Answer | undefined }) {
  const { tz, now, paused } = schedule;
  const pending = usePending("activate");
  const refused = answer?.intent === "activate" && answer.result.status === "error" ? answer.result : null;
  const typed = refused?.initialValue?.until;
  return (
    <Stack gap={6}>
      <Text size="sm" fw={600} id="activate">
        Active now
      </Text>
      <Text size="sm" c="dimmed">
        Sends at once, outside of the windows too{paused ? ", and ends the pause" : ""}. A pause ends it at any time.
      </Text>
      <Group gap="sm" align="flex-start" role="group" aria-labelledby="activate">
        <ButtonForm intent="activate" fields={{ until: "hour" }}>
          <Button type="submit" variant="default" disabled={pending}>
            For 1 hour
          </Button>
        </ButtonForm>
        <ButtonForm intent="activate" fields={{ until: "midnight" }}>
          <Button type="submit" variant="default" disabled={pending}>
            Until midnight
          </Button>
        </ButtonForm>
        <Form method="post" preventScrollReset>
          <Intent name="activate" />
          <Group gap="xs" align="flex-start">
            <TextInput
              type="datetime-local"
              name="until"
              aria-label={`Active until, in ${tz}`}
              required
              defaultValue={typeof typed === "string" ? typed : wallOf(new Date(now.getTime() + TWO_HOURS), tz)}
              error={refused?.error?.until?.join(" ")}
            />
            <Button type="submit" variant="default" disabled={pending}>
              Until then
            </Button>
          </Group>
        </Form>
      </Group>
    </Stack>
  );
}
