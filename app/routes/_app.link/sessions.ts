import type { Api } from "#server/route-api.ts";

type Told = Awaited<ReturnType<Api["wa"]["list"]>>[number];

/** A session as pages get it: what the QR code says is a secret that only its picture shows. */
export function forPage<S extends Pick<Told, "qr">>({ qr, ...session }: S) {
  return { ...session, hasQr: qr !== null };
}

export type Session = ReturnType<typeof forPage<Told>>;

export const nameOf = (session: Pick<Session, "phone" | "pairingPhone">): string =>
  session.phone ?? session.pairingPhone ?? "New phone";

/** Something about it changes soon without an event: a code runs out, or a request lapses. */
export const isUnderWay = ({ status, command }: Session): boolean =>
  status === "waiting" || status === "pairing" || command?.status === "waiting";
