type Details = Readonly<Record<string, string | number>>;

const are = (points: string | number | undefined) => `${points} ${points === 1 ? "is" : "are"}`;

/** What points, plans and buying are refused for, in words. Part of the table in server/errors.ts. */
export const billingRefusals = {
  plan_expired: {
    trpc: "CONFLICT",
    status: 409,
    message: () =>
      "No plan is running: yours has ended, or you have none yet. Your points are kept; get a plan to send again.",
  },
  insufficient_points: {
    trpc: "UNPROCESSABLE_CONTENT",
    status: 422,
    message: (d: Details) =>
      `This needs ${d.need} points and ${are(d.available)} available: ${are(d.missing)} missing.`,
  },
  payments_off: {
    trpc: "FORBIDDEN",
    status: 403,
    message: () => "Nothing can be bought here: payments are switched off. Ask an administrator for points or a plan.",
  },
  not_on_sale: {
    trpc: "CONFLICT",
    status: 409,
    message: () => "This is no longer sold. Choose from what the page offers now.",
  },
  price_changed: {
    trpc: "CONFLICT",
    status: 409,
    message: () => "The price changed a moment ago. Look at it again, then buy.",
  },
  too_many_waiting: {
    trpc: "CONFLICT",
    status: 409,
    message: (d: Details) => `${d.limit} purchases wait for their payment already. Pay or cancel one of them first.`,
  },
  already_settled: {
    trpc: "CONFLICT",
    status: 409,
    message: () => "This was settled a moment ago, so it is no longer waiting. Look at what became of it.",
  },
  renewal_not_cancelled: {
    trpc: "CONFLICT",
    status: 409,
    message: () =>
      "A renewal cannot be cancelled: its card may be charged this moment. Switch off “Renew by itself” on the wallet page, and it is not tried again.",
  },
  payment_unsure: {
    trpc: "CONFLICT",
    status: 409,
    message: () =>
      "This may have been paid, and while payments are switched off here nobody can be asked. It stays as it is until they are on again.",
  },
  no_kept_card: {
    trpc: "CONFLICT",
    status: 409,
    message: () =>
      "No card is kept that a renewal could be charged to. Buy a plan and let its card be kept, then switch this on.",
  },
  no_plan_to_renew: {
    trpc: "CONFLICT",
    status: 409,
    message: () => "No plan is running that could be renewed. Buy one first.",
  },
  payment_signature: {
    trpc: "UNAUTHORIZED",
    status: 401,
    message: () => "The signature does not match: this was not sent by the payment provider.",
  },
  payment_time: {
    trpc: "UNAUTHORIZED",
    status: 401,
    message: () => "The time of this callback is too far from now. Send it again, signed anew.",
  },
  payment_body: { trpc: "BAD_REQUEST", status: 400, message: () => "This is not an event of a payment." },
  payment_unknown: { trpc: "NOT_FOUND", status: 404, message: () => "There is no purchase with this reference." },
  payment_mismatch: {
    trpc: "UNPROCESSABLE_CONTENT",
    status: 422,
    message: (d: Details) => `The payment is not the one that was ordered: its ${d.what} differs. Nothing was booked.`,
  },
} as const;
