import type { Order } from "../provider/port.ts";
import { whatIsBought } from "../rules.ts";
import type { Purchase } from "./apply.ts";

/** A purchase as a provider is asked to collect it. */
export function orderOf({ id, total, currency, days, points }: Purchase): Order {
  return { reference: id, amount: total, currency, description: `MassSender: ${whatIsBought({ days, points })}` };
}
