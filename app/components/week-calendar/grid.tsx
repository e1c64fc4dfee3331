import { ActionIcon, Text } from "@mantine/core";
import { PlusIcon } from "@radix-ui/react-icons";
import { type CSSProperties, type RefObject, useLayoutEffect } from "react";
import {
  clockOf,
  DAY_MINUTES,
  dayName,
  timesInWords,
  week as weekdays,
  windowInWords,
} from "#server/schedules/windows/rules.ts";
import type { Slot } from "./edit.ts";
import { useDrag } from "./use-drag.ts";
import type { useKeys } from "./use-keys.ts";
import type { WeekState } from "./use-week.ts";
import styles from "./week-calendar.module.css";

const HOURS = [0, 3, 6, 9, 12, 15, 18, 21, 24];
const percent = (minutes: number): string => `${(minutes / DAY_MINUTES) * 100}%`;

/** A part of a window that lies in one day: its beginning, or what is left of it after midnight. */
interface Piece {
  day: number;
  from: number;
  to: number;
  tail: boolean;
}

function piecesOf({ day, from, to }: Slot): Piece[] {
  const first = { day, from, to: Math.min(to, DAY_MINUTES), tail: false };
  return to > DAY_MINUTES ? [first, { day: (day + 1) % 7, from: 0, to: to - DAY_MINUTES, tail: true }] : [first];
}

const place = ({ day, from, to }: Piece) =>
  // Custom properties are not among the ones that React knows.
  ({ "--column": (day + 6) % 7, top: percent(from), height: percent(to - from) }) as CSSProperties;

/** The week as seven columns from midnight to midnight, on which windows are drawn, moved, lengthened and removed. */
export function Grid({
  gridRef,
  label,
  week,
  keys,
  shown,
  onShow,
  onAdd,
  now,
  hint,
}: {
  gridRef: RefObject<HTMLDivElement>;
  label: string;
  week: WeekState;
  keys: ReturnType<typeof useKeys>;
  /** The day that a phone shows. */
  shown: number;
  onShow: (day: number) => void;
  onAdd: (day: number) => void;
  now: { day: number; minute: number } | undefined;
  /** The id of the text that says how the keyboard is used. */
  hint: string;
}) {
  const drag = useDrag(gridRef, week);
  const { focus } = week;
  useLayoutEffect(() => {
    if (focus) gridRef.current?.querySelector<HTMLElement>(`[data-face="${focus.id}"]`)?.focus({ preventScroll: true });
  }, [focus, gridRef]);

  // While something is under way nothing changes its place in the page: it would lose the focus.
  const order = new Map(week.kept.map(({ id }, n) => [id, n]));
  const slots = week.slots.toSorted((a, b) => (order.get(a.id) ?? 1_000) - (order.get(b.id) ?? 1_000));
  return (
    <>
      <Tabs slots={week.slots} shown={shown} onShow={onShow} />
      <div className={styles.frame}>
        <div className={styles.heads}>
          {weekdays.map((day) => (
            <div key={day} className={styles.head} data-shown={day === shown || undefined}>
              <Text span size="sm" fw={650}>
                <span className={styles.long}>{dayName(day)}</span>
                <span className={styles.short}>{dayName(day).slice(0, 3)}</span>
              </Text>
              <ActionIcon
                className={styles.add}
                variant="subtle"
                size="sm"
                aria-label={`Add a window on ${dayName(day)}`}
                onClick={() => onAdd(day)}
              >
                <PlusIcon />
              </ActionIcon>
            </div>
          ))}
        </div>
        <div className={styles.body}>
          <div className={styles.hours} aria-hidden>
            {HOURS.map((hour) => (
              <span key={hour} style={{ top: percent(hour * 60) }}>
                {clockOf(hour * 60)}
              </span>
            ))}
          </div>
          {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is no place to drag on */}
          <div
            ref={gridRef}
            role="group"
            aria-label={label}
            className={styles.grid}
            onPointerDown={drag.onPointerDown}
            onPointerMove={drag.onPointerMove}
            onPointerUp={drag.onPointerUp}
            onPointerCancel={drag.onPointerCancel}
            onContextMenu={(event) => week.busy && event.preventDefault()}
            onKeyDownCapture={(event) => {
              if (event.key === "Escape" && drag.cancel()) event.stopPropagation();
            }}
          >
            {weekdays.map((day) => (
              <div key={day} className={styles.column} data-day={day} data-shown={day === shown || undefined}>
                {now?.day === day && <span className={styles.now} style={{ top: percent(now.minute) }} aria-hidden />}
              </div>
            ))}
            {slots.map((slot) => (
              <Block key={slot.id} slot={slot} week={week} keys={keys} shown={shown} hint={hint} />
            ))}
          </div>
        </div>
      </div>
    </>
  );
}

function Block({
  slot,
  week,
  keys,
  shown,
  hint,
}: {
  slot: Slot;
  week: WeekState;
  keys: ReturnType<typeof useKeys>;
  shown: number;
  hint: string;
}) {
  const [first, tail] = piecesOf(slot);
  if (!first) return null;
  const state = {
    "data-slot": slot.id,
    "data-part": "body",
    "data-selected": week.selected === slot.id || undefined,
    "data-held": keys.held === slot.id || undefined,
  };
  const edge = (part: "from" | "to") => <span className={styles.edge} data-part={part} data-slot={slot.id} />;
  return (
    <>
      <div className={styles.block} style={place(first)} data-shown={first.day === shown || undefined} {...state}>
        <button
          type="button"
          className={styles.face}
          data-face={slot.id}
          aria-label={windowInWords(slot)}
          aria-pressed={keys.held === slot.id}
          aria-describedby={hint}
          onKeyDown={(event) => keys.onKeyDown(event, slot)}
          // A screen reader presses without a key and without a pointer.
          onClick={(event) => event.detail === 0 && keys.toggle(slot)}
          onFocus={() => week.select(slot.id)}
          onBlur={() => keys.onBlur(slot)}
        >
          <span>{timesInWords(slot)}</span>
        </button>
        {edge("from")}
        {!tail && edge("to")}
      </div>
      {tail && (
        <div
          className={styles.block}
          style={place(tail)}
          data-shown={tail.day === shown || undefined}
          data-tail
          aria-hidden
          {...state}
        >
          <span className={styles.face}>
            <span>until {clockOf(slot.to)}</span>
          </span>
          {edge("to")}
        </div>
      )}
    </>
  );
}

/** On a phone: the days, each with its windows in small, one of them open below. */
function Tabs({ slots, shown, onShow }: { slots: readonly Slot[]; shown: number; onShow: (day: number) => void }) {
  const pieces = slots.flatMap((slot) => piecesOf(slot).map((piece) => ({ ...piece, id: slot.id })));
  return (
    <div className={styles.tabs}>
      {weekdays.map((day) => (
        <button key={day} type="button" className={styles.tab} aria-pressed={day === shown} onClick={() => onShow(day)}>
          {dayName(day).slice(0, 3)}
          <span className={styles.strip} aria-hidden>
            {pieces
              .filter((piece) => piece.day === day)
              .map(({ id, from, to, tail }) => (
                <i key={`${id}-${tail}`} style={{ top: percent(from), height: percent(to - from) }} />
              ))}
          </span>
        </button>
      ))}
    </div>
  );
}
