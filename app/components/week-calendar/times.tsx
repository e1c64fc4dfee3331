import { ActionIcon, Button, Group, Text, TextInput } from "@mantine/core";
import { Cross2Icon, PlusIcon } from "@radix-ui/react-icons";
import { type FocusEvent, useRef } from "react";
import {
  DAY_MINUTES,
  dayName,
  fieldOf,
  minuteOf,
  stretchOf,
  week as weekdays,
  windowInWords,
} from "#server/schedules/windows/rules.ts";
import { useHydrated } from "../../lib/use-hydrated.ts";
import type { Slot } from "./edit.ts";
import type { WeekState } from "./use-week.ts";
import styles from "./week-calendar.module.css";

/** A row of the form that was sent and refused, as it was typed. */
export interface TypedRow {
  day: number;
  from: string;
  to: string;
}

/**
 * The same windows as two time fields each: what the form sends. Without JavaScript it is all there is; a window whose fields
 * are emptied is gone, and each day has an empty row for one more.
 */
export function Times({
  name,
  week,
  typed,
  onAdd,
  onRemove,
}: {
  name: string;
  week: WeekState;
  typed: readonly TypedRow[];
  onAdd: (day: number) => void;
  onRemove: (slot: Slot) => void;
}) {
  const places = new Map(week.kept.map(({ id }, n) => [id, n]));
  return (
    <div className={styles.times}>
      {weekdays.map((day, n) => (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be a row of a grid in every browser
        <div key={day} role="group" aria-label={dayName(day)} className={styles.day}>
          <Text size="sm" fw={600} className={styles.dayName}>
            {dayName(day)}
          </Text>
          <div className={styles.rows}>
            {week.kept
              .filter((slot) => slot.day === day)
              .map((slot) => (
                <Row
                  key={slot.id}
                  prefix={`${name}[${places.get(slot.id)}]`}
                  slot={slot}
                  week={week}
                  onRemove={onRemove}
                />
              ))}
            {typed.map(
              (row, index) =>
                row.day === day && (
                  <Fields
                    // biome-ignore lint/suspicious/noArrayIndexKey: these rows come from a form that was sent and stay as they are
                    key={index}
                    prefix={`${name}[${week.kept.length + index}]`}
                    day={day}
                    from={row.from}
                    to={row.to}
                    error="Give both times, or none."
                  />
                ),
            )}
            <noscript>
              <Fields prefix={`${name}[${week.kept.length + typed.length + n}]`} day={day} from="" to="" />
            </noscript>
            <AddButton day={day} onAdd={onAdd} closed={!week.kept.some((slot) => slot.day === day)} />
          </div>
        </div>
      ))}
    </div>
  );
}

function AddButton({ day, onAdd, closed }: { day: number; onAdd: (day: number) => void; closed: boolean }) {
  if (!useHydrated()) return null;
  return (
    <Group gap="xs">
      {closed && (
        <Text size="sm" c="dimmed">
          Closed
        </Text>
      )}
      <Button
        variant="subtle"
        size="compact-sm"
        leftSection={<PlusIcon aria-hidden />}
        aria-label={`Add times on ${dayName(day)}`}
        onClick={() => onAdd(day)}
      >
        Add
      </Button>
    </Group>
  );
}

function Row({
  prefix,
  slot,
  week,
  onRemove,
}: {
  prefix: string;
  slot: Slot;
  week: WeekState;
  onRemove: (slot: Slot) => void;
}) {
  const row = useRef<HTMLDivElement>(null);
  const hydrated = useHydrated();
  const { id, day, from, to } = slot;

  // Only when both fields are left: what is between two times being typed is no window.
  function leave(event: FocusEvent): void {
    if (row.current?.contains(event.relatedTarget)) return;
    const [typedFrom, typedTo] = [...(row.current?.querySelectorAll<HTMLInputElement>("input[type=time]") ?? [])].map(
      (input) => minuteOf(input.value.slice(0, 5)),
    );
    if (typeof typedFrom !== "number" || typeof typedTo !== "number") return;
    const changed = { ...slot, ...stretchOf(typedFrom, typedTo) };
    if (changed.from === from && changed.to === to) return;
    week.keep(
      week.kept.map((other) => (other.id === id ? changed : other)),
      `Changed: ${windowInWords(changed)}.`,
    );
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it hears that the focus left its fields
    <div ref={row} className={styles.row} onBlur={leave}>
      <Fields
        key={`${from}-${to}`}
        prefix={prefix}
        day={day}
        from={fieldOf(from)}
        to={fieldOf(to)}
        required={hydrated}
      />
      {hydrated && (
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={`Remove ${windowInWords(slot)}`}
          onClick={() => onRemove(slot)}
        >
          <Cross2Icon />
        </ActionIcon>
      )}
      <Text span size="sm" c="dimmed">
        {to > DAY_MINUTES ? `on ${dayName(day + 1)}` : from === 0 && to === DAY_MINUTES ? "all day" : null}
      </Text>
    </div>
  );
}

function Fields({
  prefix,
  day,
  from,
  to,
  required = false,
  error,
}: {
  prefix: string;
  day: number;
  from: string;
  to: string;
  required?: boolean;
  error?: string;
}) {
  const field = (end: "from" | "to", value: string, label: string) => (
    <TextInput
      type="time"
      name={`${prefix}.${end}`}
      defaultValue={value}
      aria-label={`${dayName(day)}, ${label}`}
      required={required}
      error={error !== undefined && value === ""}
      size="sm"
      className={styles.time}
    />
  );
  return (
    <span className={styles.fields}>
      <input type="hidden" name={`${prefix}.day`} value={day} />
      {field("from", from, "from")}
      <Text span c="dimmed" aria-hidden>
        –
      </Text>
      {field("to", to, "until")}
      {error && (
        <Text span size="sm" c="red">
          {error}
        </Text>
      )}
    </span>
  );
}
