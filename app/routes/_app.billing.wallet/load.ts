import type { Api } from "#server/route-api.ts";
import { type TxnKind, txnKinds } from "#server/wallet/history/rules.ts";
import { historyFilter } from "#server/wallet/history/schema.ts";
import { idCursor, oneOf } from "../../lib/params.ts";

export type Points = Awaited<ReturnType<Api["wallet"]["get"]>>;
export type Use = Awaited<ReturnType<Api["wallet"]["use"]>>;
export type Booking = Awaited<ReturnType<Api["wallet"]["txns"]>>["rows"][number];
export type OfferedCampaign = Awaited<ReturnType<Api["wallet"]["campaigns"]>>[number];

const CURSOR = /^\d{1,9}$/;
const { from: day } = historyFilter.shape;

/** What of the history is shown, all of it in the address. What is mistyped there narrows nothing. */
export function readFilter(query: URLSearchParams) {
  const dayOf = (name: string) => day.safeParse(query.get(name) ?? undefined).data;
  return {
    kind: oneOf<TxnKind>(query.get("kind"), txnKinds),
    from: dayOf("from"),
    to: dayOf("to"),
    campaign: idCursor("campaign", query.get("campaign")),
  };
}

export async function loadWallet({ wallet }: Api, query: URLSearchParams) {
  const filter = readFilter(query);
  const cursor = query.get("cursor") ?? "";
  const [points, use, history, campaigns] = await Promise.all([
    wallet.get(),
    wallet.use(),
    wallet.txns({ ...filter, ...(CURSOR.test(cursor) && { cursor }) }),
    wallet.campaigns({ chosen: filter.campaign }),
  ]);
  return { points, use, history, campaigns };
}
