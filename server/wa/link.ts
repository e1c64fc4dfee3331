import { and, eq, inArray, isNull, ne, or, sql } from "drizzle-orm";
import type { PgUpdateSetSource } from "drizzle-orm/pg-core";
import type { Db } from "#db/client.ts";
import { type Id, newId } from "#db/ids.ts";
import { users, waSessions } from "#db/schema/index.ts";
import { recordAudit } from "../audit/record.ts";
import type { Env } from "../env.ts";
import { DomainError } from "../errors.ts";
import { publish } from "../events.ts";
import { type SessionStatus, statusesBefore, statusesForNewQr } from "./rules.ts";
import type { LinkInput, NewQrInput, SessionRef } from "./schema.ts";

/** Workers listen here; the payload is the id of a session that wants looking at. */
export const WA_CHANNEL = "wa";

/** Tells the workers that this session wants looking at. */
export const wakeWorkers = (tx: Db, sessionId: Id<"waSession">) =>
  tx.execute(sql`select pg_notify(${WA_CHANNEL}, ${sessionId})`);

/** The user's session. @throws not_found */
export async function getOwnSession(tx: Db, userId: Id<"user">, id: Id<"waSession">) {
  const [session] = await tx
    .select()
    .from(waSessions)
    .where(and(eq(waSessions.id, id), eq(waSessions.userId, userId), ne(waSessions.status, "removed")));
  if (!session) throw new DomainError("not_found");
  return session;
}

/** Without the wrapped key the stored credentials and keys can never be opened again, wherever a copy of them is. */
export const shredded = {
  wrappedKey: null,
  keyId: null,
  dataKeyId: null,
  credentials: null,
  qr: null,
  qrExpiresAt: null,
  pairingCode: null,
  pairingCodeExpiresAt: null,
};

/** The user did something with the phone: it is not idle. */
export const usedNow = { lastUsedAt: sql`app_now()`, idleWarnedAt: null, idleUnlinkingAt: null };

/** Whoever holds the session for codes that are void has lost it: the new lease begins with new keys. */
const nobodys = { ownerId: null, leaseUntil: sql`now()`, epoch: sql`${waSessions.epoch} + 1` };

/** By QR, or by a code that is typed on the phone with that number. */
const wayOf = ({ by }: LinkInput) =>
  by === undefined ? { linkBy: "qr" as const, pairingPhone: null } : { linkBy: "code" as const, pairingPhone: by };

/** Begins to link a phone: a worker opens a socket and shows QR codes, or a code to type. @throws too_many_sessions */
export async function createSession(
  tx: Db,
  userId: Id<"user">,
  { caps, whatsapp }: Pick<Env, "caps" | "whatsapp">,
  input: LinkInput = {},
): Promise<{ id: Id<"waSession"> }> {
  const limit = caps.sessionsPerUser;
  // The user's row serialises two clicks, which together could pass the cap.
  await tx.select({ id: users.id }).from(users).where(eq(users.id, userId)).for("no key update");
  const existing = await tx
    .select({ id: waSessions.id })
    .from(waSessions)
    .where(and(eq(waSessions.userId, userId), ne(waSessions.status, "removed")));
  if (existing.length >= limit) throw new DomainError("too_many_sessions", { limit });
  const id = newId("waSession");
  await tx.insert(waSessions).values({ id, userId, network: whatsapp, status: "waiting", ...wayOf(input) });
  await recordAudit(tx, userId, "session.created", { sessionId: id });
  await wakeWorkers(tx, id);
  await publish(tx, userId, "session", id);
  return { id };
}

async function leaveSocketless(
  tx: Db,
  userId: Id<"user">,
  id: Id<"waSession">,
  to: "waiting" | "removed",
  from: SessionStatus[],
  also: PgUpdateSetSource<typeof waSessions> = {},
): Promise<void> {
  const session = await getOwnSession(tx, userId, id);
  const moved = await tx
    .update(waSessions)
    .set({
      status: to,
      statusReason: null,
      statusAt: sql`now()`,
      restrictedUntil: null,
      ...shredded,
      ...nobodys,
      ...also,
    })
    .where(
      and(
        eq(waSessions.id, id),
        eq(waSessions.userId, userId),
        inArray(waSessions.status, from),
        // Restricted for a time it is still linked: it is unlinked at WhatsApp first.
        or(ne(waSessions.status, "restricted"), isNull(waSessions.restrictedUntil)),
      ),
    )
    .returning({ id: waSessions.id });
  if (moved.length === 0) throw new DomainError("wrong_state", { status: session.status });
  await recordAudit(tx, userId, to === "removed" ? "session.removed" : "session.new_qr", { sessionId: id });
  await wakeWorkers(tx, id);
  await publish(tx, userId, "session", id);
}

/**
 * Asks for fresh QR codes, or a code to type, where the old link is of no more use, or in place of the code that is shown.
 * What was stored of it is erased. Another phone than before is let in only with `replacePhone`.
 * @throws not_found, wrong_state, invalid_input when the code is for another phone than before and nobody agreed to that
 */
export async function newQr(tx: Db, userId: Id<"user">, input: NewQrInput): Promise<void> {
  const { status, phone, replacePhone } = await getOwnSession(tx, userId, input.id);
  const agreedBefore = (status === "waiting" || status === "pairing") && replacePhone;
  const agreed = input.replacePhone ?? agreedBefore;
  if (input.by !== undefined && phone !== null && input.by !== phone && !agreed) {
    const by = `The phone linked here before is ${phone}. Enter that number, or agree to put another phone in its place.`;
    throw new DomainError("invalid_input", {}, { by });
  }
  await leaveSocketless(tx, userId, input.id, "waiting", statusesForNewQr, {
    ...wayOf(input),
    replacePhone: agreed,
    ...usedNow,
  });
}

/** Takes a session that is not linked off the user's list; its campaigns and messages stay. @throws not_found, wrong_state */
export async function removeSession(tx: Db, userId: Id<"user">, input: SessionRef): Promise<void> {
  await leaveSocketless(tx, userId, input.id, "removed", statusesBefore("removed"));
}
