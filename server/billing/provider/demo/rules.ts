/** What a test card does: it pays, it pays while somebody is there and is declined afterwards, or it never pays. */
export type CardKind = "pays" | "pays_once" | "declined";

/** The demo provider's test cards. Nothing else is taken: nobody shall type a card of theirs. */
export const testCards = {
  pays: { number: "4242 4242 4242 4242", label: "Demo card ending in 4242", what: "Pays, now and at each renewal." },
  pays_once: {
    number: "4000 0000 0000 0341",
    label: "Demo card ending in 0341",
    what: "Pays now; renewals are declined.",
  },
  declined: { number: "4000 0000 0000 0002", label: "Demo card ending in 0002", what: "Is declined." },
} as const satisfies Record<CardKind, { number: string; label: string; what: string }>;

export const cardKinds = ["pays", "pays_once", "declined"] as const satisfies readonly CardKind[];

export type PaymentStatus = "open" | "paid" | "declined" | "cancelled";

const TOKEN = /^dtk_(pays|pays_once|declined)_[\w-]{22}$/;

/** Which card a token stands for; null: none of this provider's. */
export function cardOfToken(token: string): CardKind | null {
  const kind = token.match(TOKEN)?.[1];
  return cardKinds.find((known) => known === kind) ?? null;
}

/** Whether a card pays, with somebody there or without. */
export const pays = (card: CardKind, { there }: { there: boolean }): boolean =>
  card === "pays" || (card === "pays_once" && there);

/** Where the demo provider calls back. */
export const DEMO_CALLBACKS = "/api/payments/demo";
