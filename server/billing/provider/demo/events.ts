import type { PaymentEvent } from "../port.ts";
import type { DemoPayment } from "./books.ts";
import { cardOfToken, testCards } from "./rules.ts";
import type { CallbackBody } from "./schema.ts";

/**
 * What the demo provider says of a payment that is settled, the same each time it is asked.
 * @throws Error of one that is open
 */
export function eventOf({ id, status, reference, amount, currency, keepMethod, token }: DemoPayment): CallbackBody {
  if (status === "open") throw new Error("nothing became of this payment yet");
  const card = token && keepMethod && status === "paid" ? cardOfToken(token) : null;
  return {
    id: `${id}.${status}`,
    type: `payment.${status}`,
    data: {
      payment: id,
      reference,
      amount,
      currency,
      method: token && card ? { token, label: testCards[card].label } : null,
    },
  };
}

/** In the words that the shop has for any provider. */
export function translate({ id, type, data }: CallbackBody): PaymentEvent {
  const types = { "payment.paid": "paid", "payment.declined": "declined", "payment.cancelled": "cancelled" } as const;
  const { payment, reference, amount, currency, method } = data;
  return {
    provider: "demo",
    eventId: id,
    type: types[type],
    reference,
    providerRef: payment,
    amount,
    currency,
    method,
  };
}
