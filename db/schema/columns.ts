import { customType, text, timestamp } from "drizzle-orm/pg-core";
import type { Id, IdKind } from "../ids.ts";

/** A typed id column. */
export const idOf = <K extends IdKind>(_kind: K) => text().$type<Id<K>>();
/** A column of typed ids, in an array. */
export const idsOf = <K extends IdKind>(_kind: K) => text().array().$type<Id<K>[]>();
export const at = () => timestamp({ withTimezone: true });
export const createdAt = () => at().notNull().defaultNow();

export const bytea = customType<{ data: Buffer; driverData: Buffer }>({
  dataType: () => "bytea",
});
