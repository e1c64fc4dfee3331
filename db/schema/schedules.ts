import { boolean, jsonb, pgTable, text } from "drizzle-orm/pg-core";
import { at, createdAt, idOf } from "./columns.ts";
import { users } from "./users.ts";

/**
 * A window of one weekday (0 = Sunday), minutes from that day's midnight, half-open: [from, to). `to` beyond 1,440 lies in
 * the next day.
 */
export interface ActiveWindow {
  day: number;
  from: number;
  to: number;
}

/** Dates on which the week does not count, both included: only these windows do. */
export interface ActiveException {
  date: string;
  until: string;
  name: string;
  windows: { from: number; to: number }[];
}

/** When a user's messages may leave. No windows (null) means always. */
export const schedules = pgTable("schedules", {
  id: idOf("schedule").primaryKey(),
  userId: idOf("user")
    .notNull()
    .unique()
    .references(() => users.id),
  tz: text().notNull(),
  windows: jsonb().$type<ActiveWindow[]>(),
  exceptions: jsonb().$type<ActiveException[]>().notNull().default([]),
  paused: boolean().notNull().default(false),
  /** Open until then, whatever windows and exceptions say. A pause wins. */
  openUntil: at(),
  createdAt: createdAt(),
});
