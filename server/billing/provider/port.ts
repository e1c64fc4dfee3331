import type { Id } from "#db/ids.ts";

/** What a provider is asked to collect. */
export interface Order {
  /** Our name for it. The provider repeats it in what it tells us, and gives the same payment when it is asked again. */
  reference: Id<"purchase">;
  /** Minor units of `currency`. */
  amount: number;
  currency: string;
  /** What the person sees that they pay for. */
  description: string;
}

/** A way of paying that a provider keeps: what it calls the card, and how a person recognises it. */
export interface KeptMethod {
  token: string;
  label: string;
}

/** What became of a payment, as a provider says it. The same event may be told any number of times. */
export interface PaymentEvent {
  provider: "demo";
  /** The provider's own name of the event. */
  eventId: string;
  type: "paid" | "declined" | "cancelled";
  /** What it says our name of the order is; it may be nobody's. */
  reference: string;
  /** What the provider calls the payment. */
  providerRef: string;
  /** Minor units of `currency`, as they were paid, or would have been. */
  amount: number;
  currency: string;
  /** The card, when the person let it be kept. */
  method: KeptMethod | null;
}

/** A callback as it arrives: whatever stands between may not have touched a byte. */
export interface Callback {
  headers: Headers;
  body: string;
}

/** Why a callback is not believed. */
export type CallbackProblem = "signature" | "time" | "body";

/**
 * Who takes the payments. Everything may be asked again after a crash, with the same reference. What a provider says of a
 * payment is an event, whether it answers it or calls back: server/billing/purchases/apply.ts makes of it what there is to be made.
 */
export interface PaymentProvider {
  name: "demo";
  /** No money is taken: pages and receipts say so. */
  demo: boolean;
  /**
   * Opens a payment on the provider's own page.
   * @param returnUrl where the person comes back to, paid or not
   */
  checkout(order: Order & { keepMethod: boolean; returnUrl: string }): Promise<{ ref: string; url: string }>;
  /** Charges a kept method without anybody there. The callback repeats what this answers. */
  charge(order: Order, token: string): Promise<PaymentEvent>;
  /**
   * Closes a payment that was not made: nobody can make it any more, also when it was not even ordered yet. Answers what became
   * of it, if it was made before that.
   */
  close(order: Order): Promise<PaymentEvent | null>;
  /** Reads a callback, if it was signed by the provider and lately. Nothing is looked up. */
  readCallback(callback: Callback, now: Date): PaymentEvent | { problem: CallbackProblem };
}
