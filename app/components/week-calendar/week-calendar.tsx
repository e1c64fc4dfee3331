import { Button, Group, Stack, Text } from "@mantine/core";
import { CopyIcon, ResetIcon, TrashIcon } from "@radix-ui/react-icons";
import { type KeyboardEvent, useId, useRef, useState } from "react";
import type { Window } from "#server/schedules/rules.ts";
import { dayName, presets, week as weekdays, windowInWords } from "#server/schedules/windows/rules.ts";
import { useHydrated } from "../../lib/use-hydrated.ts";
import { copyDay, freeWindow, newSlot, type Slot, sameWindows, windowsOf } from "./edit.ts";
import { Grid } from "./grid.tsx";
import { Times, type TypedRow } from "./times.tsx";
import { KEYS, useKeys } from "./use-keys.ts";
import { useWeek, type WeekState } from "./use-week.ts";
import styles from "./week-calendar.module.css";

const WORKDAYS = [1, 2, 3, 4, 5];

/**
 * A field of a form that holds windows of a week: a calendar to draw on, and the same windows as time fields, which are what
 * is sent (`windowsField` of server/schedules/schema.ts reads it). It keeps its own state: give it another `key` to begin anew.
 */
export function WeekCalendar({
  name,
  label,
  windows,
  typed = [],
  now,
  onChange,
}: {
  /** Of the field: its rows are sent as `name[0].day`, `name[0].from`, `name[0].to`. */
  name: string;
  /** What these windows are, for a screen reader. */
  label: string;
  /** Those it begins with. */
  windows: readonly Window[];
  /** Rows that are no windows yet, of a form that was sent and refused. */
  typed?: readonly TypedRow[];
  /** What the clock shows, for the line across the day. */
  now?: { day: number; minute: number };
  onChange?: (windows: Window[]) => void;
}) {
  const grid = useRef<HTMLDivElement>(null);
  const week = useWeek(windows, onChange);
  const [shown, setShown] = useState(now?.day ?? 1);
  const keys = useKeys(week, setShown);
  const hydrated = useHydrated();
  const hint = useId();

  function add(day: number, focus: boolean): void {
    const free = freeWindow(week.kept, day);
    if (!free) {
      week.say(`Nothing is free after the last window of ${dayName(day)}.`);
      return;
    }
    const slot = newSlot(free);
    week.keep([...week.kept, slot], `Added: ${windowInWords(slot)}.`, { about: slot.id, focus });
    setShown(day);
  }

  function undoByKey(event: KeyboardEvent): void {
    if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey || week.busy) return;
    // A field has an undo of its own.
    if (event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    week.undo();
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of what is in it
    <div className={styles.week} data-live={hydrated || undefined} onKeyDown={undoByKey}>
      {hydrated && <Presets week={week} />}
      <Grid
        gridRef={grid}
        label={label}
        week={week}
        keys={keys}
        shown={shown}
        onShow={setShown}
        onAdd={(day) => add(day, true)}
        now={now}
        hint={hint}
      />
      {hydrated && <Bar week={week} onRemove={keys.remove} />}
      <Text size="xs" c="dimmed" id={hint} className={styles.hint}>
        <span className={styles.mouse}>
          Draw on a day to add a window, drag it to move it, drag an edge to change it; past the end of a day it goes on
          into the next. {KEYS}
        </span>
        <span className={styles.touch}>
          Tap a free place for an hour, or rest your finger on it and draw. Tap a window, then drag it or its edges.
        </span>
      </Text>
      <Times name={name} week={week} typed={typed} onAdd={(day) => add(day, false)} onRemove={keys.remove} />
    </div>
  );
}

function Presets({ week }: { week: WeekState }) {
  const has = (windows: readonly Window[]) => sameWindows(windowsOf(week.kept), windows);
  return (
    <Group gap="xs">
      {presets.map((preset) => (
        <Button
          key={preset.name}
          size="xs"
          radius="xl"
          variant={has(preset.windows) ? "filled" : "default"}
          aria-pressed={has(preset.windows)}
          onClick={() => week.keep(preset.windows.map(newSlot), `Set to: ${preset.name}.`)}
        >
          {preset.name}
        </Button>
      ))}
    </Group>
  );
}

/** What the last change did and the way back; what can be done with the window that is selected. */
function Bar({ week, onRemove }: { week: WeekState; onRemove: (slot: Slot) => void }) {
  const slot = week.kept.find(({ id }) => id === week.selected);
  const copy = (days: readonly number[], where: string) =>
    slot && week.keep(copyDay(week.kept, slot.day, days), `${dayName(slot.day)} copied to ${where}.`);
  return (
    <Stack gap="xs" className={styles.bar}>
      <Group gap="xs" justify="space-between">
        <Text size="sm" role="status" className={styles.said}>
          {week.said}
        </Text>
        <Button
          size="xs"
          variant="default"
          leftSection={<ResetIcon aria-hidden />}
          disabled={!week.canUndo}
          onClick={week.undo}
        >
          Undo
        </Button>
      </Group>
      {slot && !week.busy && (
        <Group gap="xs">
          <Text size="sm" fw={650}>
            {windowInWords(slot)}
          </Text>
          <Button
            size="xs"
            variant="default"
            leftSection={<CopyIcon aria-hidden />}
            onClick={() => copy(WORKDAYS, "Monday to Friday")}
          >
            Copy {dayName(slot.day)} to Mon–Fri
          </Button>
          <Button
            size="xs"
            variant="default"
            leftSection={<CopyIcon aria-hidden />}
            onClick={() => copy(weekdays, "every day")}
          >
            To every day
          </Button>
          <Button
            size="xs"
            variant="default"
            color="red"
            leftSection={<TrashIcon aria-hidden />}
            onClick={() => onRemove(slot)}
          >
            Remove
          </Button>
        </Group>
      )}
    </Stack>
  );
}
