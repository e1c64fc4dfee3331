import { withSearch } from "../../../lib/params.ts";

/** Where a message's life stands in the page, when there is no JavaScript. */
export const PLACE = "life";

/** The address of a message's life. Without JavaScript it stands in the page, and is gone to. */
export const timelineAddress = (search: URLSearchParams, messageId: string): string =>
  `${withSearch(search, { row: messageId })}#${PLACE}`;
