import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import type { ActiveException } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import { DomainError } from "../errors.ts";
import { change } from "./change.ts";
import { dateIn } from "./clock/rules.ts";
import { getHours } from "./get.ts";
import { type ExceptionInput, MAX_EXCEPTIONS } from "./schema.ts";

/** A year of holidays can be planned in the year before. */
const AHEAD_AT_MOST_YEARS = 2;

const refuse = (why: string, field = "date") => new DomainError("exception_dates", { why }, { [field]: why });

/**
 * Adds dates on which the week does not count.
 * @throws exception_dates when they are over, upside down, too far, or on dates that another exception has
 */
export async function addException(tx: Db, userId: Id<"user">, input: ExceptionInput): Promise<void> {
  const { hours, now } = await getHours(tx, userId, "to change");
  const today = dateIn(hours.tz, now);
  if ((input.until ?? input.date) < today)
    throw refuse(`These dates are over: it is ${today} there. Choose later ones.`);
  const exceptions = checkExceptions([...hours.exceptions, input], today);
  await change(tx, userId, { exceptions });
  await recordAudit(tx, userId, "schedule.exception_added", { date: input.date, windows: input.windows.length });
}

/**
 * The week counts again on the dates of an exception.
 * @param ref its first date
 */
export async function removeException(tx: Db, userId: Id<"user">, { date }: { date: string }): Promise<void> {
  const { hours } = await getHours(tx, userId, "to change");
  const exceptions = hours.exceptions.filter((exception) => exception.date !== date);
  if (exceptions.length === hours.exceptions.length) throw new DomainError("not_found");
  await change(tx, userId, { exceptions });
  await recordAudit(tx, userId, "schedule.exception_removed", { date });
}

/** Exceptions as they are kept: in order, without those that are over. */
export function checkExceptions(given: readonly ExceptionInput[], today: string): ActiveException[] {
  const all = given
    .map(({ date, until = date, name, windows }) => ({ date, until, name, windows }))
    .filter(({ until }) => until >= today)
    .toSorted((a, b) => a.date.localeCompare(b.date));
  const last = `${Number(today.slice(0, 4)) + AHEAD_AT_MOST_YEARS}${today.slice(4)}`;
  for (const [n, { date, until }] of all.entries()) {
    if (until < date) throw refuse("The last date is before the first.", "until");
    if (until > last) throw refuse(`Choose dates within ${AHEAD_AT_MOST_YEARS} years.`);
    const before = all[n - 1];
    if (before && before.until >= date) {
      throw refuse(
        `${before.name} is on ${before.until < until ? before.until : date} already. Remove it, or choose other dates.`,
      );
    }
  }
  if (all.length > MAX_EXCEPTIONS)
    throw refuse(`You keep ${MAX_EXCEPTIONS} exceptions, which is the most. Remove one.`);
  return all;
}
