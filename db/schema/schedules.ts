import { boolean, jsonb, pgTable, text } from "drizzle-orm/pg-core";
import { createdAt, idOf } from "./columns.ts";
import { users } from "./users.ts";

/** A window of one weekday (0 = Sunday), minutes of the local day, half-open: [from, to). */
export interface ActiveWindow {
  day: 0 | 1 | 2 | 3 | 4 | 5 | 6;
  from: number;
  to: number;
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
  paused: boolean().notNull().default(false),
  createdAt: createdAt(),
});
