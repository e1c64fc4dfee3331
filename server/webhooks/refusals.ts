/** How webhooks say no. */
export const webhookRefusals = {
  too_many_webhooks: {
    trpc: "CONFLICT",
    status: 409,
    message: (d: Readonly<Record<string, string | number>>) =>
      `You can have ${d.limit} webhooks. Remove one that is not needed any more.`,
  },
  webhook_off: {
    trpc: "CONFLICT",
    status: 409,
    message: () => "This webhook is switched off. Switch it on, then replay.",
  },
} as const;
