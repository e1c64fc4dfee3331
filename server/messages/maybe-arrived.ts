import { type SQL, sql } from "drizzle-orm";

/** SQL: of a failed message, by its reason's code: nobody knows whether it arrived. WhatsApp never answered for it. */
export const maybeArrived = (errorCode: SQL): SQL<boolean> =>
  sql<boolean>`coalesce(${errorCode} in ('unconfirmed', 'treated_as_failed'), false)`;
