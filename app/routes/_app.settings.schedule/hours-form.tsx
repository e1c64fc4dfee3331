import { Alert, Button, Group, NativeSelect, Paper, Stack, Text, Title } from "@mantine/core";
import { ExclamationTriangleIcon } from "@radix-ui/react-icons";
import { Form } from "@remix-run/react";
import { useState } from "react";
import { z } from "zod";
import { MINUTE_MS, nextClockChange, offsetAt } from "#server/schedules/clock/rules.ts";
import type { Window } from "#server/schedules/rules.ts";
import { minuteOf, presets, spelledOut, stretchOf } from "#server/schedules/windows/rules.ts";
import { ButtonForm, FormError, Intent, SubmitButton } from "../../components/form-parts.tsx";
import type { TypedRow } from "../../components/week-calendar/times.tsx";
import { WeekCalendar } from "../../components/week-calendar/week-calendar.tsx";
import type { Answer } from "../../lib/submit.server.ts";
import { useWhenDone } from "../../lib/use-when-done.ts";
import type { Schedule } from "./now.tsx";
import styles from "./schedule.module.css";
import { UnsavedGuard } from "./unsaved-guard.tsx";

interface Zones {
  group: string;
  items: string[];
}

/** The windows of the week and their zone. What is changed here holds when it is saved. */
export function HoursForm({
  schedule,
  zones,
  answer,
}: {
  schedule: Schedule;
  zones: Zones[];
  answer: Answer | undefined;
}) {
  const saved = { tz: schedule.tz, windows: spelledOut(schedule.windows) };
  const savedKey = JSON.stringify(saved);
  // What the form began with: a reload must not take away what is being drawn.
  const [base, setBase] = useState({ ...saved, key: savedKey });
  const [draft, setDraft] = useState(saved);
  const draftKey = JSON.stringify(draft);
  const dirty = draftKey !== base.key;
  const begin = () => {
    setBase({ ...saved, key: savedKey });
    setDraft(saved);
  };
  if (savedKey !== base.key && (!dirty || draftKey === savedKey)) begin();
  useWhenDone("hours", answer, begin);

  const refused = answer?.intent === "hours" && answer.result.status === "error" ? answer.result : null;
  const typed = refused && readTyped(refused.initialValue);
  const errors = Object.values(refused?.error ?? {}).flatMap((list) => list ?? []);
  return (
    <Paper component="section" aria-labelledby="windows">
      <Stack>
        <Stack gap={2}>
          <Title order={2} id="windows">
            Windows of the week
          </Title>
          <Text size="sm" c="dimmed">
            A window belongs to the day on which it begins and may go on past midnight.
          </Text>
        </Stack>
        <noscript>
          <Group gap="xs" mb="sm">
            {presets.map(({ name }, n) => (
              <ButtonForm key={name} intent="preset" fields={{ preset: String(n) }}>
                <Button type="submit" size="xs" variant="default">
                  {name}
                </Button>
              </ButtonForm>
            ))}
          </Group>
        </noscript>
        <Form method="post" preventScrollReset>
          <Intent name="hours" />
          <Stack>
            <FormError errors={[...new Set(errors)]} />
            {dirty && savedKey !== base.key && <ChangedElsewhere onShow={begin} />}
            <Group align="flex-end" gap="md">
              <NativeSelect
                key={base.key}
                name="tz"
                label="Time zone"
                data={withZone(zones, base.tz)}
                defaultValue={typed?.tz ?? base.tz}
                onChange={({ currentTarget }) => setDraft({ ...draft, tz: currentTarget.value })}
                style={{ flex: "0 1 20rem" }}
              />
            </Group>
            <ClockNote tz={draft.tz} now={schedule.now} />
            <WeekCalendar
              key={base.key}
              name="windows"
              label="Windows in which messages may leave"
              windows={typed?.windows ?? base.windows}
              typed={typed?.incomplete ?? []}
              now={wallNow(draft.tz, schedule.now)}
              onChange={(windows) => setDraft((was) => ({ ...was, windows }))}
            />
            {draft.windows.length === 0 && (
              <Alert color="yellow" icon={<ExclamationTriangleIcon aria-hidden />}>
                Without a window nothing is ever sent.
              </Alert>
            )}
            <Group className={styles.save} data-unsaved={dirty || undefined} justify="space-between" gap="xs">
              <Text size="sm" style={{ flex: "1 1 7rem" }} fw={dirty ? 600 : 400} {...(dirty ? {} : { c: "dimmed" })}>
                {dirty ? "Not saved yet." : "What you see is what holds."}
              </Text>
              <Group gap="xs" wrap="nowrap">
                {dirty && (
                  <Button variant="default" onClick={begin}>
                    Discard
                  </Button>
                )}
                <SubmitButton intent="hours">Save</SubmitButton>
              </Group>
            </Group>
          </Stack>
        </Form>
        <UnsavedGuard unsaved={dirty} />
      </Stack>
    </Paper>
  );
}

function ChangedElsewhere({ onShow }: { onShow: () => void }) {
  return (
    <Alert color="yellow" icon={<ExclamationTriangleIcon aria-hidden />} title="Changed elsewhere meanwhile">
      <Group justify="space-between" gap="sm">
        <Text size="sm">Saving puts what you see here in place of that.</Text>
        <Button size="xs" variant="default" onClick={onShow}>
          Show what is saved
        </Button>
      </Group>
    </Alert>
  );
}

/** What the clock of a zone shows, as a day and a minute of it. */
function wallNow(tz: string, now: Date): { day: number; minute: number } {
  const wall = new Date(now.getTime() + offsetAt(tz, now.getTime()));
  return { day: wall.getUTCDay(), minute: wall.getUTCHours() * 60 + wall.getUTCMinutes() };
}

/** The zones to choose from, with the present one even where this server's list has it under another name. */
const withZone = (zones: Zones[], tz: string): Zones[] =>
  zones.some(({ items }) => items.includes(tz)) ? zones : [{ group: "Now", items: [tz] }, ...zones];

const typedForm = z.object({
  tz: z.string(),
  windows: z
    .array(z.object({ day: z.coerce.number(), from: z.string().default(""), to: z.string().default("") }))
    .default([]),
});

/** A form that was sent and refused, as it was typed: its windows, and its rows that have one time alone. */
function readTyped(sent: unknown): { tz: string; windows: Window[]; incomplete: TypedRow[] } | null {
  const form = typedForm.safeParse(sent);
  if (!form.success) return null;
  const windows = form.data.windows.flatMap(({ day, from, to }) => {
    const [begins, ends] = [minuteOf(from), minuteOf(to)];
    return begins === null || ends === null ? [] : [{ day, ...stretchOf(begins, ends) }];
  });
  const incomplete = form.data.windows.filter(({ from, to }) => (from === "") !== (to === ""));
  return { tz: form.data.tz, windows, incomplete };
}

/** What becomes of windows in the night in which the clocks of a zone change; nothing where they do not. */
function ClockNote({ tz, now }: { tz: string; now: Date }) {
  const change = nextClockChange(tz, now);
  if (!change) return null;
  const { before, after } = change;
  const day = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", day: "numeric", month: "long", year: "numeric" });
  const clock = (at: Date) => at.toISOString().slice(11, 16);
  const minutes = (after.getTime() - before.getTime()) / MINUTE_MS;
  return (
    <Text size="sm" c="dimmed">
      Clocks there go {minutes > 0 ? "forward" : "back"} on {day.format(before)}, from {clock(before)} to {clock(after)}
      .{" "}
      {minutes > 0
        ? `A window that would begin in the time that is left out begins at ${clock(after)}.`
        : `The time from ${clock(after)} comes twice, and a window in it is open twice.`}
    </Text>
  );
}
