import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { recordAudit } from "../audit/record.ts";
import { instantOf, readStartTime } from "../campaigns/schedule/rules.ts";
import { DomainError } from "../errors.ts";
import { change } from "./change.ts";
import { DAY_MS, dateIn, isoDate, MINUTE_MS } from "./clock/rules.ts";
import { checkExceptions } from "./exceptions.ts";
import { getHours } from "./get.ts";
import type { ActivateInput, SetScheduleInput } from "./schema.ts";
import { isAlways, tidyWindows } from "./windows/rules.ts";

/** "Active now" is for once; who wants it longer changes the hours. */
const ACTIVATE_AT_MOST_DAYS = 7;

/**
 * Sets the hours in which messages may leave, for all of a user's phones. Overlapping windows are made one.
 * @returns a sentence for each window that is not as it was given
 * @throws exception_dates when two exceptions are on one date
 */
export async function setSchedule(
  tx: Db,
  userId: Id<"user">,
  { tz, windows: given, exceptions, paused }: SetScheduleInput,
): Promise<{ changes: string[] }> {
  const { windows, changes } = tidyWindows(given ?? []);
  const always = given === null || isAlways(windows);
  const { now } = await getHours(tx, userId, "to change");
  await change(tx, userId, {
    tz,
    windows: always ? null : windows,
    ...(exceptions ? { exceptions: checkExceptions(exceptions, dateIn(tz, now)) } : {}),
    ...(paused === undefined ? {} : { paused, ...(paused ? { openUntil: null } : {}) }),
  });
  await recordAudit(tx, userId, "schedule.set", { windows: always ? null : windows.length, paused: paused ?? null });
  return { changes };
}

/** Nothing leaves any more, from any phone. What is on its way still arrives. */
export async function pauseAll(tx: Db, userId: Id<"user">): Promise<void> {
  await change(tx, userId, { paused: true, openUntil: null });
  await recordAudit(tx, userId, "schedule.paused");
}

/** Windows and exceptions decide again: a pause is over, and so is "active now". */
export async function followWindows(tx: Db, userId: Id<"user">): Promise<void> {
  await change(tx, userId, { paused: false, openUntil: null });
  await recordAudit(tx, userId, "schedule.resumed");
}

/**
 * Messages may leave from now on, whatever windows and exceptions say, until a time. It ends a pause.
 * @throws schedule_time for a time that is over, does not exist or is too far
 */
export async function activateNow(tx: Db, userId: Id<"user">, { until }: ActivateInput): Promise<{ until: Date }> {
  const { hours, now } = await getHours(tx, userId, "to change");
  const openUntil = untilWhen(until, hours.tz, now);
  await change(tx, userId, { paused: false, openUntil });
  await recordAudit(tx, userId, "schedule.activated", { until: openUntil.toISOString() });
  return { until: openUntil };
}

function untilWhen(until: ActivateInput["until"], tz: string, now: Date): Date {
  if (until === "hour") return new Date(now.getTime() + 60 * MINUTE_MS);
  const day = Math.floor(Date.parse(dateIn(tz, now)) / DAY_MS);
  const midnight = instantOf(`${isoDate(day + 1)}T00:00`, tz);
  if (until === "midnight" && midnight) return midnight;
  const time = readStartTime(until, tz, now);
  const refuse = (why: string) => new DomainError("schedule_time", { why }, { until: why });
  if ("why" in time) throw refuse(time.why);
  if (time.at.getTime() > now.getTime() + ACTIVATE_AT_MOST_DAYS * DAY_MS) {
    throw refuse(`Choose a time within ${ACTIVATE_AT_MOST_DAYS} days. For longer, change the hours themselves.`);
  }
  return time.at;
}
