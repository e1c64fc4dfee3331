import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Db } from "#db/client.ts";
import type { Id } from "#db/ids.ts";
import { DomainError } from "../errors.ts";
import { dateIn } from "./clock/rules.ts";
import { hoursColumns, hoursRow, toHours } from "./row.ts";
import { type ActiveHours, isOpen, nextClosing, nextOpening } from "./rules.ts";

const row = hoursRow.extend({ now: z.coerce.date() });

/**
 * A user's hours, and what the product's clock says.
 * @param why `to change`: nobody else changes them until this transaction has ended
 */
export async function getHours(
  tx: Db,
  userId: Id<"user">,
  why: "to read" | "to change" = "to read",
): Promise<{ hours: ActiveHours; now: Date }> {
  const [found] = await tx.execute(sql`
    select ${hoursColumns}, app_now() as now from schedules h where h.user_id = ${userId}
    ${why === "to change" ? sql`for no key update` : sql``}`);
  if (!found) throw new DomainError("not_found");
  const { now, ...hours } = row.parse(found);
  return { hours: toHours(hours), now };
}

/** The hours as a screen shows them: what is over is left out, and whether messages may leave now, and until when that holds. */
export async function getSchedule(tx: Db, userId: Id<"user">) {
  const { hours, now } = await getHours(tx, userId);
  const open = isOpen(hours, now);
  const today = dateIn(hours.tz, now);
  return {
    ...hours,
    exceptions: hours.exceptions.filter(({ until }) => until >= today).toSorted((a, b) => a.date.localeCompare(b.date)),
    openUntil: hours.openUntil !== null && hours.openUntil > now ? hours.openUntil : null,
    now,
    open,
    /** When that changes by itself; null when it does not. */
    turnsAt: open ? nextClosing(hours, now) : nextOpening(hours, now),
  };
}
